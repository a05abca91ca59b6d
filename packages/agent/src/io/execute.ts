import { setTimeout as sleep } from 'node:timers/promises';
import type { Healed, Outcome, Run, Uuid7 } from '@kickd/protocol';
import { isUnwanted } from '../run/admit.ts';
import { bareOutcome } from '../run/outcome.ts';
import type {
  Child,
  ChildEnd,
  ChildIdentity,
  Clock,
  CmProfile,
  Evidence,
  Launcher,
  Narrator,
  ReportState,
  Standbys,
  ToolEnd,
} from '../ports.ts';
import { readEvidence, streamReport } from './evidence.ts';
import { readFreeze } from './freeze-file.ts';
import { askBefore } from './host-probes.ts';
import {
  awaitHeal,
  findStandby,
  forgetStandby,
  handOver,
  markOfStandby,
  mayBeHandedOver,
  noteStandby,
  readHeal,
} from './hand-over.ts';
import { isAlive } from './proc.ts';
import { readingMarkOf } from './reading-mark.ts';
import { limitOutput } from './run-log.ts';

export interface ExecutionSettings {
  /** a run that takes longer is ended: TERM, then KILL after the grace */
  timeoutMs: number;
  graceMs: number;
  /** while this file is there nothing is started */
  freezeFile: string;
}

export interface Execution extends ExecutionSettings {
  /** as it now stands: until it begins others may join it and widen it */
  readonly run: Run;
  profile: CmProfile;
  /** where the output of the tool goes */
  logFile: string;
  launcher: Launcher;
  clock: Clock;
  narrator: Narrator;
  /** ends the run: its reason is told as the outcome's */
  cancel: AbortSignal;
  /** aborts when this kickd leaves in an orderly way: what it has not finished is the next one's */
  closing: AbortSignal;
  standbys: Standbys;
  /** Called where the run ends without having begun: from then on nobody joins it. */
  seal(): void;
  /**
   * Called right before the child is started; durable when it returns.
   * @param child that is there already: a standby, which is told of the run next
   */
  begin(child?: ChildIdentity): void;
  /** Called once the first step of the run has put something back. */
  heal(healed: Healed): void;
  /** Called once the child is known; never throws. */
  noteChild(child: ChildIdentity): void;
}

/** One run of the tool, from its start to its outcome. Rejects only if `begin` throws. */
export async function executeRun(execution: Execution): Promise<Outcome> {
  const { narrator, logFile, cancel } = execution;
  const refusal = await findRefusal(execution);
  if (refusal !== undefined) return refusal;
  const needed = await askBefore(execution);
  if (needed.kind === 'not-needed') {
    execution.seal();
    return needed.outcome;
  }
  if (needed.kind === 'run') {
    // seconds may have gone by
    const changed = await findRefusal(execution);
    if (changed !== undefined) return changed;
  }

  const standby = await findStandby(execution);
  // nothing may be awaited from here to the launch: what is started is what is written
  const isFit = mayBeHandedOver(execution.run);
  if (standby !== undefined && !isFit) standby.release();
  if (standby === undefined || !isFit) {
    execution.begin();
    return startCold(execution);
  }
  noteStandby(logFile, standby.mark);
  execution.begin(standby.identity);
  const child = await handOver(execution, standby);
  if (child === undefined) {
    return cancel.aborted ? cancelled(cancel) : startCold(execution);
  }
  const { run } = execution;
  const { pid } = child.identity;
  narrator.tell({ event: 'run-handed-over', run: run.run, cm: run.cm, pid });
  // it may be an earlier kickd's, whose exit code goes elsewhere
  return followAdopted(execution, child);
}

/** A process of its own for a run that has begun, and that no standby has. */
export async function startCold(execution: Execution): Promise<Outcome> {
  const { run, profile, launcher, narrator, logFile } = execution;
  forgetStandby(logFile);
  const command = profile.command(run.run, run);
  const launch = await launcher.launch(command, run.run, logFile);
  if (launch.kind === 'not-started') {
    return bareOutcome('not-started', 'spawn', launch.reason);
  }
  execution.noteChild(launch.child.identity);
  narrator.tell({
    event: 'run-started',
    run: run.run,
    cm: run.cm,
    command: [command.file, ...command.argv],
  });
  return follow(execution, launch.child, execution.timeoutMs);
}

/** Why the run may not begin now. */
async function findRefusal({
  run,
  profile,
  cancel,
  clock,
  freezeFile,
}: Execution): Promise<Outcome | undefined> {
  const frozen = readFreeze(freezeFile);
  if (frozen !== undefined) return bareOutcome('refused', 'frozen', frozen);
  const refusal = profile.refusal(await readLocks(profile));
  if (refusal !== undefined) return refusal;
  const unsupported = profile.unsupported?.(run);
  if (unsupported !== undefined) {
    return bareOutcome('refused', 'unsupported', unsupported);
  }
  if (cancel.aborted) return cancelled(cancel);
  return isUnwanted(run, clock.now())
    ? bareOutcome(
        'refused',
        'expired',
        'every kick of this run expired while it waited',
      )
    : undefined;
}

/**
 * A run whose process an earlier kickd may have started: waited for, and told by its own report where its exit code went to a
 * parent that is gone.
 * @param child undefined when it has already ended, nobody knows how
 */
export async function followAdopted(
  execution: Execution,
  child: Child | undefined,
): Promise<Outcome> {
  const outcome =
    child === undefined
      ? await judge(execution, {})
      : await follow(execution, child, timeLeftMs(execution));
  const end = await child?.ended;
  const isSeen = end?.exitCode !== undefined || end?.signal !== undefined;
  const isUntold = outcome.code === 'no-report' || outcome.code === 'killed';
  return isUntold && !isSeen
    ? bareOutcome(
        'lost',
        'runner-gone',
        'kickd was not there when the run ended, and the run left no report of its own',
      )
    : outcome;
}

