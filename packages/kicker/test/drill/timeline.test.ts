import t from 'tap';
import { timelineOf } from '../../src/drill/timeline.ts';
import { whyNot } from '../../src/drill/end-words.ts';
import type { Entry, StoredEntry } from '../../src/ledger/entry.ts';

const brokenAt = '2026-03-03T12:00:00.000Z';
const kick = '01990000-0000-7000-8000-00000000000a';
const other = '01990000-0000-7000-8000-00000000000b';
const run = '01990000-0000-7000-8000-000000000001';
const target = { name: 'web1', certname: 'web1', address: '::1', port: 1 };
let seq = 0;
const at = (seconds: number, entry: Entry, of?: string): StoredEntry => ({
  seq: (seq += 1),
  at: new Date(Date.parse(brokenAt) + seconds * 1000).toISOString(),
  problem: '["nagios","web1","HTTP","17"]',
  ...(of === undefined ? {} : { kick: of }),
  entry,
});
const event = (state: 'OK' | 'CRITICAL', attempt = 1): Entry => ({
  kind: 'event',
  body: {
    monitor: 'nagios',
    host: 'web1',
    service: 'HTTP',
    state,
    stateType: 'SOFT',
    attempt,
    inDowntime: false,
  },
});
const skip: Entry = {
  kind: 'decision',
  body: { kind: 'skip', code: 'attempt-not-reached', reasons: ['too early'] },
};
const decided: Entry = {
  kind: 'decision',
  body: {
    kind: 'kick',
    mode: 'automatic',
    rule: 'web (rules.yaml:3)',
    request: {},
    reasons: [],
  },
};
const sent: Entry = {
  kind: 'kick',
  body: { target, request: { kick, certname: 'web1' } },
};
const missed: Entry = {
  kind: 'reply',
  body: { kind: 'not-sent', code: 'CONNECT', message: 'x' },
};
const accepted: Entry = {
  kind: 'reply',
  body: { kind: 'accepted', run: { run, state: 'running' } },
};
const outcome = (kind: 'corrected' | 'not-needed' = 'corrected'): Entry => ({
  kind: 'outcome',
  body: {
    kind: 'ended',
    run,
    durationMs: 1500,
    outcome: {
      kind,
      corrected: kind === 'corrected' ? [{ resource: 'Service[apache2]' }] : [],
      failed: [],
    },
  },
});
const verdict = (word: 'healed' | 'still-broken'): Entry => ({
  kind: 'verdict',
  body: { verdict: word, by: 'the monitor’s event' },
});

const whole = [
  at(12.25, event('CRITICAL')),
  at(12.25, skip),
  at(20, event('CRITICAL', 3)),
  at(20.01, decided, kick),
  at(20.01, sent, kick),
  at(20.5, missed, kick),
  at(21, accepted, kick),
  at(23, outcome(), kick),
  at(24, event('OK')),
  at(24.2, verdict('healed'), kick),
];

t.test('from the breakage to green', (t) => {
  const { steps, end } = timelineOf(whole, brokenAt);
  t.match(steps, [
    {
      step: 'alert',
      offsetSeconds: 12.25,
      tookSeconds: 12.25,
      text: 'nagios says CRITICAL SOFT, attempt 1',
    },
    {
      step: 'decide',
      offsetSeconds: 20.01,
      tookSeconds: 7.76,
      text: 'kick, rule web (rules.yaml:3)',
    },
    { step: 'send', offsetSeconds: 21, tookSeconds: 0.99, text: /run 0199/ },
    {
      step: 'run',
      offsetSeconds: 23,
      tookSeconds: 2,
      text: /^corrected Service\[apache2\] in 1\.5 s/,
    },
    { step: 'green', offsetSeconds: 24.2, tookSeconds: 1.2 },
  ]);
  t.strictSame(end, {
    kind: 'healed',
    kick,
    corrected: ['Service[apache2]'],
  });
  const took = steps.reduce((sum, { tookSeconds }) => sum + tookSeconds, 0);
  t.equal(Math.round(took * 100) / 100, 24.2, 'the shares are the whole');
  t.end();
});

t.test('what has not come', (t) => {
  const rows: [number, string][] = [
    [0, 'alert'],
    [3, 'decide'],
    [5, 'send'],
    [6, 'send'],
    [7, 'run'],
    [9, 'green'],
  ];
  for (const [length, next] of rows) {
    t.strictSame(
      timelineOf(whole.slice(0, length), brokenAt).end,
      { kind: 'waiting', next },
      String(length),
    );
  }
  t.strictSame(timelineOf([at(1, event('OK'))], brokenAt).end, {
    kind: 'waiting',
    next: 'alert',
  });
  t.end();
});

t.test('of two kicks the one counts that helped', (t) => {
  const { steps, end } = timelineOf(
    [
      ...whole.slice(0, 8),
      at(60, verdict('still-broken'), kick),
      at(61, decided, other),
      at(61, sent, other),
      at(62, accepted, other),
      at(65, outcome(), other),
      at(66, verdict('healed'), other),
    ],
    brokenAt,
  );
  t.match(
    steps.map(({ step, offsetSeconds }) => [step, offsetSeconds]),
    [
      ['alert', 12.25],
      ['decide', 20.01],
      ['send', 62],
      ['run', 65],
      ['green', 66],
    ],
  );
  t.match(end, { kind: 'healed', kick: other });
  t.end();
});

t.test('green, and not by kicker', (t) => {
  t.match(
    timelineOf([at(1, event('CRITICAL')), at(2, event('OK'))], brokenAt).end,
    { kind: 'green-without', why: /before kicker decided to kick/ },
  );
  t.match(
    timelineOf(
      [
        ...whole.slice(0, 7),
        at(22, outcome('not-needed'), kick),
        at(23, verdict('healed'), kick),
      ],
      brokenAt,
    ).end,
    { kind: 'green-without', why: /probe on the host was green/ },
  );
  t.end();
});

t.test('each step that may be missing has words', (t) => {
  t.equal(whyNot('alert', '10 min'), 'no alert came within 10 min');
  t.match(whyNot('decide', '1 h'), /did not decide to kick within 1 h/);
  t.match(whyNot('send', '1 h'), /did not accept/);
  t.match(whyNot('run', '1 h'), /did not end/);
  t.match(whyNot('green', '1 h'), /did not see it green/);
  t.end();
});
