import fc from 'fast-check';
import t from 'tap';
import { decide } from '../../src/decide/decide.ts';
import { defaultRule, defaultRuleSet } from '../../src/decide/default-rules.ts';
import { judge } from '../../src/decide/judge.ts';
import { learn } from '../../src/decide/learn.ts';
import {
  createMapMemory,
  type MapMemory,
} from '../../src/rehearse/map-memory.ts';
import { fitsName } from '../../src/decide/match.ts';
import type { News } from '../../src/decide/news.ts';
import type { RuleSet } from '../../src/decide/rules.ts';
import type { OutcomeRecord } from '../../src/events/outcome-record.ts';
import type { Event } from '../../src/events/event.ts';

const rules: RuleSet = defaultRuleSet;
const facts = { certname: 'web1', groups: [{ name: 'web', members: 10 }] };
const event: Event = {
  monitor: 'nagios',
  host: 'web1',
  service: 'HTTP',
  state: 'CRITICAL',
  stateType: 'HARD',
  attempt: 4,
  maxAttempts: 4,
  problem: '1',
  inDowntime: false,
  hostState: 'UP',
};
const at = (seconds: number) => ({
  wallMs: 1_772_000_000_000 + seconds * 1000,
  boot: 'a',
  monotonicMs: seconds * 1000,
});
const corrected: OutcomeRecord = {
  kind: 'ended',
  run: 'r',
  outcome: { kind: 'corrected', corrected: [], failed: [] },
};

/** A kicker at some second of its life. */
function createKicker(used: RuleSet = rules) {
  const memory: MapMemory = createMapMemory();
  let kicks = 0;
  const tell = (news: News, seconds: number): void =>
    memory.write(learn(news, { rules: used, memory, now: at(seconds) }));
  const take = (change: Partial<Event>, seconds: number, again = false) => {
    const judged = judge(
      { ...event, ...change },
      {
        rules: used,
        memory,
        facts: { ...facts, certname: change.host ?? 'web1' },
        now: at(seconds),
        again,
      },
      () => `kick-${(kicks += 1)}`,
    );
    memory.write(judged.changes);
    const { decision } = judged;
    return decision.kind === 'kick' ? 'kick' : decision.code;
  };
  return { memory, tell, take };
}

void t.test(
  'SOFT 3, then HARD 4 while the run is busy: one kick, and a join',
  async (t) => {
    const { take } = createKicker();
    t.equal(take({ stateType: 'SOFT', attempt: 3 }, 0), 'kick');
    t.equal(take({}, 60), 'joined');
  },
);

void t.test(
  'another service of the host waits for the kick, then for the interval',
  async (t) => {
    const { take, tell } = createKicker();
    t.equal(take({}, 0), 'kick');
    t.equal(take({ service: 'SMTP' }, 10), 'host-busy');
    tell({ kind: 'outcome', kick: 'kick-1', outcome: corrected }, 20);
    t.equal(take({ service: 'SMTP' }, 299, true), 'host-interval');
    t.equal(take({ service: 'SMTP' }, 300, true), 'kick');
  },
);

void t.test('verification, then cool-down, then the next try', async (t) => {
  const { take, tell } = createKicker();
  t.equal(take({}, 0), 'kick');
  tell({ kind: 'outcome', kick: 'kick-1', outcome: corrected }, 20);
  t.equal(take({}, 319, true), 'verifying');
  t.equal(
    take({}, 320, true),
    'cool-down',
    'a window that passed in silence is over',
  );
  t.equal(take({}, 619, true), 'cool-down');
  t.equal(take({}, 620, true), 'kick');
});

void t.test(
  'a refused kick is no run: it counts as an attempt, not as futile',
  async (t) => {
    const { take, tell } = createKicker();
    for (let turn = 0; turn < 3; turn += 1) {
      t.equal(take({}, turn * 700, turn > 0), 'kick');
      tell(
        {
          kind: 'outcome',
          kick: `kick-${turn + 1}`,
          outcome: { kind: 'refused', code: 'FROZEN', message: '' },
        },
        turn * 700 + 1,
      );
    }
    t.equal(take({}, 2100, true), 'attempts-used');
  },
);

void t.test('a tool that cannot be started has not helped', async (t) => {
  const { take, tell } = createKicker();
  const notStarted: OutcomeRecord = {
    kind: 'ended',
    run: 'r',
    outcome: { kind: 'not-started', code: 'spawn', corrected: [], failed: [] },
  };
  for (let turn = 0; turn < 2; turn += 1) {
    t.equal(take({}, turn * 700, turn > 0), 'kick');
    const kick = `kick-${turn + 1}`;
    tell({ kind: 'outcome', kick, outcome: notStarted }, turn * 700 + 20);
    t.equal(take({}, turn * 700 + 30, true), 'verifying');
  }
  t.equal(take({}, 1400, true), 'futile', 'a person is needed');
});

