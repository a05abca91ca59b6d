import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Fault, type Run } from '@kickd/protocol';
import { faults } from '../errors.ts';
import { journalSteps } from '../journal/schema.ts';
import type { ChildIdentity, Journal, KickRecord, OpenRun } from '../ports.ts';

/**
 * The journal on disk: one SQLite file, WAL, every commit fsynced before a method returns.
 * @throws Fault JOURNAL_UNUSABLE when it cannot be opened or is locked by another kickd
 */
export function openSqliteJournal(file: string): Journal {
  const db = open(file);
  const findRun = db.prepare('SELECT body FROM run WHERE id = ?');
  const findKick = db.prepare(
    'SELECT id, run, caller, body FROM kick WHERE id = ?',
  );
  const recent = db.prepare('SELECT body FROM run ORDER BY id DESC LIMIT ?');
  const openRuns = db.prepare(
    `SELECT body, pid, ticks, boot_id FROM run WHERE state <> 'ended' ORDER BY id`,
  );
  const putRun = db.prepare(
    `INSERT INTO run (id, state, body) VALUES (?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, body = excluded.body`,
  );
  const putKick = db.prepare(
    'INSERT INTO kick (id, run, caller, body) VALUES (?, ?, ?, ?)',
  );
  const putChild = db.prepare(
    'UPDATE run SET pid = ?, ticks = ?, boot_id = ? WHERE id = ?',
  );
  const inTransaction = (work: () => void): void => {
    db.exec('BEGIN IMMEDIATE');
    try {
      work();
      db.exec('COMMIT');
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  };
  const saveRun = (run: Run): void => {
    putRun.run(run.run, run.state, JSON.stringify(run));
  };

  return {
    findKick: (id) => {
      const row = findKick.get(id);
      return row && toKick(row);
    },
    findRun: (id) => {
      const row = findRun.get(id);
      return row && toRun(row);
    },
    recentRuns: (most) => recent.all(most).map(toRun),
    openRuns: () => openRuns.all().map(toOpenRun),
    accept: (kick, run) => {
      inTransaction(() => {
        saveRun(run);
        putKick.run(kick.kick, kick.run, kick.by, kick.body);
      });
    },
    start: (run, child) => {
      inTransaction(() => {
        saveRun(run);
        if (child === undefined) return;
        putChild.run(child.pid, child.startTicks, child.bootId, run.run);
      });
    },
    end: (run) => {
      inTransaction(() => {
        saveRun(run);
      });
    },
    close: () => {
      if (db.isOpen) db.close();
    },
  };
}

function open(file: string): DatabaseSync {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o750 });
    const db = new DatabaseSync(file, { timeout: 1000 });
    // EXCLUSIVE: a second kickd on this directory is refused at its first statement.
    db.exec(`PRAGMA locking_mode = EXCLUSIVE;
             PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON;`);
    migrate(db);
    return db;
  } catch (error) {
    throw new Fault(faults.journalUnusable(file, error), { cause: error });
  }
}

function migrate(db: DatabaseSync): void {
  const version = Number(db.prepare('PRAGMA user_version').get()?.user_version);
  if (version > journalSteps.length) {
    throw new Error(
      `it was written by a later version (format ${String(version)}, known ${String(journalSteps.length)})`,
    );
  }
  db.exec('BEGIN IMMEDIATE');
  for (const step of journalSteps.slice(version)) db.exec(step);
  db.exec(`PRAGMA user_version = ${String(journalSteps.length)}`);
  db.exec('COMMIT');
}

type Row = Record<string, unknown>;

// The casts below read what `saveRun` and `putKick` wrote: only kickd writes this file.
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
  if (row['pid'] === null) return { run };
  const child: ChildIdentity = {
    pid: Number(row['pid']),
    startTicks: String(row['ticks']),
    bootId: String(row['boot_id']),
  };
  return { run, child };
}
