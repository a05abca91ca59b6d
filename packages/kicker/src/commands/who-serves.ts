import { readHeartbeat } from '../io/heartbeat-file.ts';
import { takeLease } from '../io/lease.ts';
import type { Ledger, Lease, Log } from '../ports.ts';
import type { Shell } from './command.ts';

/** A kicker that stands by looks so often whether the other has gone. */
const standByMs = 1000;
/** Within this time a kicker that stops has gone: systemd's TimeoutStopSec and more. */
const leaveWithinMs = 30 * 1000;

function holderOf({ user, pid }: Pick<Shell, 'user' | 'pid'>): string {
  return `${user.hostname}/${String(pid)}`;
}

/** Waits until no other kicker serves. @returns undefined: the wait was ended */
export async function standBy(
  ledger: Ledger,
  { shell, log }: { shell: Shell; log: Log },
): Promise<Lease | undefined> {
  for (let isTold = false; !shell.signal.aborted; isTold = true) {
    const lease = takeLease(ledger, holderOf(shell));
    if (lease !== undefined) return lease;
    if (!isTold) {
      log('standing-by', { ledger: ledger.file, ...ledger.lastHolder() });
    }
    await shell.pause(standByMs, shell.signal);
  }
  return undefined;
}

/**
 * Takes the lease, unless another kicker serves. One that has it and says nothing of it is about to go, and may have
 * looked into the spool for the last time; or about to begin. Either is a moment.
 * @returns undefined: another serves
 */
export async function takeIdleLease(
  ledger: Ledger,
  directory: string,
  shell: Shell,
): Promise<Lease | undefined> {
  const startMs = shell.clock.monotonicMs();
  while (!shell.signal.aborted) {
    const lease = takeLease(ledger, holderOf(shell));
    if (lease !== undefined) return lease;
    const isServed =
      readHeartbeat(directory, shell.clock.now().getTime()) !== undefined;
    const waitedMs = shell.clock.monotonicMs() - startMs;
    if (isServed || waitedMs > leaveWithinMs) return undefined;
    await shell.pause(100, shell.signal);
  }
  return undefined;
}
