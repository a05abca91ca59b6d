import { join } from 'node:path';
import { execaSync } from 'execa';
import { checkout, stateFolder } from './places.ts';

/** The packages of this checkout. */

const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';

export const debFolder = join(stateFolder, 'packages');
export const debNames = ['kickd', 'kicker'] as const;

export const debOf = (name: string, version: string): string =>
  `${name}_${version}_${architecture}.deb`;

export function buildPrograms(): void {
  execaSync(process.execPath, ['scripts/build.ts'], { cwd: checkout });
}

/** `npm run package` of what was built last, in an environment of one's own. */
export function packDebs(
  out: string,
  options: { revision?: string; environment?: Record<string, string> } = {},
): void {
  const { revision, environment } = options;
  const words = revision === undefined ? [] : ['--revision', revision];
  execaSync(process.execPath, ['scripts/package.ts', '--out', out, ...words], {
    cwd: checkout,
    env: { PATH: process.env['PATH'], ...environment },
    extendEnv: false,
  });
}
