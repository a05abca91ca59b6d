import t from 'tap';
import { decide } from '../../src/decide/decide.ts';
import { defaultRule, defaultRuleSet } from '../../src/decide/default-rules.ts';
import type { Decision } from '../../src/decide/decision.ts';
import type { Rule } from '../../src/decide/rules.ts';
import type { Event } from '../../src/events/event.ts';

const now = {
  wallMs: Date.parse('2026-03-01T12:00:00Z'),
  boot: 'a',
  monotonicMs: 0,
};

/** The decision where nothing is remembered. */
function judgeOf(event: Event, when: Partial<Rule['when']> = {}): Decision {
  return decide(event, {
    rules: {
      ...defaultRuleSet,
      rules: [{ ...defaultRule, when: { ...defaultRule.when, ...when } }],
    },
    memory: { read: () => undefined },
    facts: { certname: 'web1.example.com', groups: [] },
    now,
  });
}

const base: Event = {
  monitor: 'nagios',
  host: 'web1',
  service: 'HTTP',
  state: 'CRITICAL',
  stateType: 'HARD',
  attempt: 4,
  maxAttempts: 4,
  inDowntime: false,
  hostState: 'UP',
};

void t.test('which attempt of how many kicks', async (t) => {
  // Each row: the maximum, then the first SOFT attempt that kicks.
  const rows: [number | undefined, number | undefined][] = [
    [1, undefined],
    [2, 1],
    [3, 2],
    [4, 3],
    [5, 3],
    [10, 3],
    [undefined, 3],
  ];
  for (const [maxAttempts, soft] of rows) {
    for (let attempt = 1; attempt <= (maxAttempts ?? 6); attempt += 1) {
      const { maxAttempts: _, ...rest } = base;
      const event: Event = {
        ...rest,
        ...(maxAttempts === undefined ? {} : { maxAttempts }),
        attempt,
        stateType: attempt === maxAttempts ? 'HARD' : 'SOFT',
      };
      const kicks =
        event.stateType === 'HARD' || (soft !== undefined && attempt >= soft);
      const decision = judgeOf(event);
      t.equal(
        decision.kind,
        kicks ? 'kick' : 'skip',
        `${event.stateType} ${attempt} of ${maxAttempts}`,
      );
      if (decision.kind === 'skip') {
        t.equal(decision.code, 'attempt-not-reached');
      }
    }
  }
});

void t.test('every state, every state type', async (t) => {
  for (const state of ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'] as const) {
    for (const stateType of ['SOFT', 'HARD'] as const) {
      const attempt = stateType === 'SOFT' ? 3 : 4;
      const decision = judgeOf({ ...base, state, stateType, attempt });
      const wanted =
        state === 'CRITICAL'
          ? 'kick'
          : state === 'OK'
            ? 'not-a-problem'
            : 'state-not-configured';
      t.equal(
        decision.kind === 'kick' ? 'kick' : decision.code,
        wanted,
        `${state} ${stateType}`,
      );
    }
  }
});

const { service: _service, ...hostEvent } = base;
const rows: [string, Event, Partial<Rule['when']>, string][] = [
  ['in downtime', { ...base, inDowntime: true }, {}, 'in-downtime'],
  ['host down', { ...base, hostState: 'DOWN' }, {}, 'host-down'],
  ['host unreachable', { ...base, hostState: 'UNREACHABLE' }, {}, 'host-down'],
  ['acknowledged', { ...base, acknowledgedBy: 'ada' }, {}, 'acknowledged'],
  [
    'acknowledged, and the rule does not mind',
    { ...base, acknowledgedBy: 'ada' },
    { acknowledged: true },
    'kick',
  ],
  [
    'WARNING as configured',
    { ...base, state: 'WARNING' },
    { states: ['WARNING'] },
    'kick',
  ],
  [
    'CRITICAL not configured',
    base,
    { states: ['WARNING'] },
    'state-not-configured',
  ],
  [
    'HARD alone: the third SOFT',
    { ...base, stateType: 'SOFT', attempt: 3 },
    { softAttempt: 0 },
    'attempt-not-reached',
  ],
  [
    'the first SOFT',
    { ...base, stateType: 'SOFT', attempt: 1 },
    { softAttempt: 1 },
    'kick',
  ],
  ['the host itself, down', { ...hostEvent, state: 'DOWN' }, {}, 'host-event'],
  [
    'the host itself, cut off',
    { ...hostEvent, state: 'UNREACHABLE' },
    {},
    'host-event',
  ],
  [
    'the host itself, up again',
    { ...hostEvent, state: 'UP' },
    {},
    'not-a-problem',
  ],
  ['fresh', { ...base, at: '2026-03-01T11:55:00Z' }, {}, 'kick'],
  ['stale', { ...base, at: '2026-03-01T11:54:59Z' }, {}, 'stale'],
  ['from the future', { ...base, at: '2026-03-01T12:05:01Z' }, {}, 'stale'],
  [
    'old, but nobody said when',
    { ...base, since: '2020-01-01T00:00:00Z' },
    {},
    'kick',
  ],
];
for (const [name, event, part, wanted] of rows) {
  void t.test(name, async (t) => {
    const decision = judgeOf(event, part);
    t.equal(decision.kind === 'kick' ? 'kick' : decision.code, wanted);
    t.ok(decision.reasons.length > 0);
  });
}

void t.test('a skip names each thing that forbids', async (t) => {
  const decision = judgeOf({
    ...base,
    inDowntime: true,
    hostState: 'DOWN',
    stateType: 'SOFT',
    attempt: 1,
  });
  t.match(decision.reasons, [
    /host is DOWN/,
    /downtime/,
    /SOFT, attempt 1 of 4/,
  ]);
  t.equal(decision.reasons.length, 3);
});
