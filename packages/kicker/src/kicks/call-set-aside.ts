import { learn } from '../decide/learn.ts';
import { pageKey } from '../decide/page.ts';
import type { BadEvents } from '../ports.ts';
import { enqueue } from '../outbox/enqueue.ts';
import { commandCall } from '../outbox/escalation.ts';
import type { Deciding } from './deciding.ts';

const page = pageKey({ kind: 'events' }, '');
const subject = 'events that kicker cannot read';

/**
 * Calls a person by the operator's command where events were set aside: each is a problem that nobody repairs. Once, until
 * bad/ has been emptied. No rule and no monitor belongs to what cannot be read, so neither has a say.
 * @returns whether a person is called now
 * @throws {Fault} LEDGER_UNWRITABLE
 */
export function callForSetAside(
  { count, dropped, newest }: BadEvents,
  {
    ledger,
    rules,
    ways,
    now,
  }: Pick<Deciding, 'ledger' | 'rules' | 'ways' | 'now'>,
): boolean {
  const isCalled = ledger.read('page', page) !== undefined;
  if (isCalled === count > 0) return false;
  return ledger.transact((transaction) => {
    const at = now();
    const world = { rules, memory: transaction, now: at };
    if (count === 0) {
      transaction.remember(learn({ kind: 'page-ended', page }, world));
      return false;
    }
    transaction.remember(learn({ kind: 'events-page' }, world));
    const last =
      newest === undefined
        ? ''
        : `; the newest: ${newest.name} (${newest.reason})`;
    const escalate = {
      about: 'events',
      reason: `${String(count + dropped)} set aside${last}; look: kicker check`,
    };
    transaction.add([
      { entry: { kind: 'escalation', body: escalate }, keys: {} },
    ]);
    enqueue(
      transaction,
      commandCall(escalate, subject, ways).map((action) => ({
        action,
        keys: {},
      })),
      at,
    );
    return true;
  });
}
