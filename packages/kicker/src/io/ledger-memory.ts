import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { Fault } from '@kickd/protocol';
import type { Memories, Memory, MemoryKind } from '../decide/memory.ts';
import { errors } from '../errors.ts';
import { ledgerVersion } from '../ledger/schema.ts';

/**
 * What a ledger remembers, only to be read: no file is made, nothing in it is changed, and no other kicker
 * waits. Undefined: there is no ledger, or one from before there was a memory.
 * @throws {Fault} LEDGER_UNREADABLE, LEDGER_NEWER
 */
export function openLedgerMemory(
  file: string,
): (Memory & { close: () => void }) | undefined {
  if (!existsSync(file)) return undefined;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true, timeout: 1000 });
    const found = Number(
      database.prepare('pragma user_version').get()?.['user_version'],
    );
    if (found > ledgerVersion) {
      throw new Fault(errors.ledgerNewer(file, found, ledgerVersion));
    }
    if (found < 2) {
      database.close();
      return undefined;
    }
    const select = database.prepare(
      'select value from memory where kind = ? and key = ?',
    );
    const opened = database;
    return {
      read: <Kind extends MemoryKind>(kind: Kind, key: string) => {
        const row = select.get(kind, key);
        // The ledger's own transaction writes these rows, each of its kind.
        return row === undefined
          ? undefined
          : (JSON.parse(String(row['value'])) as Memories[Kind]);
      },
      close: () => opened.close(),
    };
  } catch (cause) {
    database?.close();
    if (cause instanceof Fault) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Fault(errors.ledgerUnreadable(file, why), { cause });
  }
}
