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

/** A CM tool that exits at once. */
export const idleTool = (): string =>
  `{type: command, argv: [/bin/true], exitCodes: {'0': unchanged}}`;
