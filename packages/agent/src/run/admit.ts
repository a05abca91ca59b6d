import { runLimits, type Kick, type Run } from '@kickd/protocol';
import { canShare, covers, type RunScope } from './scope.ts';

/** How many runs may wait: one for each different scope that asked. */
const queueMax = 8;
export type Admission =
  | { kind: 'start' }
  | { kind: 'join-running'; run: Run }
  | { kind: 'join-queued'; run: Run }
  | { kind: 'queue' }
  | { kind: 'expired' }
  /** the tool cannot do what is asked: see CmProfile.unsupported */
  | { kind: 'unsupported'; why: string }
  | { kind: 'too-soon'; retryAfterMs: number }
  | { kind: 'queue-full' };

/** What is going on on this host when a kick comes. */
export interface Situation {
  now: Date;
  running: Run | undefined;
  queued: readonly Run[];
  /** how long the host's own interval between two starts still lasts; 0: a run may start */
  restMs: number;
}

/**
 * Which run serves a kick. A running one does if it covers what is asked and began after the
 * problem did, since only then has it seen the problem; without a `since` the problem counts as
 * beginning now. Otherwise one follow-up run is queued, and later kicks of its kind share it.
 * An idle host that has run too lately takes no kick at all: whoever asked may ask again.
 * Times of two hosts are compared here: they are expected to keep time (NTP).
 */
export function admit(
  kick: Kick,
  scope: RunScope,
  { now, running, queued, restMs }: Situation,
): Admission {
  if (hasExpired(kick, now)) return { kind: 'expired' };
  if (
    running !== undefined &&
    hasRoom(running) &&
    hasSeen(running, kick, scope, now)
  ) {
    return { kind: 'join-running', run: running };
  }
  const waiting = queued.find((run) => hasRoom(run) && canShare(run, scope));
  if (waiting !== undefined) return { kind: 'join-queued', run: waiting };
  if (running === undefined && queued.length === 0) {
    return restMs > 0
      ? { kind: 'too-soon', retryAfterMs: restMs }
      : { kind: 'start' };
  }
  return queued.length < queueMax ? { kind: 'queue' } : { kind: 'queue-full' };
}

/** Whether nobody who asked for this run wants it any more. */
export function isUnwanted(run: Run, now: Date): boolean {
  return run.kicks.every((kick) => hasExpired(kick, now));
}

/**
 * Each kick is part of the run's record, which is written anew when another joins, and of every reply about it: a
 * caller that never stops must not make it grow without end.
 */
function hasRoom(run: Run): boolean {
  return run.kicks.length < runLimits.kicks;
}

function hasExpired(kick: { expires?: string }, now: Date): boolean {
  return (
    kick.expires !== undefined && Date.parse(kick.expires) <= now.getTime()
  );
}

function hasSeen(run: Run, kick: Kick, scope: RunScope, now: Date): boolean {
  const problemBeganMs = kick.because?.since
    ? Date.parse(kick.because.since)
    : now.getTime();
  return (
    // Stryker disable next-line ConditionalExpression: no date is not after any other
    run.startedAt !== undefined &&
    covers(run, scope) &&
    Date.parse(run.startedAt) >= problemBeganMs
  );
}
