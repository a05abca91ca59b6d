import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createParties, hostName, startFakeKickd } from '../fake-kickd.ts';
import { runKicker } from '../run-kicker.ts';

const dir = t.testdir();
const parties = createParties(dir);
const kickd = await startFakeKickd(parties.host);
t.teardown(() => kickd.close());
const config = join(dir, 'kicker.yaml');
writeFileSync(
  config,
  JSON.stringify({
    port: kickd.port,
    tls: parties.kicker,
    hosts: {
      web1: { certname: hostName, address: '127.0.0.1' },
      down: { certname: hostName, address: '127.0.0.1', port: 1 },
    },
    ledger: join(dir, 'ledger.sqlite'),
  }),
);
const check = (...args: string[]) =>
  runKicker(['check', ...args, '--config', config]);
/** text | perfdata, one bar at most */
const line = /^KICKD (OK|WARNING|CRITICAL|UNKNOWN) - [^|\n]+( \| [^|\n]+)?\n/;

void t.test('well, or disabled', async (t) => {
  kickd.behave('status');
  const well = await check('web1', '-w', '0', '-c', '0');
  t.match(well.stdout, line);
  t.match(well, { code: 0, stdout: /^KICKD OK - web1: can heal \| uptime=/ });
  kickd.behave('disabled');
  t.match(await check('web1', '-w', '0', '-c', '0'), {
    code: 1,
    stdout: /^KICKD WARNING - web1: .*disabled: by ada \| /,
  });
});

void t.test('not there, refused, no such host, nonsense', async (t) => {
  const cases: [string[], number, RegExp][] = [
    [['down'], 2, /^KICKD CRITICAL - /],
    [['web1', '-t', '0'], 3, /^KICKD UNKNOWN - .*\nremedy: /],
    [['web1', 'down'], 3, /^KICKD UNKNOWN - /],
    [['a b'], 3, /^KICKD UNKNOWN - /],
  ];
  for (const [args, code, stdout] of cases) {
    const ended = await check(...args);
    t.match(ended, { code, stdout, stderr: '' }, args.join(' '));
    t.match(ended.stdout, line);
  }
  kickd.behave({ status: 403, code: 'ACL_DENIED' });
  t.match(await check('web1'), { code: 3, stdout: /ACL_DENIED/ });
});
t.end();
