import fc from 'fast-check';
import t from 'tap';
import { parseLogLine } from '../../../src/monitors/nagios/log-line.ts';

const at = (text: string) => parseLogLine(`[1700000000] ${text}`);
const atMs = 1_700_000_000_000;
const event = {
  monitor: 'nagios',
  host: 'web1',
  attempt: 3,
  inDowntime: false,
};

const rows: [string, ReturnType<typeof parseLogLine>][] = [
  [
    'SERVICE ALERT: web1;HTTP;CRITICAL;SOFT;3;Connection refused; really',
    {
      kind: 'alert',
      atMs,
      event: {
        ...event,
        service: 'HTTP',
        state: 'CRITICAL',
        stateType: 'SOFT',
      },
    },
  ],
  [
    'SERVICE ALERT: web1;HTTP;OK;HARD;3;',
    {
      kind: 'alert',
      atMs,
      event: { ...event, service: 'HTTP', state: 'OK', stateType: 'HARD' },
    },
  ],
  [
    'HOST ALERT: web1;DOWN;HARD;3;CRITICAL - timed out',
    {
      kind: 'alert',
      atMs,
      event: { ...event, state: 'DOWN', stateType: 'HARD' },
    },
  ],
  [
    'CURRENT SERVICE STATE: web1;HTTP;UNKNOWN;HARD;0;(null)',
    {
      kind: 'state',
      atMs,
      event: {
        ...event,
        service: 'HTTP',
        state: 'UNKNOWN',
        stateType: 'HARD',
        attempt: 1,
      },
    },
  ],
  [
    'INITIAL HOST STATE: web1;UP;HARD;3;OK',
    {
      kind: 'state',
      atMs,
      event: { ...event, state: 'UP', stateType: 'HARD' },
    },
  ],
  [
    'SERVICE FLAPPING ALERT: web1;HTTP;STARTED; Service appears to have started',
    { kind: 'flapping', atMs, host: 'web1', service: 'HTTP', isFlapping: true },
  ],
  [
    'SERVICE FLAPPING ALERT: web1;HTTP;DISABLED; Flap detection has been disabled',
    {
      kind: 'flapping',
      atMs,
      host: 'web1',
      service: 'HTTP',
      isFlapping: false,
    },
  ],
  [
    'HOST FLAPPING ALERT: web1;STOPPED; Host appears to have stopped',
    { kind: 'flapping', atMs, host: 'web1', isFlapping: false },
  ],
  [
    'SERVICE DOWNTIME ALERT: web1;HTTP;STARTED; Service has entered',
    { kind: 'downtime', atMs, host: 'web1', service: 'HTTP', isIn: true },
  ],
  [
    'HOST DOWNTIME ALERT: web1;CANCELLED; Scheduled downtime',
    { kind: 'downtime', atMs, host: 'web1', isIn: false },
  ],
  [
    'EXTERNAL COMMAND: ACKNOWLEDGE_SVC_PROBLEM;web1;HTTP;2;1;0;ada;on it; now',
    { kind: 'acknowledged', atMs, host: 'web1', service: 'HTTP', by: 'ada' },
  ],
  [
    'EXTERNAL COMMAND: REMOVE_SVC_ACKNOWLEDGEMENT;web1;HTTP',
    {
      kind: 'acknowledged',
      atMs,
      host: 'web1',
      service: 'HTTP',
      by: undefined,
    },
  ],
  ['EXTERNAL COMMAND: DISABLE_NOTIFICATIONS', { kind: 'other', atMs }],
  ['LOG ROTATION: DAILY', { kind: 'rotation', atMs }],
  ['LOG VERSION: 2.0', { kind: 'other', atMs }],
  [
    'Auto-save of retention data completed successfully.',
    { kind: 'other', atMs },
  ],
  ['SERVICE ALERT: web1;HTTP;CRITICAL', { kind: 'broken' }],
  ['SERVICE ALERT: web1;HTTP;DOWN;HARD;3;x', { kind: 'broken' }],
  ['SERVICE ALERT: web1;;CRITICAL;HARD;3;x', { kind: 'broken' }],
  ['SERVICE ALERT: web1;HTTP;CRITICAL;MILD;3;x', { kind: 'broken' }],
  ['SERVICE ALERT: web1;HTTP;CRITICAL;HARD;three;x', { kind: 'broken' }],
  ['HOST ALERT: ;DOWN;HARD;3;x', { kind: 'broken' }],
  ['SERVICE FLAPPING ALERT: web1', { kind: 'broken' }],
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
}

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
