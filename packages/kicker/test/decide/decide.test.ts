import t from 'tap';
import { decide } from '../../src/decide/decide.ts';
import { defaultRule, defaultRuleSet } from '../../src/decide/default-rules.ts';
import type { Decision } from '../../src/decide/decision.ts';
import type { Rule } from '../../src/decide/rules.ts';
import { emptyService } from '../../src/decide/service-memory.ts';
import { spreadMs } from '../../src/decide/spread.ts';
import type { Event } from '../../src/events/event.ts';
import { memoryOf } from './situation-of.ts';

const now = {
  wallMs: Date.parse('2026-03-01T12:00:00Z'),
  boot: 'a',
  monotonicMs: 0,
};

const facts = { certname: 'web1.example.com', groups: [] };

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

void t.test(
  'of several waits the longest, the code of the first',
  async (t) => {
    const atMs = 60 * 60 * 1000;
    const memory = memoryOf({
      'fleet ': { open: 0, kicks: [], moment: now, steadyMs: atMs },
      'host web1.example.com': { bad: [], lastKickMs: atMs - 5000 },
      'service web1.example.com\tHTTP': {
        ...emptyService(0),
        problem: { sinceMs: 0, ids: {}, kicks: 1, isTold: false },
        lastEndMs: atMs - 590_000,
      },
    });
    const world = { rules: defaultRuleSet, memory, facts, now };
    const decision = decide(base, world);
    t.strictSame(decision, {
      kind: 'wait',
      code: 'cool-down',
      rule: 'default (built in)',
      reasons: [
        'the last kick for it ended 10 min ago (coolDownSeconds is 600)',
        'the host was kicked 5 s ago (guards.hostIntervalSeconds is 300)',
      ],
      againAfterMs: spreadMs(295_000, 'web1.example.com\tHTTP'),
    });
    t.strictSame(decide(base, { ...world, isBrief: true }), decision);
  },
);

void t.test('looked at again after it has ended', async (t) => {
  const problem = { sinceMs: 0, ids: {}, kicks: 0, isTold: false };
  const decideOn = (again: boolean, more = {}) =>
    decide(base, {
      rules: defaultRuleSet,
      memory: memoryOf({
        'service web1.example.com\tHTTP': { ...emptyService(0), ...more },
      }),
      facts,
      now,
      again,
    });
  t.match(decideOn(true), { kind: 'skip', code: 'ended' });
  t.equal(decideOn(true, { problem }).kind, 'kick');
  t.equal(decideOn(false).kind, 'kick');
});

void t.test('no rule, and a rule that only observes', async (t) => {
  const world = { memory: memoryOf(), facts, now };
  t.strictSame(
    decide(base, {
      ...world,
      rules: { ...defaultRuleSet, source: 'r.yaml', rules: [] },
    }),
    {
      kind: 'skip',
      code: 'no-rule',
      reasons: ['no rule of r.yaml matches'],
    },
  );
  const rule: Rule = {
    ...defaultRule,
    mode: 'observe',
    what: { tags: ['web'] },
  };
  const observed = decide(base, {
    ...world,
    rules: { ...defaultRuleSet, rules: [rule] },
  });
  t.match(observed, {
    kind: 'skip',
    code: 'observed',
    rule: 'default (built in)',
    would: { kind: 'kick', mode: 'automatic', request: { tags: ['web'] } },
  });
  t.equal(observed.reasons[0], 'the rule only observes; it would be kicked:');
  const wait = decide(base, {
    ...world,
    facts: { ...facts, monitorTrouble: 'x' },
    rules: { ...defaultRuleSet, rules: [rule] },
  });
  t.match(wait, { kind: 'wait', code: 'monitor-trouble', escalate: undefined });
});