void t.test('the period counts over problems', async (t) => {
  const { take, tell } = createKicker({
    ...rules,
    rules: [
      {
        ...defaultRule,
        attempts: { perProblem: 3, perPeriod: 2, periodSeconds: 86_400 },
      },
    ],
  });
  for (let turn = 0; turn < 2; turn += 1) {
    const from = turn * 4000;
    t.equal(take({ problem: String(turn) }, from), 'kick');
    tell(
      { kind: 'outcome', kick: `kick-${turn + 1}`, outcome: corrected },
      from + 20,
    );
    t.equal(
      take({ state: 'OK', problem: String(turn) }, from + 30),
      'not-a-problem',
    );
  }
  t.equal(take({ problem: '9' }, 8000), 'healed-too-often');
  t.equal(take({ state: 'OK', problem: '9' }, 8100), 'not-a-problem');
  t.equal(take({ problem: '10' }, 86_400), 'kick', 'the first has passed by');
});

void t.test('what was wanted for too long is given up', async (t) => {
  const { take, tell } = createKicker();
  tell({ kind: 'stopped', by: 'ada', reason: 'x' }, 0);
  t.equal(take({}, 0), 'stopped');
  t.equal(take({}, 3600, true), 'stopped');
  t.equal(take({}, 3601, true), 'gave-up');
});

void t.test('the share: three of ten are no storm, four are', async (t) => {
  const { take, tell } = createKicker();
  for (const host of ['web2', 'web3'])
    take({ host, stateType: 'SOFT', attempt: 1 }, 0);
  t.equal(take({}, 1), 'kick');
  take({ host: 'web4', stateType: 'SOFT', attempt: 1 }, 2);
  t.equal(take({ host: 'web2' }, 3), 'storm');
  // In healing counts as well, though green.
  take({ state: 'OK' }, 4);
  t.equal(take({ host: 'web2' }, 5), 'storm');
  tell({ kind: 'outcome', kick: 'kick-1', outcome: corrected }, 6);
  t.equal(
    take({ host: 'web3' }, 7),
    'storm',
    'below the limit, and the delay begins',
  );
  t.equal(take({ host: 'web3' }, 606), 'storm');
  t.equal(take({ host: 'web3' }, 607), 'kick');
});

void t.test(
  'a person ends a storm; what is still too much begins another',
  async (t) => {
    const { take, tell } = createKicker();
    for (const host of ['web2', 'web3', 'web4', 'web5'])
      take({ host, stateType: 'SOFT', attempt: 1 }, 0);
    t.equal(take({}, 1), 'storm');
    for (const host of ['web3', 'web4', 'web5']) take({ host, state: 'OK' }, 2);
    t.equal(take({}, 3), 'storm');
    tell({ kind: 'storm-reset', group: 'web' }, 4);
    t.equal(take({}, 5), 'kick');
  },
);

void t.test('what a person has taken on counts for no share', async (t) => {
  const { take } = createKicker();
  for (const host of ['web2', 'web3', 'web4'])
    take({ host, inDowntime: true }, 0);
  for (const host of ['web5', 'web6', 'web7'])
    take({ host, acknowledgedBy: 'ada' }, 0);
  t.equal(take({}, 1), 'kick');
});

void t.test(
  'the breaker: three hosts without a catalog, then one that tries',
  async (t) => {
    const { take, tell } = createKicker();
    const failed: OutcomeRecord = {
      kind: 'ended',
      run: 'r',
      outcome: { kind: 'failed', code: 'catalog', corrected: [], failed: [] },
    };
    for (const [index, host] of ['a', 'b', 'c'].entries()) {
      t.equal(take({ host, service: host }, index * 1000), 'kick');
      tell(
        { kind: 'outcome', kick: `kick-${index + 1}`, outcome: failed },
        index * 1000 + 5,
      );
      take({ host, service: host, state: 'OK' }, index * 1000 + 6);
    }
    t.equal(take({ host: 'd' }, 2010), 'server-trouble');
    t.equal(take({ host: 'd' }, 2305, true), 'kick', 'the one that tries');
    t.equal(take({ host: 'e' }, 2306), 'server-trouble', 'only one');
    tell({ kind: 'outcome', kick: 'kick-4', outcome: corrected }, 2310);
    t.equal(take({ host: 'e' }, 2311, true), 'kick');
  },
);

