import type { State } from '../events/event.ts';
import type { Window } from './window.ts';

/** All that an operator says about deciding: see docs/reference/rules.md. */
export interface RuleSet {
  /** the file, or `built in` */
  source: string;
  /** the first that matches decides */
  rules: readonly Rule[];
  guards: Guards;
  /** what may be broken on purpose; absent: nothing */
  drills?: readonly DrillRule[];
}

/** Which services may be broken on purpose, and when: see docs/guides/drill.md. */
export interface DrillRule {
  /** where it stands: `/etc/kicker/rules.yaml:12` */
  place: string;
  match: Match;
  window: Window;
  /** between the beginnings of two drills of one service */
  intervalSeconds: number;
}

/** observe: only write down what would be done. noop: kick, and change nothing. automatic: kick. */
export type Mode = 'observe' | 'noop' | 'automatic';

export interface Rule {
  name: string;
  /** where it stands: `/etc/kicker/rules.yaml:12`, or `built in` */
  place: string;
  match: Match;
  mode: Mode;
  when: When;
  what: { cm?: string; tags?: string[]; environment?: string };
  /** from the end of one run for a service to the next kick for it */
  coolDownSeconds: number;
  attempts: { perProblem: number; perPeriod: number; periodSeconds: number };
  /** how long a run is expected to last: after that its kick gives its place in guards.concurrency back */
  expectSeconds: number;
  /** how long after a run the monitor has to see the service green */
  verifySeconds: number;
  /** how long a kick that had to wait is still wanted */
  patienceSeconds: number;
  futility: {
    /** after how many runs that did not help kicker stops */
    runs: number;
    /** a service that breaks again so soon after its repair was not helped */
    relapseSeconds: number;
    /** where the policy tells no version: one more try after this long; 0: never */
    probeAfterSeconds: number;
  };
  /** a noop run that would change more than this stops the rule for that service */
  noopChanges: number;
  tell: {
    /** a comment on the problem: run, outcome, what was corrected */
    comment: boolean;
    /** acknowledge while healing, take it back on failure */
    acknowledge: boolean;
    /** how long the page is held back from the moment a host has accepted the kick; 0: not at all */
    holdSeconds: number;
    /** how a person is called where kicker stops */
    escalate: readonly Escalation[];
  };
}

export type Escalation = 'comment' | 'passive' | 'command';

/** Each part that is there must fit; within one part any of its names. Names may hold `*` and `?`. */
export interface Match {
  monitor?: readonly string[];
  host?: readonly string[];
  hostGroup?: readonly string[];
  service?: readonly string[];
  labels?: Readonly<Record<string, readonly string[]>>;
}

interface When {
  /** the states that are worth a run */
  states: readonly State[];
  /** from which attempt on SOFT kicks already, made relative to the service's maximum; 0: none, HARD alone */
  softAttempt: number;
  /** whether an acknowledged problem is still kicked */
  acknowledged: boolean;
  /** how old an event may be, where the monitor says when it called */
  staleSeconds: number;
}

/** What holds for all rules together. */
export interface Guards {
  share: {
    /** a host group with more than this share of its hosts unhealthy or in healing is in a storm … */
    percent: number;
    /** … where it is at least this many hosts */
    hosts: number;
    /** the limit where nobody says how many hosts the group has */
    hostsOfUnknown: number;
  };
  storm: {
    /** how long after the share fell below its limit nothing is kicked yet */
    exitDelaySeconds: number;
    /** what becomes of an event in a storm: forgotten, or looked at again after it */
    backlog: 'drop' | 'replay';
  };
  /** kicks under way at once */
  concurrency: number;
  rate: { kicks: number; perSeconds: number };
  /** between two kicks of one host, whatever the service */
  hostIntervalSeconds: number;
  flapping: {
    /** per cent, as Nagios's low_service_flap_threshold and high_service_flap_threshold */
    low: number;
    high: number;
    /** how often the monitor checks: checks without a change bring no event, and still count */
    checkSeconds: number;
  };
  /** trouble of the CM server: after this many hosts in a row that got no catalog nothing is kicked */
  breaker: { hosts: number; retryAfterSeconds: number };
  /** checks that tell whether the monitor itself sees clearly, e.g. of its own gateway */
  canaries: readonly { host: string; service?: string }[];
}
