import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Fault } from '@kickd/protocol';
import { errors } from '../errors.ts';
import type {
  Entry,
  EntryKeys,
  EntryKind,
  OpenRecord,
  OutcomeRecord,
  StoredEntry,
} from '../ledger/entry.ts';
import { ledgerSchema, ledgerVersion } from '../ledger/schema.ts';
import type { Clock, Ledger } from '../ports.ts';
import { codeOf } from './error-code.ts';

type Keyed = readonly { entry: Entry; keys: EntryKeys }[];

/**
 * Opens the ledger, and makes it where it is missing. Every write is on disk when it returns.
 * @param busyMs how long to wait for another kicker that writes
 * @throws {Fault} LEDGER_UNWRITABLE, LEDGER_NEWER; its methods throw the first
 */
export function openLedger(file: string, clock: Clock, busyMs = 5000): Ledger {
  const database = guard(file, () => {
    makeDirectory(dirname(file));
    // SQLite would make it 0644; who healed what is not for everyone.
    closeSync(openSync(file, 'a', 0o640));
    const opened = new DatabaseSync(file, { timeout: busyMs });
    opened.exec('pragma journal_mode = wal; pragma synchronous = full;');
    return opened;
  });
  migrate(file, database);

  function transact<Result>(work: () => Result): Result {
    return guard(file, () => {
      database.exec('begin immediate');
      try {
        const result = work();
        database.exec('commit');
        return result;
      } catch (error) {
        if (database.isTransaction) database.exec('rollback');
        throw error;
      }
    });
  }
  function insert(entries: Keyed): void {
    const statement = database.prepare(
      'insert into entry (at, kind, kick, problem, body) values (?, ?, ?, ?, ?)',
    );
    const at = clock.now().toISOString();
    for (const { entry, keys } of entries) {
      statement.run(
        at,
        entry.kind,
        keys.kick ?? null,
        keys.problem ?? null,
        JSON.stringify(entry.body),
      );
    }
  }
  function findOpen(
    by: { kick: string } | { problem: string },
  ): OpenRecord | undefined {
    const row =
      'kick' in by
        ? database
            .prepare('select * from open_kick where kick = ?')
            .get(by.kick)
        : database
            .prepare('select * from open_kick where problem = ?')
            .get(by.problem);
    return row === undefined ? undefined : openRecordOf(row);
  }

  return {
    file,
    append: (entries) => transact(() => insert(entries)),
    open: (record, entries) =>
      transact(() => {
        const found = findOpen({ problem: record.problem });
        if (found !== undefined) return found;
        insert(entries);
        const { kick, problem, expires, owner, ...body } = record;
        database
          .prepare(
            'insert into open_kick (kick, problem, expires, owner, body) values (?, ?, ?, ?, ?)',
          )
          .run(kick, problem, expires, owner, JSON.stringify(body));
        return undefined;
      }),
    findOpen: (by) => guard(file, () => findOpen(by)),
    listOpen: (most) =>
      guard(file, () =>
        database
          .prepare('select * from open_kick order by kick limit ?')
          .all(most)
          .map(openRecordOf),
      ),
    claim: (kick, from, to) =>
      transact(
        () =>
          database
            .prepare(
              'update open_kick set owner = ? where kick = ? and owner = ?',
            )
            .run(to, kick, from).changes === 1,
      ),
    settle: (kick, problem, outcome: OutcomeRecord) =>
      transact(() => {
        insert([
          {
            entry: { kind: 'outcome', body: outcome },
            keys: { kick, ...(problem === undefined ? {} : { problem }) },
          },
        ]);
        database.prepare('delete from open_kick where kick = ?').run(kick);
      }),
    entriesOf: (by) =>
      guard(file, () =>
        ('kick' in by
          ? database
              .prepare('select * from entry where kick = ? order by seq')
              .all(by.kick)
          : database
              .prepare('select * from entry where problem = ? order by seq')
              .all(by.problem)
        ).map(storedEntryOf),
      ),
    close: () => {
      if (database.isOpen) database.close();
    },
  };
}

/**
 * Not mkdirSync's `recursive`: where a file system answers ENOENT though the parent is there (/proc,
 * some autofs), that never returns.
 */
function makeDirectory(directory: string): void {
  if (existsSync(directory)) return;
  const parent = dirname(directory);
  if (!existsSync(parent)) makeDirectory(parent);
  try {
    mkdirSync(directory, { mode: 0o750 });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

function migrate(file: string, database: DatabaseSync): void {
  guard(file, () => {
    const found = versionOf(database);
    if (found > ledgerVersion) {
      throw new Fault(errors.ledgerNewer(file, found, ledgerVersion));
    }
    if (found === ledgerVersion) return;
    database.exec('begin immediate');
    // Another kicker may have made it while this one waited for the lock.
    if (versionOf(database) === 0) {
      database.exec(`${ledgerSchema} pragma user_version = ${ledgerVersion};`);
    }
    database.exec('commit');
  });
}

function versionOf(database: DatabaseSync): number {
  return Number(
    database.prepare('pragma user_version').get()?.['user_version'],
  );
}

function guard<Result>(file: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Fault(errors.ledgerUnwritable(file, why), { cause });
  }
}

type Row = Record<string, unknown>;

function openRecordOf(row: Row): OpenRecord {
  // `open` alone writes these rows, and it writes this shape.
  return {
    ...(JSON.parse(String(row['body'])) as Pick<
      OpenRecord,
      'target' | 'request' | 'event'
    >),
    kick: String(row['kick']),
    problem: String(row['problem']),
    expires: String(row['expires']),
    owner: String(row['owner']),
  };
}

function storedEntryOf(row: Row): StoredEntry {
  const kick = row['kick'];
  const problem = row['problem'];
  return {
    seq: Number(row['seq']),
    at: String(row['at']),
    ...(typeof kick === 'string' ? { kick } : {}),
    ...(typeof problem === 'string' ? { problem } : {}),
    // `insert` alone writes these rows, kind and body of one Entry.
    entry: {
      kind: row['kind'] as EntryKind,
      body: JSON.parse(String(row['body'])) as unknown,
    } as Entry,
  };
}
