import type { Joined, Kick, Outcome, Run, Uuid7 } from '@kickd/protocol';
import { canonicalKick } from '../run/canonical.ts';
import { admit } from '../run/admit.ts';
import { bareOutcome } from '../run/outcome.ts';
import { endedRun, queuedRun, startedRun, withKick } from '../run/run.ts';
import { scopeOf, type RunScope } from '../run/scope.ts';
import { settle } from '../journal/settle.ts';
import type {
  Child,
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
  type ExecutionSettings,
} from './execute.ts';
import { isAlive } from './proc.ts';

export interface LocalRunnerSettings extends ExecutionSettings {
  certname: string;
  profiles: ReadonlyMap<string, CmProfile>;
  defaultProfile: string;
}

export interface LocalRunnerParts {
  journal: Journal;
  launcher: Launcher;
  clock: Clock;
  narrator: Narrator;
  newId(): Uuid7;
}

/** The `Runner` in this process: the queue in memory, every step of it in the journal first. */
export class LocalRunner implements Runner {
  readonly #settings: LocalRunnerSettings;
  readonly #parts: LocalRunnerParts;
  readonly #queue: Run[] = [];
  #running: Run | undefined;
  #isClosed = false;
  /** one for each open run: fires when it has ended */
  readonly #endings = new Map<Uuid7, PromiseWithResolvers<void>>();

  constructor(settings: LocalRunnerSettings, parts: LocalRunnerParts) {
    this.#settings = settings;
    this.#parts = parts;
  }

