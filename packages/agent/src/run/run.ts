import type {
  Because,
  Joined,
  Kick,
  Outcome,
  Run,
  Uuid7,
} from '@kickd/protocol';
import { mergeScopes, type RunScope } from './scope.ts';

/**
 * The states of a run and every way between them. What is not here does not happen.
 *
 *   (kick) ──▶ queued ──▶ running ──▶ ended
 *                 └───────────────────▲  refused, expired, not started, lost
 *
 * @internal exported for the model test, which drives the real runner along it
 */
export const runTransitions = {
  queued: ['running', 'ended'],
  running: ['ended'],
  ended: [],
} as const satisfies Record<Run['state'], readonly Run['state'][]>;

/** A run that nobody serves yet. */
export function queuedRun(
  id: Uuid7,
  certname: string,
  scope: RunScope,
  now: Date,
): Run {
  return {
    run: id,
    certname,
    state: 'queued',
    kicks: [],
    queuedAt: now.toISOString(),
    ...scope,
  };
}

/** The run with one more kick in it, its scope widened where it has not begun. */
export function withKick(
  run: Run,
  kick: Kick,
  by: string,
  joined: Joined,
  scope: RunScope,
  now: Date,
): Run {
  const served = {
    kick: kick.kick,
    by,
    joined,
    acceptedAt: now.toISOString(),
    ...(kick.expires !== undefined && { expires: kick.expires }),
    ...(kick.because !== undefined &&
      hasRoomForBecause(run, kick.because, by) && { because: kick.because }),
  };
  const kicks = [...run.kicks, served];
  if (run.state !== 'queued') return { ...run, kicks };
  const { tags: _, ...rest } = run;
  const { tags } = mergeScopes(run, scope);
  return { ...rest, kicks, ...(tags !== undefined && { tags }) };
}

/**
 * What one caller's reasons may add to a run, and all callers' together, as JSON: the record of the run is written
 * anew for each kick, and is part of every reply about it. Beyond that the kick's own record has it alone.
 */
const becauseMaxBytes = { caller: 16 * 1024, run: 64 * 1024 };

function hasRoomForBecause(run: Run, because: Because, by: string): boolean {
  const sizeOf = (kicks: Run['kicks']): number =>
    kicks.reduce((sum, kick) => sum + bytesOf(kick.because), 0);
  const more = bytesOf(because);
  const own = run.kicks.filter((kick) => kick.by === by);
  return (
    sizeOf(own) + more <= becauseMaxBytes.caller &&
    sizeOf(run.kicks) + more <= becauseMaxBytes.run
  );
}

function bytesOf(because: Because | undefined): number {
  return because === undefined
    ? 0
    : new TextEncoder().encode(JSON.stringify(because)).length;
}

export function startedRun(run: Run, now: Date): Run {
  expectTransition(run, 'running');
  return { ...run, state: 'running', startedAt: now.toISOString() };
}

export function endedRun(
  run: Run,
  outcome: Outcome,
  now: Date,
  durationMs?: number,
): Run {
  expectTransition(run, 'ended');
  return {
    ...run,
    state: 'ended',
    endedAt: now.toISOString(),
    ...(durationMs !== undefined && { durationMs: Math.round(durationMs) }),
    outcome,
  };
}

function expectTransition(run: Run, to: Run['state']): void {
  const allowed: readonly string[] = runTransitions[run.state];
  if (!allowed.includes(to)) {
    throw new Error(`run ${run.run} cannot go from ${run.state} to ${to}`);
  }
}
