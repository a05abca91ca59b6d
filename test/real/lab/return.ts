import { killApache } from './apache.ts';
import { isBorrowed, returnSystemPaths } from './borrowed.ts';
import { endLeftovers } from './processes.ts';

if (import.meta.main) await cleanUpAfterDeath();

/**
 * Ends what a lab that died left running and puts the system's files back. Every lab begins with
 * it; by hand: `node test/real/lab/return.ts`.
 */
export async function cleanUpAfterDeath(): Promise<void> {
  await endLeftovers();
  // Apache daemonised, or Puppet started it: no record of ours, but while the paths are borrowed
  // the one of the pid file is the lab's.
  if (isBorrowed()) await killApache();
  await returnSystemPaths();
}
