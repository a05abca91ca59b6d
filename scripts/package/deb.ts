import { execaSync } from 'execa';

/** Debian's name of this machine's architecture: the package holds a Node of it. */
export function debArchitecture(): 'amd64' | 'arm64' {
  return process.arch === 'arm64' ? 'arm64' : 'amd64';
}

/**
 * Packs a directory that holds DEBIAN/ and the files.
 * @throws Error where dpkg-deb is missing (apt package dpkg) or refuses the directory
 */
export function buildDeb(
  dir: string,
  file: string,
  epochSeconds: number,
): void {
  execaSync(
    'dpkg-deb',
    // threads would split the data otherwise on another machine
    [
      '--root-owner-group',
      '-Zxz',
      '-z1',
      '--threads-max=1',
      '--build',
      dir,
      file,
    ],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        PATH: '/usr/bin:/bin',
        LC_ALL: 'C.UTF-8',
        SOURCE_DATE_EPOCH: String(epochSeconds),
      },
      extendEnv: false,
    },
  );
}
