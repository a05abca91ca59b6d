import { setTimeout as sleep } from 'node:timers/promises';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Healed, Run } from '@kickd/protocol';
import type {
  Child,
  ChildIdentity,
  Clock,
  CmProfile,
  Launcher,
  Narrator,
  ReadyStandby,
  Standbys,
} from '../ports.ts';
import { wantedResources } from '../run/match.ts';
import { streamReport } from './evidence.ts';
import { readingMarkOf } from './reading-mark.ts';
import { watchFolder } from './watch-folder.ts';

/** What handing a run over to a standby needs of its execution. */
export interface HandOver {
  /** as it now stands: until it begins others may join it and widen it */
  readonly run: Run;
  profile: CmProfile;
  logFile: string;
  clock: Clock;
  narrator: Narrator;
  standbys: Standbys;
  cancel: AbortSignal;
}

/** @returns undefined: the run is started cold */
export async function findStandby(
  execution: HandOver,
): Promise<ReadyStandby | undefined> {
  const { run, profile, standbys, narrator } = execution;
  if (profile.standby === undefined || !mayBeHandedOver(run)) return undefined;
  const asked = await standbys.ask(profile.standby);
  if (asked.kind === 'ready') return asked.standby;
  narrator.tell({
    event: 'standby-unused',
    run: run.run,
    why: asked.kind === 'stale' ? `stale: ${asked.because}` : asked.why,
  });
  return undefined;
}

/** What a standby was not loaded for. */
export function mayBeHandedOver({ noop, tags, environment }: Run): boolean {
  return !noop && tags === undefined && environment === undefined;
}

/** How long a standby that has the run may take to say so. */
const takesMs = 10_000;

/**
 * Hands a run over that has begun.
 * @returns undefined: it has not taken the run, and touched nothing
 */
export async function handOver(
  execution: HandOver,
  standby: ReadyStandby,
): Promise<Child | undefined> {
  const { run, profile, logFile, standbys, cancel } = execution;
  const { mark, identity, resources } = standby;
  const heal = wantedResources(run, profile.services).filter((name) =>
    resources.has(name),
  );
  const child = standbys.take(mark, identity);
  if (child === undefined) {
    standby.release();
    return undefined;
  }
  const kill = (): void => child.signalGroup('SIGKILL');
  const taking = standby.start(run.run, heal);
  const taken = new AbortController();
  const { signal } = taken;
  sleep(takesMs, undefined, { signal }).then(kill, () => {});
  cancel.addEventListener('abort', kill, { signal });
  if (cancel.aborted) kill();
  const isStarted = await taking;
  taken.abort();
  if (isStarted || isTaken(logFile)) return child;
  // nobody would know it any more, and it must not take the run later
  kill();
  await child.ended;
  return isTaken(logFile) ? child : undefined;
}

/**
 * A run that an earlier kickd wanted to hand over, and whose process may wait for it still. What has not taken the run is
 * either given it now or is gone when this returns.
 * @returns undefined: nobody has it, nothing was touched
 */
export async function handOverAgain(
  execution: HandOver & { launcher: Launcher },
  mark: string,
  identity: ChildIdentity | undefined,
): Promise<{ child: Child | undefined } | undefined> {
  const { run, profile, logFile, standbys, launcher } = execution;
  const adopt = (): Child | undefined =>
    identity && launcher.adopt(identity, mark);
  if (isTaken(logFile)) return { child: adopt() };
  if (profile.standby !== undefined && mayBeHandedOver(run)) {
    const asked = await standbys.ask(profile.standby);
    if (asked.kind === 'ready') {
      if (asked.standby.mark === mark) {
        const child = await handOver(execution, asked.standby);
        if (child !== undefined) return { child };
      } else asked.standby.release();
    }
  }
  const child = adopt();
  child?.signalGroup('SIGKILL');
  await child?.ended;
  await launcher.killSurvivors(mark);
  return isTaken(logFile) ? { child: undefined } : undefined;
}

const noteFileOf = (logFile: string): string => `${logFile}.standby`;

/** Before the run begins: who comes later finds its process by it. */
export function noteStandby(logFile: string, mark: string): void {
  writeFileSync(noteFileOf(logFile), mark, { mode: 0o600 });
}

export function forgetStandby(logFile: string): void {
  rmSync(noteFileOf(logFile), { force: true });
}

/** What the process of this run is known by. @returns undefined: by the run */
export function markOfStandby(logFile: string): string | undefined {
  try {
    return readFileSync(noteFileOf(logFile), 'utf8');
  } catch {
    // ENOENT: it was started cold
    return undefined;
  }
}

/** The standby's own word: it made the file before it touched anything. */
function isTaken(logFile: string): boolean {
  return existsSync(`${logFile}.taken`);
}

const lookEveryMs = 100;

/**
 * Waits for the end of the first step of a run.
 * @returns undefined: nothing was put back, or the signal came first
 */
export async function awaitHeal(
  execution: HealToRead,
  signal: AbortSignal,
): Promise<Healed | undefined> {
  const changes = watchFolder(dirname(execution.logFile));
  try {
    while (!signal.aborted) {
      const changed = changes.next();
      const read = await readHeal(execution, signal);
      if (read.kind === 'read') return read.healed;
      await Promise.race([
        changed,
        sleep(lookEveryMs, undefined, { ref: false, signal }).catch(() => {}),
      ]);
    }
    return undefined;
  } finally {
    changes.close();
  }
}

type HealToRead = Omit<HandOver, 'standbys' | 'cancel'>;

/** What the first step of a run has left, if it has ended. */
export async function readHeal(
  { run, profile, logFile, clock }: HealToRead,
  signal: AbortSignal,
): Promise<{ kind: 'missing' } | { kind: 'read'; healed?: Healed }> {
  const report = profile.standby?.healReport(run.run);
  const mark = readingMarkOf(`${logFile}.heal`);
  // an earlier kickd died over it
  if (report === undefined || mark.wasBegun) return { kind: 'read' };
  const take = (piece: Buffer): void => {
    mark.begin();
    report.take(piece);
  };
  // also where it is broken off: the next one who reads it is still this kickd
  const state = await streamReport(report.file, take, signal).finally(() =>
    mark.clear(),
  );
  if (state.kind === 'missing' || signal.aborted) return { kind: 'missing' };
  const healed = report.healed(clock.now(), state);
  return { kind: 'read', ...(healed !== undefined && { healed }) };
}
