import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { mustRun } from './command.ts';
import { puppetPaths, stateFolder } from './places.ts';

/**
 * The system's own paths that the lab changes. kickd and Puppet are to find everything where
 * Debian puts it, so the lab works on these, keeps a copy, and puts the copy back.
 */
const borrowedPaths = [
  '/etc/hosts',
  puppetPaths.config,
  puppetPaths.code,
  puppetPaths.ssl,
  puppetPaths.cache,
  '/etc/apache2/ports.conf',
  '/etc/apache2/conf-available/kickd-lab.conf',
  '/etc/apache2/conf-enabled/kickd-lab.conf',
] as const;

const backupFolder = join(stateFolder, 'backup');
/** Written last on taking and removed last on giving back: its presence means "a copy is complete". */
const manifest = join(stateFolder, 'borrowed.json');

/**
 * Copies the borrowed paths aside. A manifest from a run that died is honoured first, so that
 * the copy is always of the system and never of a lab.
 */
export async function borrowSystemPaths(): Promise<void> {
  await returnSystemPaths();
  rmSync(backupFolder, { recursive: true, force: true });
  const existing = borrowedPaths.filter((path) => isThere(path));
  for (const path of existing) await copyTree(path, join(backupFolder, path));
  writeFileSync(manifest, JSON.stringify({ existing }));
}

/** Whether a lab has the system's paths now, or had them when it died. */
export function isBorrowed(): boolean {
  return existsSync(manifest);
}

/** Puts everything back as it was; does nothing when nothing is borrowed. */
export async function returnSystemPaths(): Promise<void> {
  if (!isBorrowed()) return;
  const { existing } = JSON.parse(readFileSync(manifest, 'utf8')) as {
    existing: string[];
  };
  for (const path of borrowedPaths) {
    // In place: /etc/hosts is a bind mount in containers and cannot be replaced by another file.
    if (path === '/etc/hosts') {
      writeFileSync(path, readFileSync(join(backupFolder, path)));
      continue;
    }
    rmSync(path, { recursive: true, force: true });
    if (existing.includes(path)) await copyTree(join(backupFolder, path), path);
  }
  rmSync(manifest);
  rmSync(backupFolder, { recursive: true, force: true });
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** cp -a, for owners, modes and times: Puppet's key folder is 0750 puppet:puppet. */
async function copyTree(from: string, to: string): Promise<void> {
  mkdirSync(dirname(to), { recursive: true });
  await mustRun('cp', ['-a', '--no-target-directory', from, to]);
}
