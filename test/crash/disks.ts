import {
  chmodSync,
  mkdirSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execaSync } from 'execa';

/** A place for the state of kickd that can be full, or read-only. */
export interface Disk {
  name: string;
  /** @param pid of the process that shall find it full */
  fill(pid: number): void;
  free(pid: number): void;
  setReadOnly(isReadOnly: boolean): void;
  close(): void;
}

/**
 * The disks that this machine can pretend for the directory `dir`, which is made. A limit on the
 * size of files needs no rights; root may also mount a small file system, where the error is the
 * real one.
 */
export const disks: readonly ((dir: string) => Disk | undefined)[] = [
  createLimitedDisk,
  createSmallDisk,
];

function createLimitedDisk(dir: string): Disk {
  mkdirSync(dir, { recursive: true });
  const limit = (pid: number, size: string): void => {
    const args = [`--pid=${String(pid)}`, `--fsize=${size}:`];
    execaSync('prlimit', args);
  };
  return {
    name: 'a limit on the size of files',
    fill: (pid) => limit(pid, '1'),
    free: (pid) => limit(pid, 'unlimited'),
    // to root this means nothing
    setReadOnly: (isReadOnly) => chmodSync(dir, isReadOnly ? 0o555 : 0o755),
    close: () => undefined,
  };
}

/** @returns undefined where nothing may be mounted */
function createSmallDisk(dir: string): Disk | undefined {
  mkdirSync(dir, { recursive: true });
  const filler = join(dir, 'filler');
  try {
    const options = ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', dir];
    execaSync('mount', options);
  } catch {
    return undefined;
  }
  return {
    name: 'a small file system',
    fill: () => {
      const { bavail, bsize } = statfsSync(dir);
      writeFileSync(filler, new Uint8Array(bavail * bsize));
    },
    free: () => rmSync(filler),
    setReadOnly: (isReadOnly) => {
      const mode = isReadOnly ? 'ro' : 'rw';
      execaSync('mount', ['-o', `remount,${mode}`, dir]);
    },
    close: () => {
      execaSync('umount', ['--lazy', dir]);
    },
  };
}
