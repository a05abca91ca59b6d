import type { Moment } from '../events/moment.ts';
import type { VerdictRecord } from '../ledger/entry.ts';
import { subjectKey, type Event } from '../events/event.ts';
import type { Keyed, LedgerTransaction } from '../ports.ts';

/**
 * The monitor says that the service is green. A kick that waits for its verdict has it now; one that is
 * not through yet is not sent any more; one whose run goes on is followed to its end.
 * @returns what the history says of it
 */
export function endedByEvent(
  transaction: LedgerTransaction,
  event: Event,
  now: Moment,
): Keyed[] {
  return transaction.openOf(subjectKey(event)).flatMap((open): Keyed[] => {
    const { kick, problem, progress } = open;
    if (progress.stage !== 'verify') {
      const { run } = progress;
      transaction.advance(kick, undefined, {
        stage: 'ended',
        ...(run === undefined ? {} : { run }),
      });
      return [];
    }
    transaction.close(kick);
    const body = healed('the monitor’s event', open.event, now);
    return [{ entry: { kind: 'verdict', body }, keys: { kick, problem } }];
  });
}

/** @param event the event that led to the kick: it says when the problem began */
export function healed(
  by: string,
  { since }: Event,
  now: Moment,
): VerdictRecord {
  const seconds =
    since === undefined
      ? undefined
      : Math.round((now.wallMs - Date.parse(since)) / 1000);
  return {
    verdict: 'healed',
    by,
    ...(seconds === undefined || seconds < 0 ? {} : { seconds }),
  };
}
