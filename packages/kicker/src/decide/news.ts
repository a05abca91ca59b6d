import type { OutcomeRecord } from '../events/outcome-record.ts';
import type { Verdict } from '../events/verdict.ts';
import type { Event } from '../events/event.ts';
import type { Decision } from './decision.ts';
import type { Facts } from '../events/facts.ts';
import type { EventKeys } from '../events/keys.ts';

/** Something that happened, to be remembered: see learn.ts. */
export type News =
  /** every event, before it is decided about; OK ends the problem */
  | (Told & { kind: 'event' })
  /** what the monitor knows by now of an event that was taken in before */
  | (Told & { kind: 'facts' })
  /** @param kick the id of the kick, where it was decided to kick */
  | (Told & { kind: 'decided'; decision: Decision; kick?: string })
  /** the host did not take it, or was not reached: it loads nothing for this kick */
  | { kind: 'not-reached'; kick: string }
  | { kind: 'accepted'; kick: string }
  | { kind: 'outcome'; kick: string; outcome: OutcomeRecord }
  /** what the monitor saw after the run; `unknown`: nothing within the window */
  | {
      kind: 'verdict';
      kick: string;
      certname: string;
      service: string;
      verdict: Verdict;
    }
  /** a person kicked a host: see learn-by-hand.ts for what that counts for */
  | { kind: 'by-hand'; certname: string }
  | { kind: 'stopped'; by: string; reason: string }
  | { kind: 'resumed' }
  /** nothing but that time went by: see steady.ts for who tells it and why */
  | { kind: 'tick' }
  /** nothing but that time went by for a group: its storm may be over */
  | { kind: 'group-looked-at'; group: string }
  /** a person is called because of events that were set aside */
  | { kind: 'events-page' }
  /** the person who was called has been told that it is over */
  | { kind: 'page-ended'; page: string }
  /** a person ends the storm of a group, exit delay and all */
  | { kind: 'storm-reset'; group: string }
  /** the version of the policy that a run on the host applied, whoever started it; not of a cached catalog */
  | {
      kind: 'policy';
      certname: string;
      configVersion: string;
      /** when that run ended, epoch milliseconds by the host's clock: tells it from other runs */
      runEndedMs: number;
    };

interface Told {
  event: Event;
  facts: Facts;
  /** of the event, where they are at hand */
  keys?: EventKeys;
}
