import t from 'tap';
import { parseRules } from '../../src/config/rules-parse.ts';
import { defaultRuleSet } from '../../src/decide/default-rules.ts';
import { judge } from '../../src/decide/judge.ts';
import { ruleFor } from '../../src/decide/match.ts';
import type { RuleSet } from '../../src/decide/rules.ts';
import type { Event } from '../../src/events/event.ts';
import { createMapMemory } from '../../src/rehearse/map-memory.ts';

const event: Event = {
  monitor: 'nagios',
  host: 'h\ueff6st',
  service: 'T\ueffcr',
  state: 'CRITICAL',
  stateType: 'HARD',
  attempt: 4,
  maxAttempts: 4,
  problem: '1',
  inDowntime: false,
  hostState: 'UP',
};

function rulesOf(text: string): RuleSet {
  const parsed = parseRules(text, 'rules.yaml');
  if (parsed.kind === 'faults') throw new Error(parsed.faults[0]?.message);
  return parsed.rules;
}

t.test('a rules file in UTF-8 matches names in Latin-1', (t) => {
  const rows: [string, boolean][] = [
    ['service: Tür', true],
    ['service: T?r', true],
    ['service: "*ü*"', true],
    ['host: höst', true],
    ['hostGroup: Türen', true],
    ['service: Tör', false],
    ['service: Tur', false],
    // as `kicker history --json` shows it
    ['service: "T\\uEFFCr"', true],
    ['service: "T\\uEFF6r"', false],
  ];
  for (const [match, isMatch] of rows) {
    const { rules } = rulesOf(`rules: [{name: a, match: {${match}}}]`);
    t.equal(
      ruleFor(event, ['T\ueffcren'], rules) !== undefined,
      isMatch,
      match,
    );
  }
  t.end();
});

function decisionOf(rules: RuleSet, events: readonly Event[]) {
  const memory = createMapMemory();
  const facts = { certname: 'web1', groups: [] };
  const decisions = events.map((one, index) => {
    const judged = judge(
      one,
      {
        rules,
        memory,
        facts: { ...facts, certname: one.host },
        now: { wallMs: index, boot: 'a', monotonicMs: index },
      },
      () => `kick-${index}`,
    );
    memory.write(judged.changes);
    return judged.decision;
  });
  return decisions.at(-1);
}

t.test('a canary that the monitor writes in Latin-1', (t) => {
  const rules = {
    ...defaultRuleSet,
    guards: {
      ...defaultRuleSet.guards,
      canaries: [{ host: 'gw', service: 'Prüfung' }],
    },
  };
  const canary = { ...event, host: 'gw', service: 'Pr\ueffcfung' };
  t.match(decisionOf(rules, [canary, event]), {
    kind: 'wait',
    code: 'monitor-trouble',
    reasons: [/its canary gw \/ Prüfung is not OK/],
  });
  t.match(decisionOf(rules, [{ ...canary, service: 'Pr\ueff6fung' }, event]), {
    kind: 'kick',
  });
  t.end();
});

t.test('reasons show letters', (t) => {
  t.match(
    decisionOf(defaultRuleSet, [{ ...event, acknowledgedBy: 'J\ueffcrgen' }]),
    { code: 'acknowledged', reasons: [/by Jürgen /] },
  );
  t.end();
});
