import type { Ledger } from '../ports.ts';
import type { LedgerDatabase } from './ledger-database.ts';
import { actionRecordOf } from './ledger-rows.ts';

/** How long ago a row's moment was: within one boot by the clock that never jumps. Three parameters, see `agesBy`. */
const ageSql = 'case boot when ? then ? - monotonic_ms else ? - wall_ms end';

/** The outbox as the dispatcher sees it. */
export function createOutbox({
  prepare,
  guard,
  transact,
}: LedgerDatabase): Pick<
  Ledger,
  'countActions' | 'lanes' | 'listActions' | 'beginActions' | 'delayAction'
> {
  return {
    countActions: () =>
      guard(() =>
        Number(prepare('select count(*) as n from outbox').get()?.['n']),
      ),
    lanes: () =>
      guard(() =>
        prepare('select distinct lane from outbox')
          .all()
          .map((row) => String(row['lane'])),
      ),
    listActions: (lane, { boot, monotonicMs, wallMs }, most) =>
      guard(() =>
        prepare(
          `select * from outbox as one
           where lane = ? and ${ageSql} >= delay_ms
             and not exists (select 1 from outbox as other where other.subject = one.subject and other.seq < one.seq)
           order by urgency, seq limit ?`,
        )
          .all(lane, boot, monotonicMs, wallMs, most)
          .map(actionRecordOf),
      ),
    beginActions: (seqs) =>
      transact(() => {
        const begin = prepare(
          'update outbox set tries = tries + 1 where seq = ?',
        );
        return seqs.filter((seq) => begin.run(seq).changes === 1);
      }),
    delayAction: (seq, delayMs) =>
      void transact(() =>
        prepare('update outbox set delay_ms = ? where seq = ?').run(
          delayMs,
          seq,
        ),
      ),
  };
}
