import type { Kick, Run } from '@kickd/protocol';
import { canShare, covers, type RunScope } from './scope.ts';

/** How many runs may wait: one for each different scope that asked. */
const queueMax = 8;

export type Admission =
  | { kind: 'start' }
  | { kind: 'join-running'; run: Run }
  | { kind: 'join-queued'; run: Run }
  | { kind: 'queue' }
  | { kind: 'expired' }
  | { kind: 'queue-full' };

/**
 * Which run serves a kick. A running one does if it covers what is asked and began after the
 * problem did, since only then has it seen the problem; without a `since` the problem counts as
 * beginning now. Otherwise one follow-up run is queued, and later kicks of its kind share it.
 * Times of two hosts are compared here: they are expected to keep time (NTP).
 */
export function admit(
  kick: Kick,
  scope: RunScope,
  now: Date,
  running: Run | undefined,
  queued: readonly Run[],
): Admission {
  if (kick.expires !== undefined && Date.parse(kick.expires) <= now.getTime()) {
    return { kind: 'expired' };
  }
  if (running !== undefined && hasSeen(running, kick, scope, now)) {
    return { kind: 'join-running', run: running };
  }
  const waiting = queued.find((run) => canShare(run, scope));
  if (waiting !== undefined) return { kind: 'join-queued', run: waiting };
  if (running === undefined && queued.length === 0) return { kind: 'start' };
  return queued.length < queueMax ? { kind: 'queue' } : { kind: 'queue-full' };
}

function hasSeen(run: Run, kick: Kick, scope: RunScope, now: Date): boolean {
  const problemBeganMs = kick.because?.since
    ? Date.parse(kick.because.since)
    : now.getTime();
  return (
    run.startedAt !== undefined &&
    covers(run, scope) &&
    Date.parse(run.startedAt) >= problemBeganMs
  );
}
