import fc from 'fast-check';
import t from 'tap';
import type { LogItem } from '../../../src/monitors/nagios/log-item.ts';
import {
  parseLogLine,
  secondsOfLine,
} from '../../../src/monitors/nagios/log-line.ts';

const at = (text: string) => parseLogLine(`[1700000000] ${text}`);
const http = { place: 'web1;HTTP', isService: true };
const web1 = { place: 'web1', isService: false };
const down: LogItem = {
  ...http,
  kind: 'alert',
  state: 'CRITICAL',
  stateType: 'SOFT',
  attempt: 3,
  output: 'Connection refused',
};

const rows: [string, LogItem][] = [
  [
    'SERVICE ALERT: web1;HTTP;CRITICAL;SOFT;3;Connection refused; really',
    { ...down, output: 'Connection refused; really' },
  ],
  [
    'SERVICE ALERT: web1;HTTP;OK;HARD;3;',
    { ...down, state: 'OK', stateType: 'HARD', output: '' },
  ],
  [
    'SERVICE ALERT: web1;HTTP;WARNING;HARD;1000',
    { ...down, state: 'WARNING', stateType: 'HARD', attempt: 1000, output: '' },
  ],
  [
    'HOST ALERT: web1;DOWN;HARD;3;CRITICAL - timed out',
    {
      ...down,
      ...web1,
      state: 'DOWN',
      stateType: 'HARD',
      output: 'CRITICAL - timed out',
    },
  ],
  [
    'HOST ALERT: web1;UNREACHABLE;SOFT;1;x',
    { ...down, ...web1, state: 'UNREACHABLE', attempt: 1, output: 'x' },
  ],
  [
    'CURRENT SERVICE STATE: web1;HTTP;UNKNOWN;HARD;0;(null)',
    {
      ...down,
      kind: 'state',
      state: 'UNKNOWN',
      stateType: 'HARD',
      attempt: 1,
      output: '(null)',
    },
  ],
  [
    'INITIAL SERVICE STATE: web1;HTTP;CRITICAL;SOFT;3;x',
    { ...down, kind: 'state', output: 'x' },
  ],
  [
    'CURRENT HOST STATE: web1;DOWN;SOFT;3;x',
    { ...down, ...web1, kind: 'state', state: 'DOWN', output: 'x' },
  ],
  [
    'INITIAL HOST STATE: web1;UP;HARD;3;OK',
    {
      ...down,
      ...web1,
      kind: 'state',
      state: 'UP',
      stateType: 'HARD',
      output: 'OK',
    },
  ],
  [
    'SERVICE FLAPPING ALERT: web1;HTTP;STARTED; Service appears to have started',
    { kind: 'flapping', ...http, isFlapping: true },
  ],
  [
    'SERVICE FLAPPING ALERT: web1;HTTP;DISABLED; Flap detection has been disabled',
    { kind: 'flapping', ...http, isFlapping: false },
  ],
  [
    'HOST FLAPPING ALERT: web1;STOPPED; Host appears to have stopped',
    { kind: 'flapping', ...web1, isFlapping: false },
  ],
  [
    'SERVICE DOWNTIME ALERT: web1;HTTP;STARTED; Service has entered',
    { kind: 'downtime', ...http, isIn: true },
  ],
  [
    'SERVICE DOWNTIME ALERT: web1;HTTP;STOPPED',
    { kind: 'downtime', ...http, isIn: false },
  ],
  [
    'HOST DOWNTIME ALERT: web1;CANCELLED; Scheduled downtime',
    { kind: 'downtime', ...web1, isIn: false },
  ],
  [
    'EXTERNAL COMMAND: REMOVE_SVC_ACKNOWLEDGEMENT;web1;HTTP',
    { kind: 'unacknowledged', ...http },
  ],
  ['EXTERNAL COMMAND: DISABLE_NOTIFICATIONS', { kind: 'other' }],
  [
    'SERVICE NOTIFICATION: ops;web1;HTTP;ACKNOWLEDGEMENT (CRITICAL);mail;x;ada;on it',
    {
      kind: 'acknowledged',
      ...http,
      by: 'ada',
      isSticky: true,
      isNotified: true,
    },
  ],
  [
    'HOST NOTIFICATION: ops;web1;ACKNOWLEDGEMENT (DOWN);mail;x;ada;on it',
    {
      kind: 'acknowledged',
      ...web1,
      by: 'ada',
      isSticky: true,
      isNotified: true,
    },
  ],
  ['SERVICE NOTIFICATION: ops;web1;HTTP;CRITICAL;mail;x', { kind: 'other' }],
  ['PASSIVE SERVICE CHECK: web1;HTTP;2;SERVICE ALERT: x', { kind: 'other' }],
  ['LOG ROTATION: DAILY', { kind: 'rotation' }],
  ['LOG VERSION: 2.0', { kind: 'other' }],
  ['Auto-save of retention data completed successfully.', { kind: 'other' }],
  ['SERVICE ALERT: web1;HTTP;CRITICAL', { kind: 'broken' }],
  ['SERVICE ALERT: web1;HTTP;DOWN;HARD;3;x', { kind: 'broken' }],
  ['SERVICE ALERT: web1;;CRITICAL;HARD;3;x', { kind: 'broken' }],
  ['SERVICE ALERT: web1;HTTP;CRITICAL;MILD;3;x', { kind: 'broken' }],
  ['SERVICE ALERT: web1;HTTP;CRITICAL;HARD;three;x', { kind: 'broken' }],
  ['SERVICE ALERT: web1;HTTP;CRITICAL;HARD;12345;x', { kind: 'broken' }],
  ['SERVICE ALERT: web1;HTTP;CRITICALLY;HARD;3;x', { kind: 'broken' }],
  ['HOST ALERT: ;DOWN;HARD;3;x', { kind: 'broken' }],
  ['HOST ALERT: web1;CRITICAL;HARD;3;x', { kind: 'broken' }],
  ['SERVICE FLAPPING ALERT: web1', { kind: 'broken' }],
  ['SERVICE FLAPPING ALERT: web1;STARTED; x', { kind: 'broken' }],
  ['HOST DOWNTIME ALERT: ;STARTED; x', { kind: 'broken' }],
];
for (const [text, wanted] of rows) t.strictSame(at(text), wanted, text);

