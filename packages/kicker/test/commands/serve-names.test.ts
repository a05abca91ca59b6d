import { randomUUID } from 'node:crypto';
import { closeSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa, execaSync } from 'execa';
import t from 'tap';
import { createParties } from '../fake-kickd.ts';
import {
  argumentsOf,
  createMonitorHost,
  keyOf,
  kicksOf,
  kindsOf,
  startHost,
  until,
} from '../monitor-host.ts';

const root = t.testdir();
const { host, kicker } = createParties(root);

void t.test('two services in Latin-1, live: each is its own', async (t) => {
  const kickd = await startHost(t, host);
  kickd.behave('accept', 'ended');
  // Its own pipe, read as bytes.
  const pipe = join(root, 'latin1.cmd');
  execaSync('mkfifo', [pipe]);
  const fd = openSync(pipe, 'r+');
  const cat = execa('cat', {
    // execa hands on any descriptor as it is; its types name only 3 to 9
    stdio: [fd as 3, 'pipe', 'inherit'],
    buffer: false,
    reject: false,
  });
  closeSync(fd);
  t.teardown(() => cat.kill());
  let told = '';
  cat.stdout.on('data', (part: Buffer) => (told += part.toString('latin1')));
  const monitor = createMonitorHost(t, root, {
    kicker,
    port: kickd.port,
    more: { nagios: { commandFile: pipe } },
  });
  await monitor.serve();
  const event = (part: Record<string, string>): void => {
    const fields = ['kicker-event-1', 'nagios', ...argumentsOf(part), '.'];
    const text = fields.map((field) => `${field}\0`).join('');
    const path = join(root, 'written');
    writeFileSync(path, text, 'latin1');
    renameSync(path, join(monitor.spool, 'new', randomUUID()));
  };
  event({ service: 'T\xfcr', 'problem-id': '31' });
  await until(() => told.split('\n').length > 2);
  t.match(told.split('\n'), [
    /^\[\d+\] SCHEDULE_FORCED_SVC_CHECK;Web1;T\xfcr;\d+$/,
    /^\[\d+\] ADD_SVC_COMMENT;Web1;T\xfcr;0;kicker;kicker: corrected /,
  ]);
  event({ service: 'T\xf6r', 'problem-id': '30', state: 'OK', attempt: '4' });
  const other = keyOf('Web1', '30', 'T\ueff6r');
  await until(() => kindsOf(monitor, other).includes('decision'));
  const own = keyOf('Web1', '31', 'T\ueffcr');
  t.notOk(kindsOf(monitor, own).includes('verdict'), 'not healed by the other');
  event({ service: 'T\xfcr', 'problem-id': '31', state: 'OK', attempt: '4' });
  await until(() => kindsOf(monitor, own).includes('verdict'));
  t.equal(kicksOf(kickd).size, 1);
  t.match(kickd.seen[0]?.kick, { because: { service: 'Tür' } });
});
