import type { Joined, Kick, Outcome, Run, Uuid7 } from '@kickd/protocol';
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
    ...(kick.because !== undefined && { because: kick.because }),
  };
  const kicks = [...run.kicks, served];
  if (run.state !== 'queued') return { ...run, kicks };
  const { tags: _, ...rest } = run;
  const { tags } = mergeScopes(run, scope);
  return { ...rest, kicks, ...(tags !== undefined && { tags }) };
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
