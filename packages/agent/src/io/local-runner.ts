import { join } from 'node:path';
import type { Joined, Kick, Outcome, Run, Uuid7 } from '@kickd/protocol';
import { reasonOf } from '../errors.ts';
import { admit, isUnwanted, type Admission } from '../run/admit.ts';
import { canonicalKick } from '../run/canonical.ts';
import { goneProfile } from '../run/gone-profile.ts';
import { withMatch } from '../run/match.ts';
import { bareOutcome } from '../run/outcome.ts';
import { Pace } from '../run/pace.ts';
import { endedRun, queuedRun, startedRun, withKick } from '../run/run.ts';
import { scopeOf, type RunScope } from '../run/scope.ts';
import { settle } from '../journal/settle.ts';
import type {
  Cancellation,
  ChildIdentity,
  Clock,
  CmProfile,
  Journal,
  Launcher,
  Narrator,
  Runner,
  RunnerState,
  Submission,
} from '../ports.ts';
import {
  executeRun,
  followAdopted,
  readLocks,
  type Execution,
  type ExecutionSettings,
} from './execute.ts';
import { readFreeze } from './freeze-file.ts';
import { isAlive } from './proc.ts';
import { followLog, removeFilesOf } from './run-log.ts';

export interface LocalRunnerSettings extends ExecutionSettings {
  certname: string;
  profiles: ReadonlyMap<string, CmProfile>;
  defaultProfile: string;
  /** between the starts of two runs */
  minIntervalMs: number;
  /** how long an ended run is remembered, and with it the ids of its kicks */
  keepMs: number;
  /** where the output of each run goes, as RUN.log */
  logDir: string;
}

export interface LocalRunnerParts {
  journal: Journal;
  launcher: Launcher;
  clock: Clock;
  narrator: Narrator;
  newId(): Uuid7;
}

interface Life {
  /** fires when the run has ended */
  ended: PromiseWithResolvers<void>;
  cancel: AbortController;
}

interface Ending {
  ended: Run;
  durationMs?: number;
}

/** How soon a journal that could not be written is tried again. */
const writeAgainMs = 1000;
const pruneEveryMs = 60 * 60 * 1000;

