import { readFileSync } from 'node:fs';
import t from 'tap';
import {
  parseEventLine,
  secondsOfEvent,
  tornEventAt,
} from '../../../src/monitors/icinga2/history.ts';

const world = { monitor: 'icinga', knowsHost: () => false };
const settings = { author: 'kicker' };
const samples = new URL('../samples/', import.meta.url);
const sample = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(new URL(`icinga2-${name}.json`, samples), 'utf8'));
const lineOf = (value: unknown): string =>
  Buffer.from(JSON.stringify(value)).toString('latin1');
const read = (value: unknown) => parseEventLine(lineOf(value), world, settings);

void t.test('a change of state is read as a live one is', async (t) => {
  t.match(read(sample('statechange-soft')), {
    kind: 'alert',
    event: {
      monitor: 'icinga',
      host: 'web1.example.com',
      service: 'http',
      state: 'CRITICAL',
      stateType: 'SOFT',
    },
  });
  const hard = read(sample('statechange-hard'));
  t.match(hard, { kind: 'alert', event: { stateType: 'HARD' } });
  t.ok(
    hard.kind === 'alert' && hard.maxAttempts !== undefined,
    'the last SOFT attempt says how many there are',
  );
  t.match(read(sample('statechange-ok')), {
    kind: 'alert',
    event: { state: 'OK' },
    beginsProblem: false,
  });
  t.match(read(sample('statechange-host-unicode')), {
    kind: 'alert',
    event: { host: /[^\0-\x7f]/ },
  });
});

void t.test('a problem begins where all was well before', async (t) => {
  const change = (before: unknown, state = 2) =>
    read({
      type: 'StateChange',
      host: 'web1',
      service: 'http',
      state,
      state_type: 0,
      timestamp: 1_700_000_000.5,
      check_result: { vars_before: before, vars_after: { attempt: 1 } },
    });
  t.match(change({ state: 0, state_type: 1 }), { beginsProblem: true });
  t.match(change({ state: 1, state_type: 0 }), { beginsProblem: false });
  t.match(change({ state: 0, state_type: 1 }, 0), { beginsProblem: false });
  // The first check of all.
  t.notOk('beginsProblem' in change(null));
});

void t.test('what the stream tells beside changes', async (t) => {
  t.match(read(sample('flapping')), { kind: 'flapping', isFlapping: true });
  t.match(read(sample('acknowledgementset')), {
    kind: 'acknowledged',
    host: 'web1.example.com',
    service: 'http',
    by: 'kicker',
    isOwn: true,
  });
  const byPerson = { ...sample('acknowledgementset'), author: 'ada' };
  t.match(read({ ...byPerson, expiry: 0 }), { by: 'ada', isOwn: false });
  t.notOk('untilMs' in read({ ...byPerson, expiry: 0 }));
  t.match(read({ ...byPerson, expiry: 1_700_000_100 }), {
    untilMs: 1_700_000_100_000,
  });
  t.match(read(sample('acknowledgementcleared')), { kind: 'unacknowledged' });
  t.match(read(sample('downtimestarted')), { kind: 'downtime' });
  t.match(read(sample('downtimetriggered')), { kind: 'downtime' });
  t.match(read(sample('downtimeremoved')), { kind: 'downtime-over' });
  for (const name of ['checkresult', 'commentadded']) {
    t.strictSame(read(sample(name)), { kind: 'other' }, name);
  }
});

void t.test('when a downtime ends', async (t) => {
  const downtime = (more: Record<string, unknown>) =>
    read({
      type: 'DowntimeTriggered',
      timestamp: 1_700_000_000,
      downtime: {
        __name: 'web1!http!id',
        host_name: 'web1',
        service_name: 'http',
        end_time: 1_700_003_600,
        ...more,
      },
    });
  t.strictSame(downtime({ fixed: true }), {
    kind: 'downtime',
    host: 'web1',
    service: 'http',
    id: 'web1!http!id',
    untilMs: 1_700_003_600_000,
  });
  t.match(
    downtime({ fixed: false, trigger_time: 1_700_000_000, duration: 60 }),
    { untilMs: 1_700_000_060_000 },
  );
  t.notOk(
    'service' in downtime({ fixed: true, service_name: '' }),
    'of the host itself',
  );
});

void t.test('what cannot be used', async (t) => {
  const lines: [string, RegExp | undefined][] = [
    ['', undefined],
    ['{', undefined],
    ['null', undefined],
    ['[]', undefined],
    ['{"type":"StateChange"}', undefined],
    ['{"type":7,"timestamp":1}', undefined],
    ['{"type":"StateChange","timestamp":"1"}', undefined],
    ['{"error":404,"status":"No objects found."}', undefined],
    ['{"type":"StateChange","timestamp":1700000000}', /^PAYLOAD_/],
    [
      '{"type":"StateChange","timestamp":1700000000,"host":"localhost","state":0,"state_type":1}',
      /^PAYLOAD_NAME: /,
    ],
    [
      '{"type":"StateChange","timestamp":1700000000,"host":"a","service":"b","state":9,"state_type":1}',
      /^PAYLOAD_VALUE: /,
    ],
  ];
  for (const [line, why] of lines) {
    const item = parseEventLine(line, world, settings);
    t.equal(item.kind, 'broken', line);
    if (why === undefined) t.notOk('why' in item, line);
    else t.match(item, { why }, line);
    t.equal(secondsOfEvent(line) > 0, why !== undefined, line);
  }
});

void t.test('bytes and texts', async (t) => {
  const change = { ...sample('statechange-soft'), host: 'Büro ✓ 1' };
  const line = lineOf(change);
  t.match(parseEventLine(`\u00ef\u00bb\u00bf${line}`, world, settings), {
    event: { host: 'Büro ✓ 1' },
  });
  t.equal(secondsOfEvent(`\u00ef\u00bb\u00bf${line}`) > 0, true);
  // Not valid as UTF-8: it is read all the same, and never ends the reading.
  const latin = line.replace('B\u00c3\u00bcro', 'B\u00fcro');
  t.match(parseEventLine(latin, world, settings), { kind: 'alert' });
  t.match(
    parseEventLine(line.replace('✓', '\\ud800'), world, settings).kind,
    /alert|broken/,
  );
});

void t.test(
  'a stream that was cut off, and another one behind it',
  async (t) => {
    const line = lineOf(sample('statechange-hard'));
    t.equal(tornEventAt(line), -1, 'a whole one');
    t.equal(
      tornEventAt(`{"event":${line},"object":{}}`),
      -1,
      'with its object',
    );
    for (const cut of [1, 20, 200, line.length - 1]) {
      t.equal(tornEventAt(line.slice(0, cut) + line), cut, String(cut));
    }
    t.equal(tornEventAt(line.slice(0, -1)), -1, 'nothing behind it');
    t.equal(tornEventAt(`{"${'{"'.repeat(30_000)}`), -1, 'and it ends');
  },
);
