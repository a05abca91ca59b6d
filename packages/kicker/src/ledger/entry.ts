import type { Kick, Outcome, Run } from '@kickd/protocol';
import type { Decision } from '../decide/decision.ts';
import type { Target } from '../fleet/target.ts';
import type { Event } from '../monitors/event.ts';

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
  | { kind: 'recheck'; body: RecheckRecord };

export type EntryKind = Entry['kind'];

/** What one attempt to send a kick, or one look at its run, brought. */
export interface ReplyRecord {
  kind: 'accepted' | 'problem' | 'not-sent' | 'unknown' | 'refused-tls';
  code?: string;
  message?: string;
  run?: Run;
}

/** How a kick ended, as far as kicker knows; each kick has exactly one. */
export type OutcomeRecord =
  | { kind: 'ended'; run: string; outcome: Outcome; durationMs?: number }
  /** the host refused for good */
  | { kind: 'refused'; code: string; message: string }
  /** it did not get through before it expired */
  | { kind: 'gave-up'; code: string; message: string }
  /** accepted, but the end could not be learned */
  | { kind: 'not-known'; code: string; message: string };

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

/** A kick that has no outcome yet, and who looks after it. */
export interface OpenRecord {
  kick: string;
  problem: string;
  /** ISO 8601 */
  expires: string;
  /** the process that looks after it: see ProcessIdentity */
  owner: string;
  target: Target;
  request: Kick;
  event: Event;
}