for (const line of [
  '',
  'x',
  '[',
  '[1700000000]',
  '[now] SERVICE ALERT: x',
  '1700000000 x',
]) {
  t.strictSame(parseLogLine(line), { kind: 'broken' }, line);
  t.equal(secondsOfLine(line), -1, line);
}

void t.test('the time of a line', async (t) => {
  const lines: [string, number][] = [
    ['[1700000000] x', 1_700_000_000],
    ['[0] ', 0],
    ['[9999999999] x', 9_999_999_999],
    ['[17000000001] x', -1],
    ['[] x', -1],
    ['[1700000000]x', -1],
    ['[1700000000.5] x', -1],
    [' [1700000000] x', -1],
    ['[Tue Jan 12 00:00:00 2016] x', -1],
  ];
  for (const [line, seconds] of lines) {
    t.equal(secondsOfLine(line), seconds, line);
  }
});

void t.test('what may stand between time and kind', async (t) => {
  const alert = 'SERVICE ALERT: web1;HTTP;CRITICAL;SOFT;3;Connection refused';
  for (const before of [
    '',
    '[22903] ',
    'INFO: ',
    '[22903] INFO: ',
    'WARNING: [Shinken] ',
    'nagios: ',
    'nagios[812]: ',
  ]) {
    t.strictSame(at(`${before}${alert}`), down, before);
  }
  t.strictSame(at('[22903] LOG ROTATION: DAILY'), { kind: 'rotation' });
  t.strictSame(at('INFO: EXTERNAL COMMAND: DISABLE_NOTIFICATIONS'), {
    kind: 'other',
  });
  for (const text of [
    `XX${alert}`,
    `SOMETHING: web1;${alert}`,
    'MY HOST ALERTS;HOST ALERT: web1;DOWN;HARD;3;x',
  ]) {
    t.strictSame(at(text), { kind: 'broken' }, `not passed over: ${text}`);
  }
});

void t.test('a `;` in the name of a service', async (t) => {
  const place = 'web1;Disk; root';
  t.strictSame(at('SERVICE ALERT: web1;Disk; root;CRITICAL;SOFT;3;full; now'), {
    ...down,
    place,
    output: 'full; now',
  });
  t.strictSame(at('SERVICE ALERT: web1;OK;HARD;CRITICAL;SOFT;3;x'), {
    ...down,
    place: 'web1;OK;HARD',
    output: 'x',
  });
  t.strictSame(at('SERVICE DOWNTIME ALERT: web1;Disk; root;STARTED; x'), {
    kind: 'downtime',
    place,
    isService: true,
    isIn: true,
  });
});

void t.test('a start of the monitor', async (t) => {
  const start = { kind: 'start' };
  for (const text of [
    'Nagios 4.4.6 starting... (PID=9)',
    'Naemon 1.4.1-pkg starting... (PID=1)',
    'Icinga 1.14.2 starting... (PID=812)',
    'Centreon Engine 22.10.0 starting ...',
    '[9] Nagios 3.5.1 starting... (PID=9)',
    'INFO: Nagios v4.5.1 starting...',
  ]) {
    t.strictSame(at(text), start, text);
  }
  for (const text of [
    'Caught SIGHUP, restarting...',
    'wproc: Core Worker 12 starting...',
    'Event broker starting...',
  ]) {
    t.strictSame(at(text), { kind: 'other' }, text);
  }
});

void t.test('no text makes it throw', async () => {
  const part = fc.oneof(
    fc.string(),
    fc.constantFrom(
      'SERVICE ALERT: ',
      'HOST ALERT: ',
      ';',
      'OK',
      'HARD',
      '3',
      '[1]',
    ),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      parseLogLine(`[1700000000] ${parts.join('')}`);
      parseLogLine(parts.join(''));
    }),
  );
});
