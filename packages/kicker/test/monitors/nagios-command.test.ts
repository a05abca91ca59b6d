import t from 'tap';
import { forcedServiceCheck } from '../../src/monitors/nagios-command.ts';

t.strictSame(forcedServiceCheck('web1', 'HTTP on 80', 1772323200), {
  kind: 'line',
  line: '[1772323200] SCHEDULE_FORCED_SVC_CHECK;web1;HTTP on 80;1772323200\n',
});
t.equal(forcedServiceCheck('web1', 'Größe', 1).kind, 'line');

const bad: [string, string][] = [
  ['web1;SHUTDOWN_PROGRAM', 'HTTP'],
  ['web1', 'HTTP;1'],
  ['web1', 'HTTP\n[1] SHUTDOWN_PROGRAM'],
  ['web1\r', 'HTTP'],
  ['', 'HTTP'],
  ['web1', ''],
  ['web1', 'x'.repeat(4096)],
];
for (const [host, service] of bad) {
  const command = forcedServiceCheck(host, service, 1);
  t.equal(command.kind, 'fault', JSON.stringify([host, service]).slice(0, 60));
  if (command.kind === 'fault') t.equal(command.fault.code, 'RECHECK_NAME');
}