void t.test('noop', async (t) => {
  const rule: Rule = {
    ...defaultRule,
    mode: 'noop',
    what: { environment: 'test' },
  };
  const decision = decide(base, {
    memory: memoryOf(),
    facts,
    now,
    rules: { ...defaultRuleSet, rules: [rule] },
  });
  t.match(decision, {
    kind: 'kick',
    mode: 'noop',
    request: { environment: 'test', noop: true },
  });
});

void t.test('told only what decides', async (t) => {
  const event = { ...base, inDowntime: true, acknowledgedBy: 'ada' };
  const world = { memory: memoryOf(), facts, now, rules: defaultRuleSet };
  t.strictSame(decide(event, { ...world, isBrief: true }).reasons, [
    'the host or the service is in scheduled downtime',
  ]);
  t.equal(decide(event, world).reasons.length, 2);
  t.strictSame(decide(base, { ...world, isBrief: true }).reasons, []);
  t.equal(decide(base, world).reasons.length, 2);
});

void t.test('a person is told of a problem once', async (t) => {
  const problem = { sinceMs: 0, ids: {}, kicks: 3, isTold: false };
  const decideOn = (isTold: boolean, isBrief = false) =>
    decide(base, {
      isBrief,
      rules: defaultRuleSet,
      memory: memoryOf({
        'service web1.example.com\tHTTP': {
          ...emptyService(0),
          problem: { ...problem, isTold },
        },
      }),
      facts,
      now,
    });
  t.match(decideOn(false, true), { kind: 'skip', code: 'attempts-used' });
  const reason = 'the problem was kicked 3 times (attempts.perProblem is 3)';
  t.match(decideOn(false), {
    code: 'attempts-used',
    escalate: { about: 'problem', reason },
  });
  t.equal(decideOn(true).escalate, undefined);
});

void t.test(
  'what came with the event and could not be used stands last',
  async (t) => {
    const remarks = ['the attempt was unreadable'];
    const { reasons } = decide(base, {
      memory: memoryOf(),
      facts: { ...facts, remarks },
      now,
      rules: defaultRuleSet,
    });
    t.equal(reasons.at(-1), remarks[0]);
    t.equal(reasons.length, 3);
  },
);

void t.test('what is asked for, to the letter', async (t) => {
  t.strictSame(judgeOf(base), {
    kind: 'kick',
    mode: 'automatic',
    rule: 'default (built in)',
    request: {},
    reasons: judgeOf(base).reasons,
  });
});

void t.test('a person is called, whatever else is known', async (t) => {
  const key = 'service web1.example.com\tHTTP';
  const decideOn = (records: Record<string, unknown>) =>
    decide(base, {
      rules: defaultRuleSet,
      memory: memoryOf(records),
      facts,
      now,
    });
  const block = { why: 'futile', atMs: 0 };
  const stopped = decideOn({
    [key]: { ...emptyService(0), futile: 2, block },
  });
  t.match(stopped, { code: 'futile', escalate: { about: 'problem' } });
  t.notOk('kick' in stopped);
  const problem = { sinceMs: 0, ids: {}, kicks: 0, isTold: true };
  t.match(
    decideOn({
      [key]: { ...emptyService(0), problem },
      'server ': { failed: ['a', 'b', 'c'], openSinceMs: 0, isTold: false },
    }),
    { code: 'server-trouble', escalate: { about: 'server' } },
    'of the server, though of the problem one was',
  );
});

void t.test('told only what forbids for good', async (t) => {
  const world = {
    rules: defaultRuleSet,
    memory: memoryOf({
      'group web': { counts: {}, storm: { sinceMs: 0, isTold: true } },
    }),
    facts: {
      ...facts,
      monitorTrouble: 'x',
      groups: [{ name: 'web', members: 10, unhealthy: 9 }],
    },
    now,
  };
  const brief = decide(base, { ...world, isBrief: true });
  t.match(brief, { kind: 'skip', code: 'storm' });
  t.equal(brief.reasons.length, 1);
  t.equal(decide(base, world).reasons.length, 2, 'and what only delays');
});
