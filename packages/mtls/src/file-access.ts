import type { FaultFacts } from '@kickd/protocol';
import { errors } from './errors.ts';

/** Of `fs.Stats`: who may do what with a file. */
export interface Access {
  mode: number;
  uid: number;
  gid: number;
}

/**
 * Whether others than the owner may change it. The group of root is root; the group of an ordinary user who runs
 * this program is mostly that user's own, where files are made with the mask 002.
 */
export function isWritableByOthers(
  { mode, gid }: Access,
  self: { uid: number; gid: number } = whoRuns(),
): boolean {
  if ((mode & 0o002) !== 0) return true;
  const isOurGroup = gid === 0 || (self.uid !== 0 && gid === self.gid);
  return (mode & 0o020) !== 0 && !isOurGroup;
}

/**
 * What is wrong with the mode of one of the four files. The owner is free: Puppet's files belong to root or to
 * the user puppet, and whoever owns a key has it anyway.
 */
export function judgeAccess(
  what: 'cert' | 'key' | 'ca' | 'crl',
  file: string,
  access: Access,
): FaultFacts | undefined {
  const mode = modeOf(access);
  if (what === 'key' && (access.mode & 0o004) !== 0)
    return errors.keyExposed(file, mode);
  return isWritableByOthers(access)
    ? errors.fileWritable(file, mode)
    : undefined;
}

/** As chmod(1) writes it: `0640`. */
export function modeOf({ mode }: Pick<Access, 'mode'>): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}

export function whoRuns(): { uid: number; gid: number } {
  return { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
}
