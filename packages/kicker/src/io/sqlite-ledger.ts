import { statSync, type BigIntStats } from 'node:fs';
import { Fault } from '@kickd/protocol';
import type { Memories, MemoryKind } from '../decide/memory.ts';
import { errors } from '../errors.ts';
import type { Clock, Ledger } from '../ports.ts';
import { openDatabase, type LedgerDatabase } from './ledger-database.ts';
import { createHistory } from './ledger-history.ts';
import { createOutbox } from './ledger-outbox.ts';
import { openRecordOf, waitingRecordOf } from './ledger-rows.ts';
import { createTransaction } from './ledger-transaction.ts';

/**
 * Opens the ledger. Every write is on disk when it returns.
 * @param how.busyMs how long to wait for another kicker that writes
 * @param how.isMade whether it is made where it is missing: a command that only reads, or stops, makes none
 * @throws {Fault} LEDGER_MISSING, LEDGER_UNWRITABLE, LEDGER_NEWER; its methods throw the second
 */
export function openLedger(
  file: string,
  clock: Pick<Clock, 'now'>,
  how: { busyMs?: number; isMade?: boolean } = {},
): Ledger {
  const { busyMs = 5000, isMade = true } = how;
  const opened = openDatabase(file, { busyMs, isMade });
  const identity = identityOf(file);
  const { prepare, guard } = opened;
  /** the fencing number; undefined: this handle took nothing over */
  let epoch: number | undefined;
  const transact: LedgerDatabase['transact'] = (work) =>
    opened.transact(() => {
      if (epoch !== undefined) checkEpoch(opened, file, epoch);
      return work();
    });
  const database: LedgerDatabase = { ...opened, transact };
  const transaction = createTransaction(database, clock);

  return {
    file,
    read: (kind, key) => guard(() => transaction.read(kind, key)),
    transact: (work) => transact(() => work(transaction)),
    takeOver: (holder) =>
      opened.transact(() => {
        prepare(
          'update lease set epoch = epoch + 1, holder = ?, since = ?',
        ).run(holder, clock.now().toISOString());
        epoch = epochOf(opened);
        return epoch;
      }),
    lastHolder: () =>
      guard(() => {
        const row = prepare('select epoch, holder from lease').get();
        const found = Number(row?.['epoch']);
        return found > 0
          ? { epoch: found, holder: String(row?.['holder']) }
          : undefined;
      }),
    isInPlace: () => {
      const now = identityOf(file);
      return now !== undefined && now === identity;
    },
    append: (entries) => transact(() => transaction.add(entries)),
    findOpen: (by) => guard(() => transaction.findOpen(by)),
    listOpen: (most) =>
      guard(() =>
        prepare('select * from open_kick order by kick limit ?')
          .all(most)
          .map(openRecordOf),
      ),
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
    listWaiting: (code, most) =>
      guard(() =>
        prepare('select * from waiting where code = ? order by wall_ms limit ?')
          .all(code, most)
          .map(waitingRecordOf),
      ),
    countWaiting: () =>
      guard(() =>
        Number(prepare('select count(*) as n from waiting').get()?.['n']),
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
    ...createOutbox(database),
    close: opened.close,
  };
}

/** Another kicker has taken the ledger over: whatever this one was about to write, the other decides now. */
function checkEpoch(database: LedgerDatabase, file: string, own: number): void {
  const found = epochOf(database);
  if (found !== own) throw new Fault(errors.leaseLost(file, own, found));
}

function epochOf({ prepare }: LedgerDatabase): number {
  return Number(prepare('select epoch from lease').get()?.['epoch']);
}

/** Which file lies at a path: another one of the same name has another number. */
function identityOf(file: string): string | undefined {
  const stats: BigIntStats | undefined = statSync(file, {
    bigint: true,
    throwIfNoEntry: false,
  });
  return stats === undefined ? undefined : `${stats.dev} ${stats.ino}`;
}
