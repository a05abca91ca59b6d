import type { Memories, MemoryKind } from '../decide/memory.ts';
import type { Clock, LedgerTransaction } from '../ports.ts';
import type { LedgerDatabase } from './ledger-database.ts';
import {
  actionRecordOf,
  openRecordOf,
  waitingRecordOf,
} from './ledger-rows.ts';

/** What can be done within one transaction; the caller begins and ends it. */
export function createTransaction(
  { prepare }: LedgerDatabase,
  clock: Pick<Clock, 'now'>,
): LedgerTransaction {
  return {
    read: <Kind extends MemoryKind>(kind: Kind, key: string) => {
      const row = prepare(
        'select value from memory where kind = ? and key = ?',
      ).get(kind, key);
      // `remember` alone writes these rows, from a change of that kind.
      return row === undefined
        ? undefined
        : (JSON.parse(String(row['value'])) as Memories[Kind]);
    },
    remember: (changes) => {
      for (const { kind, key, value } of changes) {
        if (value === undefined) {
          prepare('delete from memory where kind = ? and key = ?').run(
            kind,
            key,
          );
        } else {
          prepare(
            `insert into memory (kind, key, value) values (?, ?, ?)
             on conflict do update set value = excluded.value`,
          ).run(kind, key, JSON.stringify(value));
        }
      }
    },
    add: (entries, source) => {
      const at = clock.now().toISOString();
      const insert = prepare(
        'insert into entry (at, kind, kick, problem, body, source) values (?, ?, ?, ?, ?, ?)',
      );
      for (const [index, { entry, keys }] of entries.entries()) {
        insert.run(
          at,
          entry.kind,
          keys.kick ?? null,
          keys.problem ?? null,
          JSON.stringify(entry.body),
          index === 0 ? (source ?? null) : null,
        );
      }
    },
    isHandled: (source) =>
      prepare('select 1 from entry where source = ?').get(source) !== undefined,

    findOpen: (by) => {
      const row =
        'kick' in by
          ? prepare('select * from open_kick where kick = ?').get(by.kick)
          : prepare('select * from open_kick where problem = ?').get(
              by.problem,
            );
      return row === undefined ? undefined : openRecordOf(row);
    },
    openOf: (subject) =>
      prepare('select * from open_kick where subject = ?')
        .all(subject)
        .map(openRecordOf),
    open: ({ kick, problem, decided, lifeMs, progress, ...body }, subject) =>
      void prepare(
        `insert into open_kick (kick, problem, subject, boot, monotonic_ms, wall_ms, life_ms, progress, body)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ).run(
        kick,
        problem,
        subject,
        decided.boot,
        decided.monotonicMs,
        decided.wallMs,
        lifeMs,
        JSON.stringify(progress),
        JSON.stringify(body),
      ),
    advance: (kick, progress) =>
      void prepare('update open_kick set progress = ? where kick = ?').run(
        JSON.stringify(progress),
        kick,
      ),
    close: (kick) =>
      void prepare('delete from open_kick where kick = ?').run(kick),

    findWaiting: (subject) => {
      const row = prepare('select * from waiting where subject = ?').get(
        subject,
      );
      return row === undefined ? undefined : waitingRecordOf(row);
    },
    setWaiting: ({ problem, subject, event, code, since, afterMs }) => {
      prepare('delete from waiting where subject = ?').run(subject);
      prepare(
        `insert into waiting (problem, subject, code, boot, monotonic_ms, wall_ms, after_ms, body)
         values (?, ?, ?, ?, ?, ?, ?, ?)`,
      ).run(
        problem,
        subject,
        code,
        since.boot,
        since.monotonicMs,
        since.wallMs,
        afterMs,
        JSON.stringify(event),
      );
    },
    endWaiting: (subject) =>
      void prepare('delete from waiting where subject = ?').run(subject),

    addAction: (record) => {
      const { keys, lane, subject, urgency, decided, delayMs, lifeMs } = record;
      prepare(
        `insert into outbox (at, kick, problem, lane, subject, urgency, boot, monotonic_ms, wall_ms, delay_ms, life_ms, body)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ).run(
        clock.now().toISOString(),
        keys.kick ?? null,
        keys.problem ?? null,
        lane,
        subject,
        urgency,
        decided.boot,
        decided.monotonicMs,
        decided.wallMs,
        delayMs,
        lifeMs,
        JSON.stringify(record.action),
      );
    },
    pendingActions: (subject) =>
      prepare('select * from outbox where subject = ? order by seq')
        .all(subject)
        .map(actionRecordOf),
    endAction: (seq) =>
      prepare('delete from outbox where seq = ?').run(seq).changes === 1,
  };
}
