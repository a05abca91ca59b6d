import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import type { Outcome, Run } from '@kickd/protocol';
import { bareOutcome } from '../run/outcome.ts';
import type {
  Child,
  ChildEnd,
  ChildIdentity,
  Clock,
  CmProfile,
  Launcher,
  Narrator,
} from '../ports.ts';
import { readEvidence } from './evidence.ts';

export interface ExecutionSettings {
  /** a run that takes longer is ended: TERM, then KILL after the grace */
  timeoutMs: number;
  graceMs: number;
  /** where the output of each run goes, as RUN.log */
  logDir: string;
}

export interface ExecutionParts {
  launcher: Launcher;
  clock: Clock;
  narrator: Narrator;
  /** Called before the child is started, and again once it is known; must be durable. */
  onStart(child?: ChildIdentity): void;
}

/** One run of the tool, from its start to its outcome. Rejects only if `onStart` throws. */
export async function executeRun(
  run: Run,
  profile: CmProfile,
  settings: ExecutionSettings,
  parts: ExecutionParts,
): Promise<Outcome> {
  const refusal = profile.refusal(await readLocks(profile));
  if (refusal !== undefined) return refusal;
  const command = profile.command(run.run, run);
  parts.onStart();
  const launch = await parts.launcher.launch(
    { ...command, env: { ...command.env, KICKD_RUN: run.run } },
    join(settings.logDir, `${run.run}.log`),
  );
  if (launch.kind === 'not-started') {
    return bareOutcome('not-started', 'spawn', launch.reason);
  }
  parts.onStart(launch.child.identity);
  parts.narrator.tell({
    event: 'run-started',
    run: run.run,
    cm: run.cm,
    command: [command.file, ...command.argv],
  });
  return follow(
    run,
    profile,
    launch.child,
    settings.timeoutMs,
    settings,
    parts,
  );
}

/**
 * A run that an earlier kickd started: waited for, and told by its own report, since its exit code
 * went to a parent that is gone.
 * @param child undefined when it has already ended
 */
export async function followAdopted(
  run: Run,
  profile: CmProfile,
  child: Child | undefined,
  settings: ExecutionSettings,
  parts: ExecutionParts,
): Promise<Outcome> {
  const outcome =
    child === undefined
      ? await judge(run, profile, {})
      : await follow(
          run,
          profile,
          child,
          timeLeftMs(run, settings, parts.clock),
          settings,
          parts,
        );
  const isUnseen = outcome.code === 'no-report' || outcome.code === 'killed';
  return isUnseen
    ? bareOutcome(
        'lost',
        'runner-gone',
        'kickd was not there when the run ended, and the run left no report of its own',
      )
    : outcome;
}

/** What the tool's files say without a run: whether it is locked or disabled. */
export function readLocks(profile: CmProfile): ReturnType<typeof readEvidence> {
  const { report: _, ...locks } = profile.evidenceFiles('');
  return readEvidence(locks);
}

function timeLeftMs(
  run: Run,
  settings: ExecutionSettings,
  clock: Clock,
): number {
  const beganMs = Date.parse(run.startedAt ?? run.queuedAt);
  const elapsedMs = clock.now().getTime() - beganMs;
  return Math.min(
    settings.timeoutMs,
    Math.max(0, settings.timeoutMs - elapsedMs),
  );
}

async function follow(
  run: Run,
  profile: CmProfile,
  child: Child,
  timeoutMs: number,
  settings: ExecutionSettings,
  parts: ExecutionParts,
): Promise<Outcome> {
  const watch = new AbortController();
  const limit = sleep(timeoutMs, 'timed-out' as const, {
    signal: watch.signal,
  }).catch(() => 'ended' as const);
  const first = await Promise.race([child.ended, limit]);
  watch.abort();
  if (first !== 'timed-out') return judge(run, profile, await child.ended);
  await stop(run, child, settings.graceMs, parts.narrator);
  const seconds = String(Math.round(settings.timeoutMs / 1000));
  return bareOutcome(
    'timed-out',
    'timeout',
    `the run took longer than ${seconds} s and was ended`,
  );
}

async function stop(
  run: Run,
  child: Child,
  graceMs: number,
  narrator: Narrator,
): Promise<void> {
  const tell = (signal: string): void => {
    narrator.tell({
      event: 'run-stopping',
      run: run.run,
      code: 'timeout',
      signal,
    });
  };
  tell('SIGTERM');
  child.signalGroup('SIGTERM');
  const isGone = await Promise.race([
    child.ended.then(() => true),
    sleep(graceMs, false),
  ]);
  if (!isGone) tell('SIGKILL');
  // also after a clean end: a child of the tool may have stayed behind
  child.signalGroup('SIGKILL');
  await child.ended;
}

async function judge(
  run: Run,
  profile: CmProfile,
  end: ChildEnd,
): Promise<Outcome> {
  const evidence = await readEvidence(profile.evidenceFiles(run.run));
  const startedAt = new Date(run.startedAt ?? run.queuedAt);
  return profile.outcome(
    { ...end, run: run.run, noop: run.noop, startedAt },
    evidence,
  );
}
