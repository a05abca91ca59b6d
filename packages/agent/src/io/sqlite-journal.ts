import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { Fault, type Run } from '@kickd/protocol';
import { faults, reasonOf } from '../errors.ts';
import { journalSteps, sumOf } from '../journal/schema.ts';
import type { ChildIdentity, Journal, KickRecord, OpenRun } from '../ports.ts';
import { makeFolder } from './make-folder.ts';

/**
 * The journal on disk: one SQLite file, WAL, every commit fsynced before a method returns.
 * After a failed write nothing is believed of the open file: the next call opens it anew.
 * @throws Fault JOURNAL_UNUSABLE when it cannot be opened, is damaged, or is held by another kickd
 */
export function openSqliteJournal(file: string): Journal {
  let database = openDatabase(file);
  let fault: string | undefined;
  let isStale = false;
  let isClosed = false;

  /** One look or one transaction; both throw what SQLite threw. */
  const use = <Result>(work: (db: Database) => Result): Result => {
    if (isClosed) throw new Error('the journal is closed');
    try {
      if (isStale) {
        database.close();
        database = openDatabase(file);
        isStale = false;
      }
      return work(database);
    } catch (error) {
      if (!isConstraint(error)) {
        fault = reasonOf(error);
        isStale = true;
      }
      throw error;
    }
  };
  const write = (work: (db: Database) => void): void => {
    use((db) => {
      db.run('BEGIN IMMEDIATE');
      try {
        work(db);
        db.run('COMMIT');
      } catch (error) {
        db.rollback();
        throw error;
      }
    });
    // only a write shows that it can be written again
    fault = undefined;
  };
  const putRun = (run: Run): void =>
    write((db) => {
      db.putRun.run(run.run, run.state, JSON.stringify(run));
      db.sealRun.run(run.run);
    });

  return {
    findKick: (id) => {
      const row = use((db) => db.findKick.get(id));
      return row && toKick(row);
    },
    findRun: (id) => {
      const row = use((db) => db.findRun.get(id));
      return row && toRun(row);
    },
    recentRuns: (most) => use((db) => db.recent.all(most)).map(toRun),
    openRuns: () => use((db) => db.openRuns.all()).map(toOpenRun),
    accept: (kick, run) => {
      write((db) => {
        db.putRun.run(run.run, run.state, JSON.stringify(run));
        db.sealRun.run(run.run);
        db.putKick.run(kick.kick, kick.run, kick.by, kick.body);
        db.sealKick.run(kick.kick);
      });
    },
    start: (run, bootId, child) => {
      write((db) => {
        db.putRun.run(run.run, run.state, JSON.stringify(run));
        const { pid = null, startTicks = null } = child ?? {};
        db.putChild.run(pid, startTicks, bootId, run.run);
        db.sealRun.run(run.run);
      });
    },
    end: putRun,
    note: putRun,
    prune: (before) => {
      // a UUIDv7 begins with its time, so that ids sort as the runs did
      const bound = before.getTime().toString(16).padStart(12, '0');
      const limit = `${bound.slice(0, 8)}-${bound.slice(8)}`;
      const ids = use((db) => db.findOld.all(limit)).map(({ id }) =>
        String(id),
      );
      write((db) => {
        for (const id of ids) {
          db.dropKicks.run(id);
          db.dropRun.run(id);
        }
      });
      return ids;
    },
    probe: () => {
      write((db) => {
        db.run(`PRAGMA user_version = ${String(journalSteps.length)}`);
      });
    },
    get fault() {
      return fault;
    },
    close: () => {
      isClosed = true;
      database.close();
    },
  };
}

interface Database {
  findRun: StatementSync;
  findKick: StatementSync;
  recent: StatementSync;
  openRuns: StatementSync;
  findOld: StatementSync;
  putRun: StatementSync;
  putKick: StatementSync;
  putChild: StatementSync;
  sealRun: StatementSync;
  sealKick: StatementSync;
  dropKicks: StatementSync;
  dropRun: StatementSync;
  run(sql: string): void;
  rollback(): void;
  close(): void;
}

