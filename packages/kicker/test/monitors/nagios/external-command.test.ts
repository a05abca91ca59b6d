import t from 'tap';
import type { Feedback, Place } from '../../../src/outbox/action.ts';
import { externalCommand } from '../../../src/monitors/nagios/external-command.ts';

type Monitored = Feedback & Place;
const lineOf = ({ host, service, ...feedback }: Monitored): string => {
  const place = { host, ...(service === undefined ? {} : { service }) };
  const command = externalCommand(feedback, place, 'kicker', 1772323200);
  return command.kind === 'line'
    ? Buffer.from(command.line).toString()
    : command.fault.code;
};

t.test('all feedback as Nagios wants it', (t) => {
  const place = { host: 'web1', service: 'HTTP on 80' };
  const rows: [Monitored, string][] = [
    [
      { kind: 'recheck', ...place },
      'SCHEDULE_FORCED_SVC_CHECK;web1;HTTP on 80;1772323200',
    ],
    [
      { kind: 'comment', ...place, text: 'run; "x" | é\nSHUTDOWN' },
      'ADD_SVC_COMMENT;web1;HTTP on 80;0;kicker;run; "x" | é SHUTDOWN',
    ],
    [
      { kind: 'comment', host: 'web1', text: 'x' },
      'ADD_HOST_COMMENT;web1;0;kicker;x',
    ],
    [
      { kind: 'acknowledge', ...place, text: 'healing' },
      'ACKNOWLEDGE_SVC_PROBLEM;web1;HTTP on 80;2;0;0;kicker;healing',
    ],
    [
      { kind: 'unacknowledge', ...place },
      'REMOVE_SVC_ACKNOWLEDGEMENT;web1;HTTP on 80',
    ],
    [
      { kind: 'hold', ...place, until: '2026-03-01T00:02:00.900Z', text: 'x' },
      'DELAY_SVC_NOTIFICATION;web1;HTTP on 80;1772323321',
    ],
    [
      { kind: 'release', ...place },
      'DELAY_SVC_NOTIFICATION;web1;HTTP on 80;1772323200',
    ],
    [
      { kind: 'hold', host: 'web1', until: '2026-03-01T00:02:00Z', text: 'x' },
      'DELAY_HOST_NOTIFICATION;web1;1772323320',
    ],
    [
      { kind: 'recheck', host: 'web1' },
      'SCHEDULE_FORCED_HOST_CHECK;web1;1772323200',
    ],
    [
      { kind: 'result', host: 'web1', state: 'OK', text: 'up' },
      'PROCESS_HOST_CHECK_RESULT;web1;0;up',
    ],
    [
      { kind: 'result', ...place, state: 'CRITICAL', text: 'down|x=1' },
      'PROCESS_SERVICE_CHECK_RESULT;web1;HTTP on 80;2;down/x=1',
    ],
  ];
  for (const [feedback, wanted] of rows) {
    t.equal(lineOf(feedback), `[1772323200] ${wanted}\n`, feedback.kind);
  }
  t.match(
    lineOf({ kind: 'recheck', host: 'web1', service: 'Größe' }),
    /;Größe;/,
  );
  t.end();
});

t.test('names go out with the bytes that came in', (t) => {
  const place = { host: 'h\ueff6st', service: 'T\ueffcr' };
  for (const [feedback, wanted] of [
    [
      { kind: 'recheck' },
      'SCHEDULE_FORCED_SVC_CHECK;h\xf6st;T\xfcr;1772323200',
    ],
    [
      { kind: 'comment', text: 'für' },
      // The text is UTF-8.
      'ADD_SVC_COMMENT;h\xf6st;T\xfcr;0;kicker;f\xc3\xbcr',
    ],
  ] as const) {
    const command = externalCommand(feedback, place, 'kicker', 1772323200);
    t.equal(
      command.kind === 'line' && Buffer.from(command.line).toString('latin1'),
      `[1772323200] ${wanted}\n`,
    );
  }
  t.end();
});

t.test('a text of any length stays one whole line', (t) => {
  for (const letter of ['x', 'ä', '變', '😀']) {
    const line = lineOf({
      kind: 'comment',
      host: 'w'.repeat(200),
      service: 's'.repeat(200),
      text: letter.repeat(100_000),
    });
    t.match(line, /^\[.*\n$/);
    t.ok(line.isWellFormed());
    t.ok(Buffer.byteLength(line) < 4096);
    const service = 's'.repeat(3000);
    t.match(
      lineOf({
        kind: 'comment',
        host: 'web1',
        service,
        text: letter.repeat(9999),
      }),
      new RegExp(
        `^\\[1772323200\\] ADD_SVC_COMMENT;web1;${service};0;kicker;${letter}`,
      ),
      'a long name leaves less room for the text',
    );
  }
  t.end();
});

t.test('names that would break out', (t) => {
  for (const [host, service] of [
    ['web1;SHUTDOWN_PROGRAM', 'HTTP'],
    ['web1', 'HTTP;1'],
    ['web1', 'HTTP\n[1] SHUTDOWN_PROGRAM'],
    ['web1\r', 'HTTP'],
    ['', 'HTTP'],
    ['web1', ''],
    ['web1', 'x'.repeat(4096)],
    ['web1', '變'.repeat(1366)],
  ] as const) {
    for (const kind of ['recheck', 'unacknowledge'] as const) {
      t.equal(lineOf({ kind, host, service }), 'RECHECK_NAME');
    }
  }
  t.end();
});