/** The `Runner` in this process: the queue in memory, every step of it in the journal first. */
export class LocalRunner implements Runner {
  readonly #settings: LocalRunnerSettings;
  readonly #parts: LocalRunnerParts;
  readonly #pace: Pace;
  /** runs that have not begun, the one that is being prepared among them */
  readonly #queue: Run[] = [];
  #running: Run | undefined;
  /** the run that is prepared, in progress, or being judged: there is never a second one */
  #served: Uuid7 | undefined;
  #isClosed = false;
  /** of each open run */
  readonly #lives = new Map<Uuid7, Life>();
  /** outcomes that are not on disk yet, and so are not told */
  readonly #endings = new Map<Uuid7, Ending>();
  /** A write has failed, and what it left on disk is not known: nothing begins before it is. */
  #isDoubtful = false;
  #isRetrying = false;
  /** set while the host's own interval holds the queue back */
  #rest: NodeJS.Timeout | undefined;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(settings: LocalRunnerSettings, parts: LocalRunnerParts) {
    this.#settings = settings;
    this.#parts = parts;
    const { journal, clock } = parts;
    const lastStart = journal
      .recentRuns(20)
      .find(({ startedAt }) => startedAt !== undefined)?.startedAt;
    const sinceMs =
      lastStart === undefined
        ? Infinity
        : clock.now().getTime() - Date.parse(lastStart);
    this.#pace = new Pace(settings.minIntervalMs, sinceMs, clock.monotonicMs());
  }

  /** Settles what an earlier kickd left open, then begins. Call once, before the first kick. */
  recover(): void {
    const { journal, launcher } = this.#parts;
    for (const open of journal.openRuns()) {
      const settlement = settle(open, launcher.bootId());
      switch (settlement.kind) {
        case 'requeue':
          this.#queue.push(open.run);
          this.#bear(open.run);
          break;
        case 'end':
          this.#record(open.run, settlement.outcome);
          break;
        case 'adopt': {
          if (this.#served !== undefined) {
            // two runs at once were never begun here: the journal is not what this kickd wrote
            const reason = 'another run was in progress at the same time';
            this.#record(open.run, bareOutcome('lost', 'runner-gone', reason));
            break;
          }
          const { child } = settlement;
          this.#running = open.run;
          this.#serve(open.run, (execution) => this.#adopt(execution, child));
          break;
        }
      }
    }
    this.#prune();
    this.#every(pruneEveryMs, () => this.#prune());
    this.#startNext();
  }

  async submit(kick: Kick, by: string): Promise<Submission> {
    const { journal, clock, narrator } = this.#parts;
    const body = canonicalKick(kick);
    try {
      this.#trustJournal();
      const known = journal.findKick(kick.kick);
      if (known !== undefined) {
        const run = await this.find(known.run);
        return known.body === body && known.by === by && run !== undefined
          ? { kind: 'accepted', run }
          : { kind: 'conflict' };
      }
    } catch (error) {
      this.#doubtJournal();
      return journalBroken(error);
    }
    const scope = scopeOf(kick, this.#settings.defaultProfile);
    const profile = this.#settings.profiles.get(scope.cm);
    if (profile === undefined) {
      const known = [...this.#settings.profiles.keys()];
      return { kind: 'unknown-profile', known };
    }
    const now = clock.now();
    const situation = {
      now,
      running: this.#running,
      queued: this.#queue,
      restMs: this.#pace.restMs(clock.monotonicMs()),
    };
    // Judged before it joins: what the tool cannot do must not take a run of others with it.
    const unsupported = profile.unsupported?.(scope);
    const admission: Admission =
      unsupported === undefined
        ? admit(kick, scope, situation)
        : { kind: 'unsupported', why: unsupported };
    if (admission.kind === 'queue-full' || admission.kind === 'too-soon') {
      return admission;
    }
    const { run, how } = this.#place(admission, scope, now);
    const served = withKick(run, kick, by, how, scope, now);
    try {
      const record = { kick: kick.kick, run: run.run, by, body };
      journal.accept(record, served);
    } catch (error) {
      this.#doubtJournal();
      return journalBroken(error);
    }
    const refusal = refusalOf(admission, kick);
    narrator.tell({
      event: 'run-accepted',
      run: run.run,
      kick: kick.kick,
      by,
      how: refusal?.code ?? how,
    });
    if (refusal !== undefined) {
      return { kind: 'accepted', run: this.#record(served, refusal) };
    }
    this.#keep(served);
    this.#startNext();
    return { kind: 'accepted', run: served };
  }

  async find(id: Uuid7): Promise<Run | undefined> {
    return this.#parts.journal.findRun(id);
  }

  async waitForEnd(id: Uuid7, signal: AbortSignal): Promise<Run | undefined> {
    const life = this.#lives.get(id);
    if (life !== undefined && !signal.aborted) {
      const aborted = Promise.withResolvers<void>();
      signal.addEventListener('abort', () => aborted.resolve(), { once: true });
      await Promise.race([life.ended.promise, aborted.promise]);
    }
    return this.find(id);
  }

  async cancel(id: Uuid7, by: string): Promise<Cancellation> {
    const life = this.#lives.get(id);
    if (life === undefined) {
      const run = await this.find(id);
      return run === undefined
        ? { kind: 'unknown' }
        : { kind: 'has-ended', run };
    }
    const reason = `cancelled by ${by}`;
    const waiting = id === this.#served ? undefined : this.#takeFromQueue(id);
    if (waiting !== undefined) {
      this.#record(waiting, bareOutcome('cancelled', 'cancelled', reason));
    } else {
      life.cancel.abort(reason);
    }
    await life.ended.promise;
    const run = await this.find(id);
    return run === undefined ? { kind: 'unknown' } : { kind: 'cancelled', run };
  }

  async readLog(
    id: Uuid7,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    const run = await this.find(id);
    if (run === undefined) return undefined;
    return followLog(this.#logFile(id), () => this.#lives.has(id), signal);
  }

  async recent(most: number): Promise<Run[]> {
    return this.#parts.journal.recentRuns(most);
  }

  async state(): Promise<RunnerState> {
    const name = this.#settings.defaultProfile;
    const profile = this.#settings.profiles.get(name);
    const evidence = profile && (await readLocks(profile));
    const disabled = evidence && profile.refusal(evidence)?.reason;
    const frozen = readFreeze(this.#settings.freezeFile);
    const { fault } = this.#parts.journal;
    const recent = fault === undefined ? await this.recent(20) : [];
    const last = recent.find((run) => run.state === 'ended');
    return {
      profile: name,
      locked: evidence !== undefined && profile!.isLocked(evidence, isAlive),
      ...(disabled !== undefined && { disabled }),
      ...(frozen !== undefined && { frozen }),
      ...(fault !== undefined && { journalFault: fault }),
      ...(this.#running !== undefined && { current: this.#running }),
      ...(last !== undefined && { last }),
    };
  }

  /** Stops starting runs; one that is in progress goes on by itself and is adopted later. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#parts.journal.close();
  }

  get runningId(): Uuid7 | undefined {
    return this.#running?.run;
  }

  #place(
    admission: Admission,
    scope: RunScope,
    now: Date,
  ): { run: Run; how: Joined } {
    if (admission.kind === 'join-running') {
      return { run: admission.run, how: 'joined-running' };
    }
    if (admission.kind === 'join-queued') {
      return { run: admission.run, how: 'joined-queued' };
    }
    const id = this.#parts.newId();
    return {
      run: queuedRun(id, this.#settings.certname, scope, now),
      how: admission.kind === 'start' ? 'started' : 'queued',
    };
  }

  /** Puts the newest form of an open run where it belongs. */
  #keep(run: Run): void {
    if (this.#running?.run === run.run) {
      this.#running = run;
      return;
    }
    const index = this.#queue.findIndex((waiting) => waiting.run === run.run);
    if (index === -1) this.#queue.push(run);
    else this.#queue[index] = run;
    this.#bear(run);
  }

  #bear(run: Run): Life {
    const known = this.#lives.get(run.run);
    if (known !== undefined) return known;
    const life = {
      ended: Promise.withResolvers<void>(),
      cancel: new AbortController(),
    };
    this.#lives.set(run.run, life);
    return life;
  }

  #newest(run: Run): Run {
    if (this.#running?.run === run.run) return this.#running;
    return this.#queue.find((waiting) => waiting.run === run.run) ?? run;
  }

  #takeFromQueue(id: Uuid7): Run | undefined {
    const index = this.#queue.findIndex(({ run }) => run === id);
    return index === -1 ? undefined : this.#queue.splice(index, 1)[0];
  }

  #startNext(): void {
    if (this.#served !== undefined || this.#isClosed) return;
    if (this.#isDoubtful) return;
    const { clock } = this.#parts;
    const [next] = this.#queue;
    if (next === undefined) return;
    if (isUnwanted(next, clock.now())) {
      this.#queue.shift();
      const reason = 'every kick of this run expired while it waited';
      this.#record(next, bareOutcome('refused', 'expired', reason));
      this.#startNext();
      return;
    }
    const restMs = this.#pace.restMs(clock.monotonicMs());
    if (restMs > 0) {
      if (this.#rest !== undefined) return;
      this.#rest = this.#after(restMs, () => {
        this.#rest = undefined;
        this.#startNext();
      });
      return;
    }
    this.#serve(next, (execution) => executeRun(execution));
  }

  #serve(run: Run, work: (execution: Execution) => Promise<Outcome>): void {
    this.#served = run.run;
    void this.#seeThrough(run, this.#bear(run).cancel.signal, work);
  }

  /**
   * Marks a run as begun, first on disk: until then it waits like any other, others may join it, and
   * another kickd would start it.
   */
  #begin(run: Run): void {
    const { journal, launcher, clock } = this.#parts;
    this.#trustJournal();
    const started = startedRun(this.#newest(run), clock.now());
    journal.start(started, launcher.bootId());
    this.#takeFromQueue(run.run);
    this.#running = started;
    this.#pace.started(clock.monotonicMs());
  }

  /** Not written, the child is found again by its mark: no reason to give up a run that has begun. */
  #noteChild(run: Run, child: ChildIdentity): void {
    const { journal, launcher } = this.#parts;
    try {
      this.#trustJournal();
      journal.start(this.#newest(run), launcher.bootId(), child);
    } catch {
      this.#doubtJournal();
    }
  }

  /** One run from its preparation to its outcome; never rejects. */
  async #seeThrough(
    run: Run,
    cancel: AbortSignal,
    work: (execution: Execution) => Promise<Outcome>,
  ): Promise<void> {
    const { clock } = this.#parts;
    const startedMs = clock.monotonicMs();
    const newest = (): Run => this.#newest(run);
    const profile = this.#settings.profiles.get(run.cm) ?? goneProfile(run.cm);
    const execution: Execution = {
      ...this.#settings,
      ...this.#parts,
      get run() {
        return newest();
      },
      profile,
      cancel,
      logFile: this.#logFile(run.run),
      begin: () => this.#begin(run),
      noteChild: (child) => this.#noteChild(run, child),
    };
    const outcome = await work(execution).catch((error: unknown) =>
      this.#settleFailure(execution, error),
    );
    const last = newest();
    this.#takeFromQueue(run.run);
    this.#running = undefined;
    this.#served = undefined;
    const durationMs =
      last.startedAt === undefined
        ? undefined
        : clock.monotonicMs() - startedMs;
    this.#record(last, withMatch(outcome, last, profile.services), durationMs);
    this.#startNext();
  }

  /** Whether the tool was started is not guessed: one that could have been is looked for. */
  async #settleFailure(execution: Execution, error: unknown): Promise<Outcome> {
    if (execution.run.state !== 'running') {
      return bareOutcome('not-started', 'journal', reasonOf(error));
    }
    try {
      return await this.#adopt(execution, undefined);
    } catch (second) {
      return bareOutcome('lost', 'runner-gone', reasonOf(second));
    }
  }

  async #adopt(
    execution: Execution,
    identity: ChildIdentity | undefined,
  ): Promise<Outcome> {
    const { launcher, narrator } = this.#parts;
    const { run } = execution.run;
    const found = identity ?? launcher.find(run);
    const child = found && launcher.adopt(found, run);
    if (child !== undefined) {
      const { pid } = child.identity;
      narrator.tell({ event: 'run-adopted', run, pid });
    }
    return followAdopted(execution, child);
  }

  /** @returns the run as it may be told: ended only once that is on disk */
  #record(run: Run, outcome: Outcome, durationMs?: number): Run {
    const ended = endedRun(run, outcome, this.#parts.clock.now(), durationMs);
    this.#bear(run);
    this.#endings.set(run.run, {
      ended,
      ...(durationMs !== undefined && { durationMs }),
    });
    this.#writeEndings();
    return this.#endings.has(run.run) ? run : ended;
  }

  /** An outcome that cannot be written is kept, and written as soon as the disk allows. */
  #writeEndings(): void {
    // After close() the run goes on without us and the next kickd settles it.
    if (this.#isClosed) return;
    const { journal } = this.#parts;
    try {
      this.#trustJournal();
      for (const [id, ending] of this.#endings) {
        journal.end(ending.ended);
        this.#endings.delete(id);
        this.#tellEnd(ending);
      }
    } catch {
      this.#doubtJournal();
    }
  }

  #tellEnd({ ended, durationMs }: Ending): void {
    const { run, outcome = bareOutcome('lost') } = ended;
    this.#lives.get(run)?.ended.resolve();
    this.#lives.delete(run);
    this.#parts.narrator.tell({
      event: 'run-ended',
      run,
      ...(durationMs !== undefined && { durationMs: Math.round(durationMs) }),
      outcome,
    });
  }

  #doubtJournal(): void {
    this.#isDoubtful = true;
    if (this.#isRetrying || this.#isClosed) return;
    this.#isRetrying = true;
    this.#after(writeAgainMs, () => {
      this.#isRetrying = false;
      this.#writeEndings();
      this.#startNext();
    });
  }

  /**
   * After a write that failed: what it has left on disk was accepted, whatever we said of it, since
   * the next kickd would find it there.
   * @throws while the journal cannot be written
   */
  #trustJournal(): void {
    if (!this.#isDoubtful) return;
    const { journal } = this.#parts;
    journal.probe();
    for (const { run } of journal.openRuns()) {
      const ending = this.#endings.get(run.run);
      if (ending === undefined) this.#keep(run);
      else ending.ended = { ...ending.ended, kicks: run.kicks };
    }
    this.#isDoubtful = false;
  }

  #prune(): void {
    const { journal, clock } = this.#parts;
    const before = new Date(clock.now().getTime() - this.#settings.keepMs);
    try {
      const forgotten = new Set(journal.prune(before));
      if (forgotten.size > 0)
        void removeFilesOf(forgotten, this.#settings.logDir);
    } catch {
      this.#doubtJournal();
    }
  }

  #logFile(id: Uuid7): string {
    return join(this.#settings.logDir, `${id}.log`);
  }

  #after(ms: number, work: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, ms);
    this.#timers.add(timer);
    return timer;
  }

  #every(ms: number, work: () => void): void {
    const timer = setInterval(work, ms);
    timer.unref();
    this.#timers.add(timer);
  }
}

/** A kick that is taken and recorded, and will never run. */
function refusalOf(admission: Admission, kick: Kick): Outcome | undefined {
  switch (admission.kind) {
    case 'expired':
      return bareOutcome(
        'refused',
        'expired',
        `the kick expired at ${String(kick.expires)}`,
      );
    case 'unsupported':
      return bareOutcome('refused', 'unsupported', admission.why);
    case 'start':
    case 'queue':
    case 'join-queued':
    case 'join-running':
    case 'queue-full':
    case 'too-soon':
      return undefined;
  }
}

function journalBroken(error: unknown): Submission {
  return { kind: 'journal-broken', reason: reasonOf(error) };
}
