import t from 'tap';
import type { Guards, Rule, RuleSet } from '../../src/decide/rules.ts';
import { runHistory } from './history.ts';

const incidents = 500;
const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

void t.test('no promise is broken', async (t) => {
  for (const seed of seeds) {
    const { violations, kicks } = runHistory(seed, incidents);
    t.strictSame(violations, [], `seed ${seed}, ${kicks} kicks`);
  }
});

void t.test('the same seed gives the same history', async (t) => {
  const one = runHistory(42, incidents);
  t.strictSame(runHistory(42, incidents), one);
  t.not(runHistory(43, incidents).hash, one.hash);
});

// A checker that never objects proves nothing: without any one guard it has to.
const rule =
  (change: (rule: Rule) => Partial<Rule>) =>
  (rules: RuleSet): RuleSet => ({
    ...rules,
    rules: rules.rules.map((one) => ({ ...one, ...change(one) })),
  });
const guard =
  (change: Partial<Guards>) =>
  (rules: RuleSet): RuleSet => ({
    ...rules,
    guards: { ...rules.guards, ...change },
  });
const without: [string, (rules: RuleSet) => RuleSet, RegExp][] = [
  ['the cool-down', rule(() => ({ coolDownSeconds: 0 })), /: cool-down: /],
  [
    'attempts of a problem',
    rule(({ attempts }) => ({ attempts: { ...attempts, perProblem: 100 } })),
    /attempts: \d+ for one problem/,
  ],
  [
    'attempts in a period',
    rule(({ attempts }) => ({ attempts: { ...attempts, perPeriod: 100 } })),
    /attempts: \d+ in a period/,
  ],
  [
    'futility',
    rule(({ futility }) => ({ futility: { ...futility, runs: 100 } })),
    /futility: /,
  ],
  [
    'the share',
    guard({ share: { percent: 99, hosts: 1000, hostsOfUnknown: 1000 } }),
    /share: /,
  ],
  [
    'the exit delay',
    guard({ storm: { exitDelaySeconds: 0, backlog: 'replay' } }),
    /storm: /,
  ],
  ['concurrency', guard({ concurrency: 10_000 }), /concurrency: /],
  ['the rate', guard({ rate: { kicks: 1000, perSeconds: 1 } }), /: rate$/],
  ['the host interval', guard({ hostIntervalSeconds: 0 }), /host interval: /],
];
for (const [name, loosen, wanted] of without) {
  void t.test(`without ${name} the checker objects`, async (t) => {
    let found: string | undefined;
    for (let seed = 1; seed < 200 && found === undefined; seed += 1) {
      const { violations } = runHistory(seed, incidents, loosen);
      found = violations.find((text) => wanted.test(text));
    }
    t.match(found, wanted);
  });
}
