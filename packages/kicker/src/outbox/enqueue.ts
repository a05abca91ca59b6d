import type { Moment } from '../events/moment.ts';
import type { LedgerTransaction } from '../ports.ts';
import {
  laneOf,
  lifeMsOf,
  subjectOfAction,
  urgencyOf,
  type ActionRecord,
  type Feedback,
  type NewAction,
} from './action.ts';

type Outbox = Pick<
  LedgerTransaction,
  'addAction' | 'pendingActions' | 'endAction'
>;

/**
 * Writes what is to be told into the outbox, behind what its subject has there already. What a later action makes
 * void is taken out: a removal cancels an acknowledgement that was not begun, and no acknowledgement is tried
 * again after its removal, and so with a hold and its release; a recheck that waits is enough.
 */
export function enqueue(
  outbox: Outbox,
  wanted: readonly NewAction[],
  now: Moment,
): void {
  for (const { action, keys } of wanted) {
    const subject = subjectOfAction(action);
    if (action.to === 'monitor') {
      const { kind } = action.feedback;
      const pending = outbox.pendingActions(subject);
      if (kind === 'recheck' && pending.some(isNotBegun('recheck'))) continue;
      if (kind === 'unacknowledge') {
        const wasBegun = forget(outbox, pending, 'acknowledge');
        if (wasBegun === 'no') continue;
      }
      if (kind === 'release') {
        const wasBegun = forget(outbox, pending, 'hold');
        if (wasBegun === 'no') continue;
      }
    }
    outbox.addAction({
      action,
      keys,
      subject,
      lane: laneOf(action),
      urgency: urgencyOf(action),
      decided: now,
      delayMs: 0,
      lifeMs: lifeMsOf(action),
    });
  }
}

/** Takes an acknowledgement out that is worth nothing any more. */
export function forgetAcknowledgement(outbox: Outbox, subject: string): void {
  forget(outbox, outbox.pendingActions(subject), 'acknowledge');
}

/** @returns whether any of those taken out may have been done; `none`: there was none */
function forget(
  outbox: Outbox,
  pending: readonly ActionRecord[],
  kind: Feedback['kind'],
): 'none' | 'no' | 'perhaps' {
  const found = pending.filter((record) => kindOf(record) === kind);
  for (const { seq } of found) outbox.endAction(seq);
  if (found.length === 0) return 'none';
  return found.every(({ tries }) => tries === 0) ? 'no' : 'perhaps';
}

function isNotBegun(kind: Feedback['kind']): (record: ActionRecord) => boolean {
  return (record) => kindOf(record) === kind && record.tries === 0;
}

function kindOf({ action }: ActionRecord): Feedback['kind'] | undefined {
  // Stryker disable next-line ConditionalExpression: what a subject of a monitor has pending is all for the monitor
  return action.to === 'monitor' ? action.feedback.kind : undefined;
}
