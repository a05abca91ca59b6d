import {
  closeSync,
  existsSync,
  fchownSync,
  fstatSync,
  mkdirSync,
  openSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { Fault } from '@kickd/protocol';
import { errors } from '../errors.ts';
import { ledgerMigrations, ledgerVersion } from '../ledger/schema.ts';
import { codeOf } from './error-code.ts';

/** The file under the ledger: opened, in the newest format, and each statement prepared once. */
export interface LedgerDatabase {
  prepare: (sql: string) => StatementSync;
  /** @throws {Fault} LEDGER_UNWRITABLE in place of what SQLite says; what is no fault of the ledger passes */
  guard: <Result>(work: () => Result) => Result;
  /** One transaction that may write, from its first statement on. */
  transact: <Result>(work: () => Result) => Result;
  close: () => void;
}

/**
 * @param how.busyMs how long to wait for another kicker that writes
 * @param how.isMade whether it is made where it is missing
 * @throws {Fault} LEDGER_MISSING, LEDGER_UNWRITABLE, LEDGER_NEWER
 */
export function openDatabase(
  file: string,
  { busyMs, isMade }: { busyMs: number; isMade: boolean },
): LedgerDatabase {
  const guard = <Result>(work: () => Result): Result => {
    try {
      return work();
    } catch (cause) {
      // Of SQLite and of the file system; a mistake in kicker is none of the ledger's.
      const isOurs = cause instanceof Fault || codeOf(cause) === '';
      if (isOurs) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Fault(errors.ledgerUnwritable(file, why), { cause });
    }
  };
  const database = guard(() => {
    if (isMade) makeFile(file);
    else if (!existsSync(file)) throw new Fault(errors.ledgerMissing(file));
    const opened = new DatabaseSync(file, { timeout: busyMs });
    opened.exec('pragma journal_mode = wal; pragma synchronous = full;');
    return opened;
  });
  const transact = <Result>(work: () => Result): Result =>
    guard(() => {
      // Within another one it is a part of that: both are on disk, or neither.
      if (database.isTransaction) return work();
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
  try {
    migrate();
  } catch (error) {
    database.close();
    throw error;
  }
  const prepared = new Map<string, StatementSync>();
  return {
    prepare: (sql) => {
      const known = prepared.get(sql);
      if (known !== undefined) return known;
      const statement = database.prepare(sql);
      prepared.set(sql, statement);
      return statement;
    },
    guard,
    transact,
    close: () => {
      if (database.isOpen) database.close();
    },
  };

  function migrate(): void {
    const found = guard(readVersion);
    if (found > ledgerVersion) {
      throw new Fault(errors.ledgerNewer(file, found, ledgerVersion));
    }
    if (found === ledgerVersion) return;
    transact(() => {
      // Another kicker may have done it while this one waited for the lock.
      const next = ledgerMigrations.slice(readVersion());
      for (const migration of next) database.exec(migration);
      database.exec(`pragma user_version = ${String(ledgerVersion)}`);
    });
  }
  function readVersion(): number {
    const row = database.prepare('pragma user_version').get();
    return Number(row?.['user_version']);
  }
}

/**
 * SQLite would make it 0644; who healed what is not for everyone. Made by root it belongs to whoever the folder
 * belongs to: the first command that root types must not lock the monitor's user out.
 */
export function makeFile(file: string): void {
  const folder = dirname(file);
  makeDirectory(folder);
  const opened = openSync(file, 'a', 0o640);
  try {
    const { uid, gid } = statSync(folder);
    const isFresh = fstatSync(opened).size === 0;
    if (isFresh && uid !== 0 && process.geteuid?.() === 0) {
      fchownSync(opened, uid, gid);
    }
  } finally {
    closeSync(opened);
  }
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
