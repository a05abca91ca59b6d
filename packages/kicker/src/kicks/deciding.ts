import type { RuleSet } from '../decide/rules.ts';
import type { Moment } from '../events/moment.ts';
import type { EscalationWays } from '../outbox/escalation.ts';
import type { Ledger } from '../ports.ts';

/** What deciding needs of the world. */
export interface Deciding {
  ledger: Ledger;
  rules: RuleSet;
  ways: EscalationWays;
  /** how long a kick that did not get through is sent again */
  forSeconds: number;
  /** how long after kicker stopped for a service it is looked at again: the policy may have changed */
  policySeconds: number;
  now: () => Moment;
  /** 10 random bytes */
  random: () => Uint8Array;
}
