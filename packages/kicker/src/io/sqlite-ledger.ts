import type { Memories, MemoryKind } from '../decide/memory.ts';
import type { Clock, Ledger } from '../ports.ts';
import { openDatabase } from './ledger-database.ts';
import { createHistory } from './ledger-history.ts';
import {
  errandRecordOf,
  openRecordOf,
  waitingRecordOf,
} from './ledger-rows.ts';
import { createTransaction } from './ledger-transaction.ts';

/**
 * Opens the ledger, and makes it where it is missing. Every write is on disk when it returns.
 * @param busyMs how long to wait for another kicker that writes
 * @throws {Fault} LEDGER_UNWRITABLE, LEDGER_NEWER; its methods throw the first
 */
export function openLedger(
  file: string,
  clock: Pick<Clock, 'now'>,
  busyMs = 5000,
): Ledger {
  const database = openDatabase(file, busyMs);
  const { prepare, guard, transact } = database;
  const transaction = createTransaction(database, clock);

  return {
    file,
    read: (kind, key) => guard(() => transaction.read(kind, key)),
    transact: (work) => transact(() => work(transaction)),
    append: (entries) => transact(() => transaction.add(entries)),
    findOpen: (by) => guard(() => transaction.findOpen(by)),
    listOpen: (most) =>
      guard(() =>
        prepare('select * from open_kick order by kick limit ?')
          .all(most)
          .map(openRecordOf),
      ),
    claim: (kick, from, to) =>
      transact(() => transaction.claim(kick, from, to)),
    listDue: ({ boot, monotonicMs, wallMs }, most) =>
      guard(() =>
        prepare(
          `select * from waiting
           where case boot when ? then ? - monotonic_ms else ? - wall_ms end >= after_ms
           order by wall_ms limit ?`,
        )
          .all(boot, monotonicMs, wallMs, most)
          .map(waitingRecordOf),
      ),
    countWaiting: () =>
      guard(() =>
        Number(prepare('select count(*) as n from waiting').get()?.['n']),
      ),
    countErrands: () =>
      guard(() =>
        Number(prepare('select count(*) as n from errand').get()?.['n']),
      ),
    claimErrands: (owner, isAlive, most) => {
      const free = guard(() =>
        prepare(
          'select seq, owner from errand where owner is null or owner <> ? order by seq limit 1000',
        ).all(owner),
      ).filter(
        (row) => typeof row['owner'] !== 'string' || !isAlive(row['owner']),
      );
      const own = (): ReturnType<typeof errandRecordOf>[] =>
        guard(() =>
          prepare('select * from errand where owner = ? order by seq limit ?')
            .all(owner, most)
            .map(errandRecordOf),
        );
      if (free.length === 0) return own();
      return transact(() => {
        const claim = prepare(
          'update errand set owner = ? where seq = ? and owner is ?',
        );
        for (const row of free) {
          claim.run(
            owner,
            Number(row['seq']),
            (row['owner'] ?? null) as string | null,
          );
        }
        return own();
      });
    },
    failErrand: (seq) =>
      void transact(() =>
        prepare('update errand set tries = tries + 1 where seq = ?').run(seq),
      ),
    remembered: <Kind extends MemoryKind>(
      kind: Kind,
      after: string,
      most: number,
    ) =>
      guard(() =>
        prepare(
          'select key, value from memory where kind = ? and key > ? order by key limit ?',
        )
          .all(kind, after, most)
          .map((row) => ({
            key: String(row['key']),
            // `remember` alone writes these rows, from a change of that kind.
            value: JSON.parse(String(row['value'])) as Memories[Kind],
          })),
      ),
    ...createHistory(database),
    close: database.close,
  };
}
