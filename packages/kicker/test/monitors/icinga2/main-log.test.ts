import t from 'tap';
import {
  isMainLogLine,
  parseMainLogLine,
  secondsOfMainLog,
} from '../../../src/monitors/icinga2/main-log.ts';

const world = { monitor: 'icinga', knowsHost: () => false };
const read = (text: string, zone = '+0000') =>
  parseMainLogLine(`[2026-11-28 03:44:01 ${zone}] ${text}`, world);

void t.test('times, with their zone', async (t) => {
  const seconds = Date.parse('2026-11-28T03:44:01Z') / 1000;
  const rows: [string, number][] = [
    ['[2026-11-28 03:44:01 +0000] notice/Checkable: x', seconds],
    ['[2026-11-28 05:44:01 +0200] notice/Checkable: x', seconds],
    ['[2026-11-27 22:14:01 -0530] warning/cli: x', seconds],
    ['[2026-11-28 03:44:01] notice/Checkable: x', -1],
    ['[2026-13-28 03:44:01 +0000] notice/Checkable: x', -1],
    ['\t(0) Activating object', -1],
    ['Context:', -1],
    ['', -1],
    ['[1795837617] SERVICE ALERT: a;b;OK;HARD;1;x', -1],
  ];
  for (const [line, wanted] of rows) {
    t.equal(secondsOfMainLog(line), wanted, line);
  }
  t.ok(isMainLogLine('[2026-11-28 03:44:01 +0000] notice/Checkable: x'));
  t.notOk(isMainLogLine('[2026-11-28 03:44:01 +0000] [events] [info] x'));
});

void t.test('changes of state', async (t) => {
  const change = (name: string, type: string, to: string) =>
    read(
      `notice/Checkable: State Change: Checkable '${name}' ${type} state change from OK to ${to} detected.`,
    );
  t.match(change('web1!http', 'soft', 'CRITICAL'), {
    kind: 'alert',
    isBare: true,
    event: {
      monitor: 'icinga',
      host: 'web1',
      service: 'http',
      state: 'CRITICAL',
      stateType: 'SOFT',
    },
  });
  t.match(change('web1', 'hard', 'DOWN'), {
    event: { host: 'web1', state: 'DOWN', stateType: 'HARD' },
  });
  t.match(change(`web2!a;b "q" 'p' $x$`, 'hard', 'OK'), {
    event: { host: 'web2', service: `a;b "q" 'p' $x$`, state: 'OK' },
  });
  t.match(change('B\u00c3\u00bcro!disk /', 'hard', 'WARNING'), {
    event: { host: 'Büro', service: 'disk /', state: 'WARNING' },
  });
  t.match(change('web1!http', 'hard', 'DOWN'), {
    kind: 'broken',
    why: /^PAYLOAD_VALUE/,
  });
  t.strictSame(read("notice/Checkable: State Change: Checkable 'web1!ht"), {
    kind: 'broken',
  });
});

void t.test('flags', async (t) => {
  t.strictSame(
    read(
      "information/Checkable: Acknowledgement set for checkable 'web1!http'.",
    ),
    {
      kind: 'acknowledged',
      host: 'web1',
      service: 'http',
      by: 'somebody',
      isOwn: false,
    },
  );
  t.strictSame(
    read(
      "information/Checkable: Acknowledgement cleared for checkable 'web1'.",
    ),
    { kind: 'unacknowledged', host: 'web1' },
  );
  t.match(
    read(
      "notice/Checkable: Flapping Start: Checkable 'web1!http' started flapping (Current flapping value 33.9% > high threshold 30%).",
    ),
    { kind: 'flapping', host: 'web1', service: 'http', isFlapping: true },
  );
  t.match(
    read(
      "notice/Checkable: Flapping Stop: Checkable 'web1!http' stopped flapping (Current flapping value 20% < low threshold 25%).",
    ),
    { kind: 'flapping', isFlapping: false },
  );
});

void t.test('downtimes', async (t) => {
  const id = 'web1!http!e0a35d2f';
  t.strictSame(
    read(
      `information/Downtime: Added downtime '${id}' between '2026-11-28 03:44:20' and '2026-11-28 03:44:46', author: 'ada', fixed`,
      '+0100',
    ),
    {
      kind: 'planned',
      host: 'web1',
      service: 'http',
      id,
      untilMs: Date.parse('2026-11-28T02:44:46Z'),
    },
  );
  t.strictSame(
    read(
      `information/Downtime: Added downtime 'web1!x' between '2026-11-28 03:44:20' and '2026-11-28 03:45:21', author: 'ada', flexible with 8s duration`,
    ),
    { kind: 'planned', host: 'web1', id: 'web1!x', lastsMs: 8000 },
  );
  t.strictSame(
    read(
      `information/Downtime: Triggering downtime '${id}' for checkable 'web1!http'.`,
    ),
    { kind: 'downtime', host: 'web1', service: 'http', id },
  );
  t.strictSame(
    read(
      `information/Downtime: Removed downtime '${id}' from checkable 'web1!http' (Reason: cancelled by user).`,
    ),
    { kind: 'downtime-over', host: 'web1', service: 'http', id },
  );
});

void t.test('the rest says nothing', async (t) => {
  for (const text of [
    "notice/ApiListener: Relaying 'event::CheckResult' message",
    "notice/Checkable: Executing event handler 'kick' for checkable 'web1!http'",
    "notice/Process: Running command 'State Change: Checkable'",
  ]) {
    t.strictSame(read(text), { kind: 'other' }, text);
  }
  t.strictSame(parseMainLogLine('Context:', world), { kind: 'other' });
});
