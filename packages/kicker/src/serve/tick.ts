import { defaultRuleSet } from '../decide/default-rules.ts';
import { learn } from '../decide/learn.ts';
import type { Clock, Ledger } from '../ports.ts';

/**
 * Moves the ledger's own clock, and writes nothing else. Without it a clock that was set just before or after a
 * boot would look like time that passed.
 * @throws {Fault} LEDGER_UNWRITABLE
 */
export function tick(
  ledger: Pick<Ledger, 'transact'>,
  clock: Pick<Clock, 'moment'>,
): void {
  ledger.transact((transaction) =>
    transaction.remember(
      learn(
        { kind: 'tick' },
        {
          rules: defaultRuleSet,
          memory: transaction,
          now: clock.moment(),
        },
      ),
    ),
  );
}
