import t from 'tap';
import { tornAt } from '../../../src/monitors/nagios/torn-line.ts';

const alert = '[1700000060] SERVICE ALERT: web1;HTTP;CRITICAL;SOFT;2;x';

void t.test('where the next line begins', async (t) => {
  for (const cut of [
    '[1700000000] SERVICE ALERT: web1;HTTP;CRI',
    '[1700000000] SERVICE ALERT: web1;HTTP;CRITICAL;SOFT;1;CHECK [ref',
    '[17000',
    '[',
    '\0\0\0\0',
    'ï»¿',
    '[1700000000] [22903] SERV',
    '[1700000000] SERVICE NOTIFICATION: ops;web1',
  ]) {
    t.equal(tornAt(`${cut}${alert}`), cut.length, cut);
  }
  for (const next of [
    '[1700000060] [22903] HOST ALERT: web1;DOWN;HARD;1;x',
    '[1700000060] INFO: CURRENT SERVICE STATE: x',
    '[1700000060] SERVICE DOWNTIME ALERT: x',
    '[1700000060] EXTERNAL COMMAND: x',
    '[1700000060] LOG ROTATION: DAILY',
    '[1700000060] Nagios 4.4.6 starting... (PID=9)',
    '[999999999] HOST FLAPPING ALERT: x',
  ]) {
    t.equal(tornAt(`[1700000000] SERV${next}`), 17, next);
  }
});

void t.test('whole lines', async (t) => {
  for (const line of [
    '',
    alert,
    '[1700000000] [22903] SERVICE ALERT: web1;HTTP;CRITICAL;SOFT;2;x',
    '[1700000000] SERVICE ALERT: web1;HTTP;CRITICAL;SOFT;2;[1700000060] is late',
    '[1700000000] SERVICE ALERT: web1;HTTP;CRITICAL;SOFT;2;[2023] SERVICE ALERT: no time',
    `[1700000070] EXTERNAL COMMAND: ADD_SVC_COMMENT;web1;HTTP;1;ada;${alert}`,
    `[1700000070] PASSIVE SERVICE CHECK: web1;log;2;${alert}`,
  ]) {
    t.equal(tornAt(line), -1, line);
  }
});
