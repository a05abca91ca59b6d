import { cpSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** An installed program that a package manager puts a newer one in the place of. */
export interface Releases {
  /** starts whatever is installed now */
  command: readonly string[];
  /** Puts another copy in its place and takes the old one away, with every file of it. */
  upgrade(): void;
}

/**
 * @param command a built kickd, as of `buildKickd`: its last word is the file
 * @param dir made if missing
 */
export function createReleases(
  command: readonly string[],
  dir: string,
): Releases {
  const [file = '', ...rest] = command.toReversed();
  const current = join(dir, 'current');
  let installed = 0;
  const install = (): void => {
    installed += 1;
    const release = join(dir, `release-${String(installed)}`);
    cpSync(dirname(file), release, { recursive: true });
    symlinkSync(release, `${current}.new`);
    renameSync(`${current}.new`, current);
  };
  mkdirSync(dir, { recursive: true });
  install();
  return {
    command: [...rest.toReversed(), join(current, basename(file))],
    upgrade: () => {
      const old = join(dir, `release-${String(installed)}`);
      install();
      rmSync(old, { recursive: true });
    },
  };
}
