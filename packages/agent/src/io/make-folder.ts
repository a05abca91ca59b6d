import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it that are missing. Not `mkdirSync(…, { recursive: true })`: that one tries
 * for ever where a folder cannot be made and the system says ENOENT, as it does below /proc.
 * @throws what mkdir(2) says
 */
export function makeFolder(path: string, mode: number): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  const above = dirname(path);
  if (above !== path) makeFolder(above, mode);
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    // somebody was faster
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST'))
      throw error;
    if (!statSync(path).isDirectory()) throw error;
  }
}
