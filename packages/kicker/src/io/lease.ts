import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { Fault } from '@kickd/protocol';
import { errors } from '../errors.ts';
import type { Ledger, Lease } from '../ports.ts';
import { makeFile } from './ledger-database.ts';

/** Whoever only looks holds the lock for a moment. */
const lookMs = 250;

/**
 * Takes the lease on a ledger. Its local form is a lock on a file beside it, which the kernel gives back when the
 * process ends, however it ends: it holds across containers and PID namespaces, since no process is looked up. The
 * fencing number in the ledger keeps out whoever had the lease before, even where the lock fails to.
 *
 * The lock is SQLite's own exclusive lock on an empty database: Node has no call for one.
 * @see https://sqlite.org/lockingv3.html
 * @returns undefined: another process holds it
 * @throws {Fault} LEDGER_UNWRITABLE
 */
export function takeLease(ledger: Ledger, holder: string): Lease | undefined {
  const lock = lockFile(`${ledger.file}-lease`);
  if (lock === undefined) return undefined;
  try {
    const epoch = ledger.takeOver(holder);
    return {
      holder,
      epoch,
      isHeld: () => lock.isOpen,
      release: () => {
        if (lock.isOpen) lock.close();
      },
    };
  } catch (error) {
    lock.close();
    throw error;
  }
}

/**
 * Whether a process holds the lease on a ledger now.
 * @returns undefined: this user may not look
 */
export function isLeased(ledgerFile: string): boolean | undefined {
  const file = `${ledgerFile}-lease`;
  if (!existsSync(file)) return false;
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(file, { readOnly: true, timeout: 0 });
    lock.prepare('select count(*) from sqlite_schema').get();
    return false;
  } catch (error) {
    return isBusy(error) ? true : undefined;
  } finally {
    lock?.close();
  }
}

function lockFile(file: string): DatabaseSync | undefined {
  let lock: DatabaseSync | undefined;
  try {
    makeFile(file);
    lock = new DatabaseSync(file, { timeout: lookMs });
    lock.exec('begin exclusive');
    return lock;
  } catch (error) {
    lock?.close();
    if (isBusy(error)) return undefined;
    const why = error instanceof Error ? error.message : String(error);
    throw new Fault(errors.ledgerUnwritable(file, why), { cause: error });
  }
}

/** @see https://sqlite.org/rescode.html#busy */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5;
}
