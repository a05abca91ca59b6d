import type { Kick, Run } from '@kickd/protocol';
import type { Decision } from '../decide/decision.ts';
import type { Moment } from '../events/moment.ts';
import type { OutcomeRecord } from '../events/outcome-record.ts';
import type { Verdict } from '../events/verdict.ts';
import type { Escalation } from '../decide/rules.ts';
import type { Target } from '../fleet/target.ts';
import type { Event } from '../events/event.ts';
import type { ActionResult } from '../outbox/action.ts';

/**
 * One line of the ledger. Entries are only ever added: what was decided, then what was sent, then what
 * came back, then how it ended.
 */
export type Entry =
  | { kind: 'event'; body: Event }
  | { kind: 'decision'; body: Decision }
  | { kind: 'kick'; body: { target: Target; request: Kick } }
  | { kind: 'reply'; body: ReplyRecord }
  | { kind: 'outcome'; body: OutcomeRecord }
  | { kind: 'verdict'; body: VerdictRecord }
  | { kind: 'escalation'; body: { about: string; reason: string } }
  /** written by version 1 of the ledger; now an action says the same */
  | { kind: 'recheck'; body: RecheckRecord }
  /** written by version 2 of the ledger; now an action says the same */
  | { kind: 'errand'; body: ErrandResult }
  | { kind: 'action'; body: ActionResult }
  | { kind: 'stop'; body: { by: string; reason: string } }
  | { kind: 'resume'; body: { by: string; reason: string; storm?: string } }
  | { kind: 'drill'; body: DrillEntry }
  | { kind: 'policy'; body: { certname: string; configVersion: string } };

export type EntryKind = Entry['kind'];

/** A drill: a service is broken on purpose, and its healing is timed. It is keyed by the kick that breaks. */
export type DrillEntry = DrillBegan | DrillEnded;

/** Written before anything is sent. */
interface DrillBegan {
  phase: 'began';
  /** who asked for it */
  by: string;
  reason: string;
  monitor: string;
  host: string;
  service: string;
  certname: string;
  /** the CM profile that breaks */
  profile: string;
  /** until when its healing is waited for, ISO 8601: a drill without an end is over by then */
  until: string;
}

export interface DrillEnded {
  phase: 'ended';
  result: 'passed' | 'failed' | 'not-begun';
  /** why it did not pass */
  why?: string;
  /** from the breakage to green */
  seconds?: number;
  /** the kick that healed it */
  healedBy?: string;
}

/** What one attempt to send a kick, or one look at its run, brought. */
export interface ReplyRecord {
  kind: 'accepted' | 'problem' | 'not-sent' | 'unknown' | 'refused-tls';
  code?: string;
  message?: string;
  run?: Pick<Run, 'run' | 'state'>;
}

/** What the monitor saw after the run. */
export interface VerdictRecord {
  verdict: Verdict;
  /** how it is known: `event`, `status data`, `window over`, … */
  by: string;
  /** from the beginning of the problem, as the monitor tells it, to now */
  seconds?: number;
}

/** What version 2 of the ledger called an action. */
interface ErrandResult {
  errand: {
    kind:
      | 'recheck'
      | 'comment'
      | 'acknowledge'
      | 'remove-acknowledgement'
      | 'result'
      | 'command';
    text?: string;
  };
  result: 'done' | 'failed';
  code?: string;
}

type RecheckRecord =
  | { kind: 'asked'; line: string }
  | { kind: 'failed'; code: string; message: string };

/** What an entry is about, to find it again. */
export interface EntryKeys {
  /** the kick's id */
  kick?: string;
  /** the problem's key, see problemKey */
  problem?: string;
}

export interface StoredEntry {
  seq: number;
  /** ISO 8601 */
  at: string;
  kick?: string;
  problem?: string;
  entry: Entry;
}

/** What the rule said about a kick when it was decided; it holds for that kick to its end. */
export interface Plan {
  /** how long after the run the monitor has to see the service green */
  verifySeconds: number;
  comment: boolean;
  acknowledge: boolean;
  /** absent: it was written before there were holds */
  holdSeconds?: number;
  escalate: readonly Escalation[];
}

/** Why a request to a host did not bring what was asked for. */
export interface ReplyFault {
  code: string;
  message: string;
}

/** How far a kick has come: what is on disk of its life, see kicks/life.ts. */
export type Progress =
  | {
      stage: 'sending';
      /** a request may have reached the host, and no reply said so */
      mayHaveArrived?: true;
      /** the problem is over: it is not sent any more */
      isOver?: true;
      /** why the last request did not get through */
      last?: ReplyFault;
    }
  /** the host has accepted it */
  | {
      stage: 'following';
      run: string;
      /** the problem is over: the run is followed to its end all the same */
      isOver?: true;
      /** absent: an older kicker wrote it */
      since?: Moment;
    }
  /** the run has ended, and the monitor has not yet said whether it helped */
  | { stage: 'verifying'; outcome: OutcomeRecord; since: Moment };

/** A kick that has not come to its end. */
export interface OpenRecord {
  kick: string;
  problem: string;
  /** when it was decided, and how long it is sent from then on; the host is told the same as an instant */
  decided: Moment;
  lifeMs: number;
  target: Target;
  request: Kick;
  event: Event;
  /** absent: it was decided by a kicker that knew no rules */
  plan?: Plan;
  progress: Progress;
}

/** A problem that is to be decided about again. */
export interface WaitingRecord {
  problem: string;
  /** see subjectKey: a service has at most one */
  subject: string;
  event: Event;
  /** why it waits, the code of its last decision */
  code: string;
  since: Moment;
  afterMs: number;
}
