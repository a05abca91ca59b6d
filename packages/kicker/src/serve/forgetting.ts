import { mayForget, type ForgettableKind } from '../decide/forget.ts';
import { fleetAt } from '../decide/steady.ts';
import type { Clock, Ledger } from '../ports.ts';

const pageSize = 500;
const kinds: readonly ForgettableKind[] = ['service', 'host'];

/**
 * Forgets services and hosts of which nothing was heard for long, a page of records a call, round and round: a
 * million of them hold up no event.
 * @param days how long the history is kept
 * @returns how many went
 */
export function createForgetting(
  ledger: Pick<Ledger, 'transact' | 'remembered'>,
  clock: Pick<Clock, 'moment'>,
): (days: number) => number {
  const after: Record<ForgettableKind, string> = { service: '', host: '' };
  return (days) => {
    const retentionMs = days * 24 * 60 * 60 * 1000;
    let gone = 0;
    for (const kind of kinds) {
      const page = ledger.remembered(kind, after[kind], pageSize);
      after[kind] = page.length < pageSize ? '' : (page.at(-1)?.key ?? '');
      if (page.length === 0) continue;
      ledger.transact((transaction) => {
        const { steadyMs } = fleetAt(transaction, clock.moment());
        for (const { key } of page) {
          // As it is now: an event may have come since the page was read.
          const value = transaction.read(kind, key);
          if (value === undefined) continue;
          if (!mayForget(kind, value, steadyMs, retentionMs)) continue;
          transaction.remember([{ kind, key, value: undefined }]);
          gone += 1;
        }
      });
    }
    return gone;
  };
}