function openDatabase(file: string): Database {
  let db: DatabaseSync | undefined;
  try {
    makeFolder(dirname(file), 0o750);
    db = new DatabaseSync(file, { timeout: 1000 });
    // EXCLUSIVE: a second kickd on this directory is refused at its first statement.
    db.exec(`PRAGMA locking_mode = EXCLUSIVE;
             PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON;`);
    db.function('checksum', { deterministic: true }, (text) =>
      crc32(String(text)),
    );
    expectSound(db);
    migrate(db);
    expectTrue(db);
    return prepare(db);
  } catch (error) {
    if (db?.isOpen) db.close();
    throw new Fault(faults.journalUnusable(file, error), { cause: error });
  }
}

function prepare(db: DatabaseSync): Database {
  return {
    findRun: db.prepare('SELECT body FROM run WHERE id = ?'),
    findKick: db.prepare('SELECT id, run, caller, body FROM kick WHERE id = ?'),
    recent: db.prepare('SELECT body FROM run ORDER BY id DESC LIMIT ?'),
    openRuns: db.prepare(
      `SELECT body, pid, ticks, boot_id FROM run WHERE state <> 'ended' ORDER BY id`,
    ),
    findOld: db.prepare(
      `SELECT id FROM run WHERE id < ? AND state = 'ended' ORDER BY id LIMIT 10000`,
    ),
    putRun: db.prepare(
      `INSERT INTO run (id, state, body) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET state = excluded.state, body = excluded.body`,
    ),
    putKick: db.prepare(
      'INSERT INTO kick (id, run, caller, body) VALUES (?, ?, ?, ?)',
    ),
    putChild: db.prepare(
      'UPDATE run SET pid = ?, ticks = ?, boot_id = ? WHERE id = ?',
    ),
    sealRun: db.prepare(`UPDATE run SET sum = ${sumOf.run} WHERE id = ?`),
    sealKick: db.prepare(`UPDATE kick SET sum = ${sumOf.kick} WHERE id = ?`),
    dropKicks: db.prepare('DELETE FROM kick WHERE run = ?'),
    dropRun: db.prepare('DELETE FROM run WHERE id = ?'),
    run: (sql) => {
      db.exec(sql);
    },
    rollback: () => {
      if (db.isOpen && db.isTransaction) db.exec('ROLLBACK');
    },
    close: () => {
      if (db.isOpen) db.close();
    },
  };
}

/** Reads every page once: a damaged record is found now and not in the middle of a repair. */
function expectSound(db: DatabaseSync): void {
  const row = db.prepare('PRAGMA integrity_check(1)').get();
  const found = row?.['integrity_check'];
  if (found !== 'ok') throw new Error(`it is damaged: ${String(found)}`);
}

/** SQLite knows whether a page is well formed, not whether it says what was written. */
function expectTrue(db: DatabaseSync): void {
  for (const table of ['run', 'kick'] as const) {
    const wrong = db
      .prepare(`SELECT id FROM ${table} WHERE sum <> ${sumOf[table]} LIMIT 1`)
      .get();
    if (wrong !== undefined) {
      throw new Error(`it is damaged: ${table} ${String(wrong['id'])}`);
    }
  }
}

function migrate(db: DatabaseSync): void {
  const version = Number(db.prepare('PRAGMA user_version').get()?.user_version);
  if (version > journalSteps.length) {
    throw new Error(
      `it was written by a later version (format ${String(version)}, known ${String(journalSteps.length)})`,
    );
  }
  if (version === journalSteps.length) return;
  db.exec('BEGIN IMMEDIATE');
  for (const step of journalSteps.slice(version)) db.exec(step);
  db.exec(`PRAGMA user_version = ${String(journalSteps.length)}`);
  db.exec('COMMIT');
}

function isConstraint(error: unknown): boolean {
  return error instanceof Error && /UNIQUE constraint/.test(error.message);
}

type Row = Record<string, unknown>;

// The casts below read what `putRun` and `putKick` wrote: only kickd writes this file.
function toRun(row: Row): Run {
  return JSON.parse(String(row['body'])) as Run;
}

function toKick(row: Row): KickRecord {
  return {
    kick: String(row['id']),
    run: String(row['run']),
    by: String(row['caller']),
    body: String(row['body']),
  };
}

function toOpenRun(row: Row): OpenRun {
  const run = toRun(row);
  const { boot_id: bootId } = row;
  if (typeof bootId !== 'string') return { run };
  if (row['pid'] === null) return { run, bootId };
  const child: ChildIdentity = {
    pid: Number(row['pid']),
    startTicks: String(row['ticks']),
    bootId,
  };
  return { run, bootId, child };
}
