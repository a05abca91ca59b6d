import type { Guards, Rule, RuleSet } from './rules.ts';

/** The rule of the classic event handler: CRITICAL, and HARD or SOFT from the third attempt on. */
export const defaultRule: Rule = {
  name: 'default',
  place: 'built in',
  match: {},
  mode: 'automatic',
  when: {
    states: ['CRITICAL'],
    softAttempt: 3,
    acknowledged: false,
    staleSeconds: 5 * 60,
  },
  what: {},
  coolDownSeconds: 10 * 60,
  attempts: { perProblem: 3, perPeriod: 6, periodSeconds: 24 * 60 * 60 },
  expectSeconds: 10 * 60,
  verifySeconds: 5 * 60,
  patienceSeconds: 60 * 60,
  futility: {
    runs: 2,
    relapseSeconds: 30 * 60,
    probeAfterSeconds: 24 * 60 * 60,
  },
  noopChanges: 20,
  tell: {
    comment: true,
    acknowledge: false,
    holdSeconds: 0,
    escalate: ['comment'],
  },
};

const defaultGuards: Guards = {
  share: { percent: 30, hosts: 2, hostsOfUnknown: 10 },
  storm: { exitDelaySeconds: 10 * 60, backlog: 'drop' },
  concurrency: 10,
  rate: { kicks: 20, perSeconds: 60 },
  hostIntervalSeconds: 5 * 60,
  // Nagios's sample configuration: low_service_flap_threshold=5.0, high_service_flap_threshold=20.0
  flapping: { low: 5, high: 20, checkSeconds: 5 * 60 },
  breaker: { hosts: 3, retryAfterSeconds: 5 * 60 },
  canaries: [],
};

/** What is in force where no rules file says anything: the classic rule, and every guard. */
export const defaultRuleSet: RuleSet = {
  source: 'built in',
  rules: [defaultRule],
  guards: defaultGuards,
};