  /** Settles what an earlier kickd left open, then begins. Call once, before the first kick. */
  recover(): void {
    const { journal, launcher } = this.#parts;
    for (const open of journal.openRuns()) {
      const settlement = settle(open, launcher.bootId());
      switch (settlement.kind) {
        case 'requeue':
          this.#queue.push(open.run);
          break;
        case 'end':
          this.#record(open.run, settlement.outcome);
          break;
        case 'adopt':
          this.#begin(open.run, () =>
            this.#adopt(open.run, launcher.adopt(settlement.child)),
          );
          break;
      }
    }
    this.#startNext();
  }

  async submit(kick: Kick, by: string): Promise<Submission> {
    const { journal, clock } = this.#parts;
    const body = canonicalKick(kick);
    try {
      const known = journal.findKick(kick.kick);
      if (known !== undefined) {
        const run = journal.findRun(known.run);
        return known.body === body && known.by === by && run !== undefined
          ? { kind: 'accepted', run }
          : { kind: 'conflict' };
      }
    } catch (error) {
      return journalBroken(error);
    }
    const scope = scopeOf(kick, this.#settings.defaultProfile);
    const profile = this.#settings.profiles.get(scope.cm);
    if (profile === undefined) {
      return {
        kind: 'unknown-profile',
        known: [...this.#settings.profiles.keys()],
      };
    }
    const now = clock.now();
    const admission = admit(kick, scope, now, this.#running, this.#queue);
    if (admission.kind === 'queue-full') return { kind: 'queue-full' };
    const { run, how } = this.#place(admission, scope, now);
    const served = withKick(run, kick, by, how, scope, now);
    try {
      const record = { kick: kick.kick, run: run.run, by, body };
      journal.accept(record, served);
    } catch (error) {
      return journalBroken(error);
    }
    this.#parts.narrator.tell({
      event: 'run-accepted',
      run: run.run,
      kick: kick.kick,
      by,
      how: admission.kind === 'expired' ? 'expired' : how,
    });
    if (admission.kind === 'expired') {
      const reason = `the kick expired at ${String(kick.expires)}`;
      return {
        kind: 'accepted',
        run: this.#record(served, bareOutcome('refused', 'expired', reason)),
      };
    }
    this.#keep(served);
    this.#startNext();
    return { kind: 'accepted', run: this.#newest(served) };
  }

  async find(id: Uuid7): Promise<Run | undefined> {
    return this.#parts.journal.findRun(id);
  }

  async waitForEnd(id: Uuid7, signal: AbortSignal): Promise<Run | undefined> {
    const ending = this.#endings.get(id);
    if (ending !== undefined && !signal.aborted) {
      const aborted = Promise.withResolvers<void>();
      signal.addEventListener('abort', () => aborted.resolve(), { once: true });
      await Promise.race([ending.promise, aborted.promise]);
    }
    return this.find(id);
  }

  async recent(most: number): Promise<Run[]> {
    return this.#parts.journal.recentRuns(most);
  }

  async state(): Promise<RunnerState> {
    const name = this.#settings.defaultProfile;
    const profile = this.#settings.profiles.get(name);
    const evidence = profile && (await readLocks(profile));
    const refusal = evidence && profile.refusal(evidence);
    const last = this.#parts.journal
      .recentRuns(20)
      .find((run) => run.state === 'ended');
    return {
      profile: name,
      locked: evidence !== undefined && profile!.isLocked(evidence, isAlive),
      ...(refusal?.reason !== undefined && { disabled: refusal.reason }),
      ...(this.#running !== undefined && { current: this.#running }),
      ...(last !== undefined && { last }),
    };
  }

  /** Stops starting runs; one that is in progress goes on by itself and is adopted later. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#parts.journal.close();
  }

  get runningId(): Uuid7 | undefined {
    return this.#running?.run;
  }

  #place(
    admission: ReturnType<typeof admit>,
    scope: RunScope,
    now: Date,
  ): { run: Run; how: Joined } {
    switch (admission.kind) {
      case 'join-running':
        return { run: admission.run, how: 'joined-running' };
      case 'join-queued':
        return { run: admission.run, how: 'joined-queued' };
      case 'start':
      case 'queue':
      case 'expired':
      case 'queue-full': {
        const { certname } = this.#settings;
        return {
          run: queuedRun(this.#parts.newId(), certname, scope, now),
          how: admission.kind === 'start' ? 'started' : 'queued',
        };
      }
    }
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
    if (!this.#endings.has(run.run)) {
      this.#endings.set(run.run, Promise.withResolvers());
    }
  }

  #newest(run: Run): Run {
    if (this.#running?.run === run.run) return this.#running;
    return this.#queue.find((waiting) => waiting.run === run.run) ?? run;
  }

  #startNext(): void {
    if (this.#running !== undefined || this.#isClosed) return;
    const next = this.#queue.shift();
    if (next === undefined) return;
    const started = startedRun(next, this.#parts.clock.now());
    this.#begin(started, () => this.#execute(started));
  }

  #begin(run: Run, work: () => Promise<Outcome>): void {
    if (!this.#endings.has(run.run)) {
      this.#endings.set(run.run, Promise.withResolvers());
    }
    this.#running = run;
    void this.#serve(run, work);
  }

  /** One run from its start to its outcome; never rejects. */
  async #serve(run: Run, work: () => Promise<Outcome>): Promise<void> {
    const startedMs = this.#parts.clock.monotonicMs();
    let outcome: Outcome;
    try {
      outcome = await work();
    } catch (error) {
      outcome = bareOutcome('not-started', 'internal', String(error));
    }
    if (this.#running?.run !== run.run) return;
    const last = this.#running;
    this.#running = undefined;
    const durationMs = this.#parts.clock.monotonicMs() - startedMs;
    this.#record(last, outcome, durationMs);
    this.#startNext();
  }

  #execute(run: Run): Promise<Outcome> {
    const profile = this.#settings.profiles.get(run.cm);
    if (profile === undefined) return Promise.resolve(goneProfile(run));
    return executeRun(run, profile, this.#settings, {
      ...this.#parts,
      onStart: (child) => {
        this.#parts.journal.start(this.#running ?? run, child);
      },
    });
  }

  #adopt(run: Run, child: Child | undefined): Promise<Outcome> {
    const profile = this.#settings.profiles.get(run.cm);
    if (profile === undefined) return Promise.resolve(goneProfile(run));
    if (child !== undefined) {
      this.#parts.narrator.tell({
        event: 'run-adopted',
        run: run.run,
        pid: child.identity.pid,
      });
    }
    return followAdopted(run, profile, child, this.#settings, {
      ...this.#parts,
      onStart: () => undefined,
    });
  }

  #record(run: Run, outcome: Outcome, durationMs?: number): Run {
    const { journal, clock, narrator } = this.#parts;
    const ended = endedRun(run, outcome, clock.now(), durationMs);
    // After close() the run goes on without us and the next kickd settles it.
    if (!this.#isClosed) journal.end(ended);
    narrator.tell({
      event: 'run-ended',
      run: run.run,
      ...(durationMs !== undefined && { durationMs: Math.round(durationMs) }),
      outcome,
    });
    this.#endings.get(run.run)?.resolve();
    this.#endings.delete(run.run);
    return ended;
  }
}

function goneProfile(run: Run): Outcome {
  return bareOutcome(
    'not-started',
    'unknown-profile',
    `the configuration has no profile ${run.cm} any more`,
  );
}

function journalBroken(error: unknown): Submission {
  const reason = error instanceof Error ? error.message : String(error);
  return { kind: 'journal-broken', reason };
}
