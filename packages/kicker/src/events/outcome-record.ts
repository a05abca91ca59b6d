import type { Outcome } from '@kickd/protocol';

/** How a kick ended, as far as kicker knows; each kick has exactly one. */
export type OutcomeRecord =
  | { kind: 'ended'; run: string; outcome: Outcome; durationMs?: number }
  /** the host refused for good */
  | { kind: 'refused'; code: string; message: string }
  /** it did not get through before it expired */
  | { kind: 'gave-up'; code: string; message: string }
  /** accepted, but the end could not be learned */
  | { kind: 'not-known'; code: string; message: string };

/** There was no run: the host's own probe was green. The monitor has the last word all the same. */
export function isNotNeeded(record: OutcomeRecord): boolean {
  return record.kind === 'ended' && record.outcome.kind === 'not-needed';
}