void t.test(
  'a skip for good goes before a wait, and every reason is told',
  async (t) => {
    const { memory, tell } = createKicker();
    tell({ kind: 'stopped', by: 'ada', reason: 'x' }, 0);
    const decision = decide(
      { ...event, inDowntime: true, state: 'WARNING' },
      { rules, memory, facts, now: at(1) },
    );
    t.match(decision, { kind: 'skip', code: 'in-downtime' });
    t.match(decision.reasons, [/downtime/, /WARNING/, /ada stopped/]);
  },
);

void t.test('* and ? and nothing else', async (t) => {
  const rows: [string, string, boolean][] = [
    ['web1', 'web1', true],
    ['web1', 'WEB1', false],
    ['web1', 'web10', false],
    ['web?', 'web1', true],
    ['web?', 'web', false],
    ['web*', 'web', true],
    ['*.example.com', 'a.example.com', true],
    ['*.example.com', 'example.com', false],
    ['a*b*c', 'aXbYbZc', true],
    ['a*b*c', 'aXbYcZ', false],
    ['w.b1', 'web1', false],
    ['[w]eb1', 'web1', false],
    ['*', '', true],
  ];
  for (const [pattern, name, wanted] of rows)
    t.equal(fitsName(pattern, name), wanted, `${pattern} ${name}`);
  const part = fc.string({
    unit: fc.constantFrom('a', 'b', '*', '?', '.'),
    maxLength: 8,
  });
  fc.assert(
    fc.property(
      part,
      fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 10 }),
      (pattern, name) => {
        const source = pattern
          .replaceAll('.', '\\.')
          .replaceAll('*', '.*')
          .replaceAll('?', '.');
        return fitsName(pattern, name) === new RegExp(`^${source}$`).test(name);
      },
    ),
    { numRuns: 5000 },
  );
});

void t.test(
  'the steady clock never goes back, whatever the clocks do',
  async () => {
    const moment = fc.record({
      wallMs: fc.integer({ min: -1e12, max: 4e12 }),
      boot: fc.constantFrom('a', 'b', 'c'),
      monotonicMs: fc.nat(1e9),
    });
    fc.assert(
      fc.property(
        fc.array(moment, { minLength: 2, maxLength: 20 }),
        (moments) => {
          const memory = createMapMemory();
          let before = 0;
          for (const now of moments) {
            memory.write(learn({ kind: 'tick' }, { rules, memory, now }));
            const steady = memory.read('fleet', '')?.steadyMs ?? -1;
            if (steady < before) return false;
            before = steady;
          }
          return true;
        },
      ),
    );
  },
);

void t.test(
  'any event gets one decision with reasons, and a memory that JSON can keep',
  async () => {
    const word = fc.constantFrom('web1', 'web2', 'WEB1', '*', '');
    const events = fc.record(
      {
        monitor: fc.constantFrom('nagios', 'prometheus'),
        host: word,
        service: fc.constantFrom('HTTP', 'SMTP'),
        state: fc.constantFrom('OK', 'WARNING', 'CRITICAL', 'UNKNOWN'),
        stateType: fc.constantFrom('SOFT', 'HARD'),
        attempt: fc.integer({ min: 1, max: 6 }),
        maxAttempts: fc.integer({ min: 1, max: 6 }),
        problem: fc.constantFrom('1', '2'),
        inDowntime: fc.boolean(),
        hostState: fc.constantFrom('UP', 'DOWN', 'UNREACHABLE'),
      },
      {
        requiredKeys: [
          'monitor',
          'host',
          'state',
          'stateType',
          'attempt',
          'inDowntime',
        ],
      },
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(events, fc.nat(2000)), { maxLength: 40 }),
        (history) => {
          const memory = createMapMemory();
          let seconds = 0;
          let open = 0;
          for (const [one, later] of history) {
            seconds += later;
            const { decision, changes, kick } = judge(
              one,
              {
                rules,
                memory,
                facts: { certname: one.host, groups: [] },
                now: at(seconds),
              },
              () => `kick-${seconds}-${(open += 1)}`,
            );
            memory.write(changes);
            if (decision.reasons.length === 0) return false;
            if ((kick !== undefined) !== (decision.kind === 'kick'))
              return false;
            if (decision.kind === 'wait' && decision.againAfterMs < 1000)
              return false;
            if (
              decision.kind === 'kick' &&
              (one.state !== 'CRITICAL' || one.host === '*' || one.host === '')
            )
              return false;
            if (
              JSON.stringify(JSON.parse(JSON.stringify(changes))) !==
              JSON.stringify(changes)
            )
              return false;
          }
          return (memory.read('fleet', '')?.open ?? 0) === open;
        },
      ),
      { numRuns: 300 },
    );
  },
);
