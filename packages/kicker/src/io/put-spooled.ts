import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '@kickd/protocol';
import { errors } from '../errors.ts';
import { spoolBytes } from '../spool/spool-file.ts';
import { codeOf } from './error-code.ts';

/**
 * Puts a message into the spool, as the event handler does: on disk, file and name, when it returns.
 * @throws {Fault} SPOOL_UNUSABLE, and then nothing of it is there
 */
export function putSpooled(
  directory: string,
  monitor: string,
  args: readonly string[],
): void {
  const fresh = join(directory, 'new');
  const path = join(fresh, randomUUID());
  try {
    const file = openSync(path, 'wx', 0o600);
    try {
      const bytes = spoolBytes(monitor, args);
      for (let at = 0; at < bytes.length;) {
        at += writeSync(file, bytes, at);
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    const folder = openSync(fresh, 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch (error) {
    rmSync(path, { force: true });
    throw new Fault(errors.spoolUnusable(directory, codeOf(error)));
  }
}
