import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KeyKind } from '@kickd/certs-dev';
import { startSite, type Site } from '../scripts/site/site.ts';

export const dist = join(import.meta.dirname, '..', 'dist');

/** Starts a built kickd, lets `measure` work with it, and takes everything away again. */
export async function withSite<Result>(
  options: {
    key: KeyKind;
    profile: (dir: string) => string;
    /** how to start kickd, where it is not the built one as it stands */
    kickd?: readonly string[];
    isSplit?: boolean;
    /** makes the puppet.conf that kickd goes by */
    puppetConf?: (dir: string) => string;
  },
  measure: (site: Site, dir: string) => Promise<Result>,
): Promise<Result> {
  const dir = mkdtempSync(join(tmpdir(), 'kickd-bench-'));
  try {
    const site = await startSite({
      dir,
      kickd: options.kickd ?? [join(dist, 'bin', 'kickd')],
      ...(options.isSplit === true && { isSplit: true }),
      key: options.key,
      profile: options.profile(dir),
      ...(options.puppetConf !== undefined && {
        puppetConf: options.puppetConf(dir),
      }),
    });
    try {
      return await measure(site, dir);
    } finally {
      await site.close();
    }
  } finally {
    rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** kickd as its units start it. */
export const asItsUnit: readonly string[] = [
  '/usr/bin/env',
  'MALLOC_ARENA_MAX=1',
  process.execPath,
  ...['--jitless', '--max-semi-space-size=1'],
  '--disable-warning=ExperimentalWarning',
  join(dist, 'kickd.mjs'),
];

/** A CM tool that exits at once. */
export const idleTool = (): string =>
  `{type: command, argv: [/bin/true], exitCodes: {'0': unchanged}}`;
