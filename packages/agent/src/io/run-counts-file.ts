import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { noRunCounts, type RunCounts } from '../run/counts.ts';

/**
 * The counts of the runner before this one. Written by root for root, in memory (/run): a reboot starts
 * anew, as counters may.
 */
export function readRunCounts(file: string): RunCounts {
  try {
    return {
      ...noRunCounts(),
      ...(JSON.parse(readFileSync(file, 'utf8')) as RunCounts),
    };
  } catch {
    // there was no runner since the boot
    return noRunCounts();
  }
}

/** Best effort: counts are no reason to fail a run. */
export function writeRunCounts(file: string, counts: RunCounts): void {
  try {
    writeFileSync(`${file}.new`, JSON.stringify(counts), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  } catch {
    // no folder, no space: the next runner counts from what it finds
  }
}
