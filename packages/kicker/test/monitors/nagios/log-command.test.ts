import t from 'tap';
import type { LogItem } from '../../../src/monitors/nagios/log-item.ts';
import { readCommand } from '../../../src/monitors/nagios/log-command.ts';
import { readNotification } from '../../../src/monitors/nagios/log-notification.ts';

const http = { place: 'web1;HTTP', isService: true };
const web1 = { place: 'web1', isService: false };
const acknowledged: LogItem = {
  kind: 'acknowledged',
  ...http,
  by: 'ada',
  isSticky: true,
  isNotified: false,
};
const planned: LogItem = {
  kind: 'planned',
  of: 'host',
  name: 'web1',
  isGroup: false,
  startMs: 1_700_000_000_000,
  endMs: 1_700_003_600_000,
};
const window = '1700000000;1700003600;1;0;7200;ada;new disk; soon';

const rows: [string, LogItem | undefined][] = [
  ['ACKNOWLEDGE_SVC_PROBLEM;web1;HTTP;2;1;0;ada;on it; now', acknowledged],
  [
    'ACKNOWLEDGE_SVC_PROBLEM;web1;HTTP;1;1;0;ada;x',
    { ...acknowledged, isSticky: false },
  ],
  [
    'ACKNOWLEDGE_SVC_PROBLEM;web1;HTTP;0;1;0;;x',
    { ...acknowledged, isSticky: false, by: 'somebody' },
  ],
  [
    'ACKNOWLEDGE_SVC_PROBLEM_EXPIRE;web1;HTTP;2;1;0;1700003600;ada;x',
    { ...acknowledged, untilMs: 1_700_003_600_000 },
  ],
  ['ACKNOWLEDGE_SVC_PROBLEM_EXPIRE;web1;HTTP;2;1;0;soon;ada;x', acknowledged],
  ['ACKNOWLEDGE_HOST_PROBLEM;web1;2;1;0;ada;x', { ...acknowledged, ...web1 }],
  [
    'acknowledge_host_problem_expire;web1;1;1;0;1700003600;ada;x',
    { ...acknowledged, ...web1, isSticky: false, untilMs: 1_700_003_600_000 },
  ],
  ['ACKNOWLEDGE_SVC_PROBLEM;web1;;2;1;0;ada;x', undefined],
  ['ACKNOWLEDGE_EVERYTHING;web1;HTTP;2;1;0;ada;x', undefined],
  ['REMOVE_SVC_ACKNOWLEDGEMENT;web1;HTTP', { kind: 'unacknowledged', ...http }],
  ['REMOVE_SVC_ACKNOWLEDGEMENT;web1', undefined],
  ['REMOVE_HOST_ACKNOWLEDGEMENT;web1', { kind: 'unacknowledged', ...web1 }],
  [`SCHEDULE_HOST_DOWNTIME;web1;${window}`, planned],
  [`SCHEDULE_AND_PROPAGATE_HOST_DOWNTIME;web1;${window}`, planned],
  [`SCHEDULE_AND_PROPAGATE_TRIGGERED_HOST_DOWNTIME;web1;${window}`, planned],
  [
    `SCHEDULE_SVC_DOWNTIME;web1;HTTP;${window}`,
    { ...planned, of: 'service', name: 'web1;HTTP' },
  ],
  [`SCHEDULE_HOST_SVC_DOWNTIME;web1;${window}`, { ...planned, of: 'services' }],
  [
    `SCHEDULE_HOSTGROUP_HOST_DOWNTIME;web;${window}`,
    { ...planned, name: 'web', isGroup: true },
  ],
  [
    `SCHEDULE_HOSTGROUP_SVC_DOWNTIME;web;${window}`,
    { ...planned, of: 'services', name: 'web', isGroup: true },
  ],
  [
    'SCHEDULE_HOST_DOWNTIME;web1;1700000000;1700003600;0;0;7200;ada;x',
    { ...planned, flexibleMs: 7_200_000 },
  ],
  ['SCHEDULE_HOST_DOWNTIME;web1;now;1700003600;1;0;7200;ada;x', undefined],
  ['SCHEDULE_HOST_DOWNTIME;;1700000000;1700003600;1;0;7200;ada;x', undefined],
  ['SCHEDULE_FORCED_SVC_CHECK;web1;HTTP;1700000000', undefined],
  ['DEL_DOWNTIME_BY_HOST_NAME;web1', { kind: 'downtimes-deleted', ...web1 }],
  [
    'DEL_DOWNTIME_BY_HOST_NAME;web1;HTTP',
    { kind: 'downtimes-deleted', ...http },
  ],
  ['DEL_DOWNTIME_BY_HOST_NAME;web1;;1700000000', undefined],
  ['DEL_DOWNTIME_BY_HOST_NAME;web1;HTTP;;new disk', undefined],
  ['DEL_HOST_DOWNTIME;12', undefined],
  ['PROCESS_SERVICE_CHECK_RESULT;web1;HTTP;2;x', undefined],
  ['', undefined],
];
void t.test('commands', async (t) => {
  for (const [text, wanted] of rows) {
    t.strictSame(readCommand(text), wanted, text);
  }
});

void t.test('notifications of an acknowledgement', async (t) => {
  const notified = { ...acknowledged, isNotified: true };
  const services: [string, LogItem | undefined][] = [
    [
      'ops;web1;HTTP;ACKNOWLEDGEMENT (CRITICAL);mail;x;ada;on it; now',
      notified,
    ],
    [
      'ops;web1;Disk; root;ACKNOWLEDGEMENT (WARNING);mail;x;ada;y',
      { ...notified, place: 'web1;Disk; root' },
    ],
    [
      'ops;web1;HTTP;ACKNOWLEDGEMENT (CRITICAL);mail;x',
      { ...notified, by: 'somebody' },
    ],
    ['ops;web1;HTTP;CRITICAL;mail;x', undefined],
    ['ops;web1;ACKNOWLEDGEMENT (CRITICAL);mail;x;ada;y', undefined],
    ['ops;ACKNOWLEDGEMENT (CRITICAL);mail;x;ada;y', undefined],
  ];
  for (const [text, wanted] of services) {
    t.strictSame(readNotification(true, text), wanted, text);
  }
  t.strictSame(
    readNotification(false, 'ops;web1;ACKNOWLEDGEMENT (DOWN);mail;x;ada;y'),
    { ...notified, ...web1 },
  );
  t.equal(
    readNotification(false, 'ops;ACKNOWLEDGEMENT (DOWN);mail;x;ada;y'),
    undefined,
  );
});
