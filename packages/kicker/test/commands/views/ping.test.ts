import t from 'tap';
import { describeStatus, pingView } from '../../../src/commands/views/ping.ts';
import { aStatus, hostName, runId } from '../../fake-kickd.ts';
import { printed, printedJson } from './printed.ts';

const target = { host: 'web1', certname: 'a', address: 'b', port: 1 };
const well = `kickd 9.9.9; puppet-agent ready; last: corrected Service[apache2] (stopped -> running) in 4.2 s, run ${runId}; certificate expires 2031-01-01`;
const error = { code: 'X', message: 'broken', remedy: 'fix it' };

t.test('a host that answers, and one that does not', (t) => {
  const ok = {
    ...target,
    result: 'ok' as const,
    exit: 0,
    status: aStatus(hostName),
  };
  const down = { ...target, result: 'not-sent' as const, exit: 4, error };
  t.strictSame(printed(pingView, [ok, down]), [
    `web1: ${well}`,
    'web1: not sent: X: broken',
    '  remedy: fix it',
  ]);
  t.strictSame(printedJson([ok, down]), [
    { version: 1, ...ok },
    { version: 1, ...down },
  ]);
  t.end();
});

t.test('what is not as it should be', (t) => {
  t.match(
    describeStatus(aStatus(hostName, 'by ada')),
    /puppet-agent DISABLED: by ada;/,
  );
  const { last: _last, ...fresh } = aStatus(hostName);
  t.equal(
    describeStatus({
      ...fresh,
      frozen: 'by root',
      journal: { ok: false },
      acl: { current: false, rules: 2 },
      expiries: [],
    }),
    'kickd 9.9.9; puppet-agent ready; FROZEN: by root; its journal is broken: ?; no run yet; its ACL file has a mistake, old rules in force',
  );
  t.end();
});
