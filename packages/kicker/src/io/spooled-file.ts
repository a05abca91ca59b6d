import { rmSync } from 'node:fs';
import { spoolNamePattern } from '../spool/spool-file.ts';

/** Removes the spool file of an event that is in the ledger now; a path of another form is left alone. */
export function removeSpooled(path: string): void {
  const name = /\/new\/([^/]+)$/.exec(path)?.[1];
  if (name === undefined || !spoolNamePattern.test(name)) return;
  try {
    rmSync(path, { force: true });
  } catch {
    // Whoever serves next finds that it was taken.
  }
}
