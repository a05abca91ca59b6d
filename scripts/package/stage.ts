import {
  copyFileSync,
  chmodSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** One file of a package, by its place on the host. */
export type Content = { path: string; mode?: number } & (
  { from: string } | { text: string | Uint8Array } | { link: string }
);

/**
 * Lays the files out below `dir`, with modes and times that depend on nothing of this machine.
 * @param dir an empty directory
 */
export function stage(
  contents: readonly Content[],
  dir: string,
  epochSeconds: number,
): void {
  for (const content of contents) {
    const target = join(dir, content.path);
    mkdirSync(dirname(target), { recursive: true });
    if ('link' in content) {
      symlinkSync(content.link, target);
      continue;
    }
    if ('from' in content) copyFileSync(content.from, target);
    else writeFileSync(target, content.text);
    chmodSync(target, content.mode ?? 0o644);
  }
  setTimes(dir, epochSeconds);
}

function setTimes(dir: string, epochSeconds: number): void {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) setTimes(path, epochSeconds);
    else lutimesSync(path, epochSeconds, epochSeconds);
  }
  // the umask of whoever builds says nothing of the host
  chmodSync(dir, 0o755);
  lutimesSync(dir, epochSeconds, epochSeconds);
}