/**
 * Notes what the first step of a run that was handed over has put back. Never rejects.
 * @param look waits for its end, or looks whether it has come
 */
async function noteHeal(
  execution: Execution,
  look: () => Promise<Healed | undefined>,
): Promise<void> {
  const { run, logFile } = execution;
  if (run.healed !== undefined || markOfStandby(logFile) === undefined) return;
  try {
    const healed = await look();
    if (healed !== undefined) execution.heal(healed);
  } catch {
    // the outcome is told by what comes after it
  }
}

/** Once the process is gone: a first step that nobody had time to tell of, or that ended while no kickd was there. */
function noteHealAtEnd(execution: Execution): Promise<void> {
  return noteHeal(execution, async () => {
    const read = await readHeal(execution, execution.closing);
    return read.kind === 'read' ? read.healed : undefined;
  });
}

/** What the tool's files say without a run: whether it is locked or disabled. */
export function readLocks(profile: CmProfile): ReturnType<typeof readEvidence> {
  const { report: _, log: _log, ...locks } = profile.evidenceFiles('');
  return readEvidence(locks);
}

function timeLeftMs({ run, timeoutMs, clock }: Execution): number {
  const beganMs = Date.parse(run.startedAt ?? run.queuedAt);
  const elapsedMs = Math.max(0, clock.now().getTime() - beganMs);
  return Math.max(0, timeoutMs - elapsedMs);
}

async function follow(
  execution: Execution,
  child: Child,
  timeoutMs: number,
): Promise<Outcome> {
  const watch = new AbortController();
  limitOutput(execution.logFile, watch.signal);
  const healing = new AbortController();
  const noted = noteHeal(execution, () => awaitHeal(execution, healing.signal));
  const limit = sleep(timeoutMs, 'timed-out' as const, {
    signal: watch.signal,
  }).catch(() => 'ended' as const);
  const cancelling = new Promise<'cancelled'>((resolve) => {
    const onAbort = (): void => resolve('cancelled');
    if (execution.cancel.aborted) onAbort();
    execution.cancel.addEventListener('abort', onAbort, {
      signal: watch.signal,
    });
  });
  const first = await Promise.race([child.ended, limit, cancelling]);
  try {
    if (first !== 'timed-out' && first !== 'cancelled') {
      healing.abort();
      await noted;
      return await judge(execution, await child.ended);
    }
    await stop(execution, child, first);
    await noteHealAtEnd(execution);
    if (first === 'cancelled') return cancelled(execution.cancel);
    const seconds = String(Math.round(execution.timeoutMs / 1000));
    return bareOutcome(
      'timed-out',
      'timeout',
      `the run took longer than ${seconds} s and was ended`,
    );
  } finally {
    watch.abort();
    healing.abort();
  }
}

function cancelled(signal: AbortSignal): Outcome {
  return bareOutcome('cancelled', 'cancelled', String(signal.reason));
}

/** TERM, the grace, KILL to the group, then KILL to whatever left the group: nothing survives. */
async function stop(
  { run, graceMs, launcher, narrator }: Execution,
  child: Child,
  code: string,
): Promise<void> {
  const tell = (signal: string): void => {
    narrator.tell({ event: 'run-stopping', run: run.run, code, signal });
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
  await launcher.killSurvivors(child.mark);
  if (child.mark !== run.run) await launcher.killSurvivors(run.run);
}

async function judge(execution: Execution, ended: ChildEnd): Promise<Outcome> {
  await noteHealAtEnd(execution);
  const { run, profile, logFile, closing } = execution;
  const end: ToolEnd = {
    ...ended,
    run: run.run,
    noop: run.noop,
    startedAt: new Date(run.startedAt ?? run.queuedAt),
    isAlive,
  };
  if (!leavesReport(profile, run.run)) return read(profile, end, closing);
  const mark = readingMarkOf(logFile);
  if (mark.wasBegun) return judgeUnread(profile, end);
  mark.begin();
  const onClose = (): void => mark.clear();
  closing.addEventListener('abort', onClose, { once: true });
  if (closing.aborted) onClose();
  const outcome = await read(profile, end, closing);
  closing.removeEventListener('abort', onClose);
  // not where reading has thrown: it would throw again
  mark.clear();
  return outcome;
}

function leavesReport(profile: CmProfile, run: Uuid7): boolean {
  return (
    profile.streamed !== undefined || 'report' in profile.evidenceFiles(run)
  );
}

async function read(
  profile: CmProfile,
  end: ToolEnd,
  signal: AbortSignal,
): Promise<Outcome> {
  const files = profile.evidenceFiles(end.run);
  const streamed = profile.streamed?.(end.run);
  if (streamed === undefined) {
    return profile.outcome(end, await readEvidence(files));
  }
  const take = (piece: Buffer): void => streamed.take(piece);
  const state = await streamReport(streamed.file, take, signal);
  return streamed.outcome(end, await readEvidence(files), state);
}

/** Nothing of what the run left is looked at: an earlier kickd did, and was not heard of again. */
function judgeUnread(profile: CmProfile, end: ToolEnd): Outcome {
  const evidence: Evidence = {};
  const reason =
    'an earlier kickd ended while it read what the run had left, so it is not read again';
  const state: ReportState = { kind: 'unreadable', reason };
  const streamed = profile.streamed?.(end.run);
  return {
    ...(streamed === undefined
      ? profile.outcome(end, evidence)
      : streamed.outcome(end, evidence, state)),
    code: 'report-unreadable',
    reason,
  };
}
