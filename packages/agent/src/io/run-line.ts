import { join } from 'node:path';
import type { Healed, Outcome, Run, Uuid7 } from '@kickd/protocol';
import { reasonOf } from '../errors.ts';
import { settle } from '../journal/settle.ts';
import { isUnwanted } from '../run/admit.ts';
import { goneProfile } from '../run/gone-profile.ts';
import { withHealed } from '../run/healed.ts';
import { withMatch } from '../run/match.ts';
import { OpenRuns } from '../run/open-runs.ts';
import { bareOutcome } from '../run/outcome.ts';
import { Pace } from '../run/pace.ts';
import { endedRun, startedRun } from '../run/run.ts';
import type {
  ChildIdentity,
  Clock,
  CmProfile,
  Journal,
  Launcher,
  Narrator,
  Standbys,
} from '../ports.ts';
import { Endings } from './endings.ts';
import {
  executeRun,
  startCold,
  followAdopted,
  type Execution,
  type ExecutionSettings,
} from './execute.ts';
import { askAfter } from './host-probes.ts';
import { handOverAgain, markOfStandby } from './hand-over.ts';
import { Lives } from './lives.ts';
import { Timers } from './timers.ts';

export interface RunLineSettings extends ExecutionSettings {
  profiles: ReadonlyMap<string, CmProfile>;
  /** between the starts of two runs */
  minIntervalMs: number;
  /** where the output of each run goes, as RUN.log */
  logDir: string;
}

export interface RunLineParts {
  journal: Journal;
  launcher: Launcher;
  clock: Clock;
  narrator: Narrator;
  standbys: Standbys;
}

const quietMs = 1000;

/**
 * The runs of this host, one after the other: from the queue to the outcome on disk. Every step of it is
 * in the journal first.
 */
export class RunLine {
  readonly #settings: RunLineSettings;
  readonly #parts: RunLineParts;
  readonly #pace: Pace;
  readonly #open = new OpenRuns();
  /** the run that is prepared, in progress, or being judged: there is never a second one */
  #served: Uuid7 | undefined;
  #isClosed = false;
  readonly #closing = new AbortController();
  /** set while the host's own interval holds the queue back */
  #isResting = false;
  #isKeeping = false;
  readonly lives = new Lives();
  readonly timers = new Timers();
  readonly endings: Endings;

  constructor(settings: RunLineSettings, parts: RunLineParts) {
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
    this.endings = new Endings({
      journal,
      timers: this.timers,
      onTold: (ended, durationMs) => this.#tellEnd(ended, durationMs),
      onFound: (run) => this.keep(run),
      onTrusted: () => this.startNext(),
    });
  }

  get running(): Run | undefined {
    return this.#open.running;
  }

  get waiting(): readonly Run[] {
    return this.#open.waiting;
  }

  /** How long the host's own interval between two starts still lasts; 0: a run may start. */
  restMs(): number {
    return this.#pace.restMs(this.#parts.clock.monotonicMs());
  }

  /** Settles what an earlier kickd left open. Call once, before the first kick. */
  recover(): void {
    const { journal, launcher } = this.#parts;
    for (const open of journal.openRuns()) {
      const settlement = settle(open, launcher.bootId());
      switch (settlement.kind) {
        case 'requeue':
          if (this.#isDrill(open.run)) {
            // Nobody knows how long kickd was gone: whoever asked for the drill watches no more.
            const reason = 'kickd was restarted before the drill began';
            this.record(open.run, bareOutcome('not-started', 'drill', reason));
          } else this.keep(open.run);
          break;
        case 'end':
          this.record(open.run, settlement.outcome);
          break;
        case 'adopt': {
          if (this.#served !== undefined) {
            // two runs at once were never begun here: the journal is not what this kickd wrote
            const reason = 'another run was in progress at the same time';
            this.record(open.run, bareOutcome('lost', 'runner-gone', reason));
            break;
          }
          const { child } = settlement;
          this.#open.begin(open.run);
          this.#serve(open.run, (execution) => this.#adopt(execution, child));
          break;
        }
      }
    }
  }

  #isDrill({ cm }: Run): boolean {
    return this.#settings.profiles.get(cm)?.breaks !== undefined;
  }

  /** Takes the newest form of an open run. */
  keep(run: Run): void {
    this.#open.keep(run);
    this.lives.bear(run.run);
  }

  startNext(): void {
    if (this.#served !== undefined || this.#isClosed) return;
    if (this.endings.isDoubtful) return;
    const { clock } = this.#parts;
    const [next] = this.#open.waiting;
    if (next === undefined) {
      this.#keepStandbys();
      return;
    }
    if (isUnwanted(next, clock.now())) {
      this.#open.take(next.run);
      const reason = 'every kick of this run expired while it waited';
      this.record(next, bareOutcome('refused', 'expired', reason));
      this.startNext();
      return;
    }
    const restMs = this.restMs();
    if (restMs > 0) {
      if (this.#isResting) return;
      this.#isResting = true;
      this.timers.after(restMs, () => {
        this.#isResting = false;
        this.startNext();
      });
      return;
    }
    this.#serve(next, executeRun);
  }

  /** Not at once: whoever has just started may be asked for a run, and one that loads meanwhile is of no use for it. */
  #keepStandbys(): void {
    if (this.#isKeeping) return;
    this.#isKeeping = true;
    this.timers.after(quietMs, () => {
      this.#isKeeping = false;
      if (this.#served !== undefined || this.#isClosed) return;
      const plans = [...this.#settings.profiles.values()].flatMap(
        ({ standby }) => standby ?? [],
      );
      void this.#parts.standbys.keep(plans);
    });
  }

  /** Ends a run that waits at once, and asks one that is served to end. */
  cancel(id: Uuid7, reason: string): void {
    const waiting = id === this.#served ? undefined : this.#open.take(id);
    if (waiting === undefined) this.lives.cancel(id, reason);
    else this.record(waiting, bareOutcome('cancelled', 'cancelled', reason));
  }

  /** @returns the run as it may be told: ended only once that is on disk */
  record(run: Run, outcome: Outcome, durationMs?: number): Run {
    const ended = endedRun(run, outcome, this.#parts.clock.now(), durationMs);
    this.lives.bear(run.run);
    return this.endings.end(ended, durationMs) ? ended : run;
  }

  logFile(id: Uuid7): string {
    return join(this.#settings.logDir, `${id}.log`);
  }

  /** Stops starting runs; one that is in progress goes on by itself and is adopted later. */
  close(): void {
    this.#isClosed = true;
    this.#closing.abort();
    this.endings.close();
    this.timers.close();
  }

  #serve(run: Run, work: (execution: Execution) => Promise<Outcome>): void {
    this.#served = run.run;
    void this.#seeThrough(run, work);
  }

  /** One run from its preparation to its outcome; never rejects. */
  async #seeThrough(
    run: Run,
    work: (execution: Execution) => Promise<Outcome>,
  ): Promise<void> {
    const { clock } = this.#parts;
    const startedMs = clock.monotonicMs();
    let sealed: Run | undefined;
    const newest = (): Run => sealed ?? this.#open.newest(run);
    const profile = this.#settings.profiles.get(run.cm) ?? goneProfile(run.cm);
    const execution: Execution = {
      ...this.#settings,
      ...this.#parts,
      get run() {
        return newest();
      },
      profile,
      cancel: this.lives.cancelOf(run.run),
      closing: this.#closing.signal,
      logFile: this.logFile(run.run),
      seal: () => {
        sealed = newest();
        this.#open.drop(run.run);
      },
      begin: (child) => this.#begin(run, child),
      heal: (healed) => this.#heal(run, healed),
      noteChild: (child) => this.#noteChild(run, child),
    };
    const outcome = await work(execution).catch((error: unknown) =>
      this.#settleFailure(execution, error),
    );
    const durationMs = clock.monotonicMs() - startedMs;
    const verified = await askAfter(execution, outcome);
    const last = newest();
    this.#open.drop(run.run);
    this.#served = undefined;
    this.record(
      last,
      {
        ...withMatch(withHealed(outcome, last.healed), last, profile.services),
        ...(verified !== undefined && { verified }),
      },
      last.startedAt === undefined ? undefined : durationMs,
    );
    this.startNext();
  }

  /**
   * Marks a run as begun, first on disk: until then it waits like any other, others may join it, and
   * another kickd would start it.
   */
  #begin(run: Run, child?: ChildIdentity): void {
    const { journal, launcher, clock } = this.#parts;
    this.endings.trust();
    const started = startedRun(this.#open.newest(run), clock.now());
    journal.start(started, launcher.bootId(), child);
    this.#open.begin(started);
    this.#pace.started(clock.monotonicMs());
  }

  /** Not written, the child is found again by its mark: no reason to give up a run that has begun. */
  #noteChild(run: Run, child: ChildIdentity): void {
    const { journal, launcher } = this.#parts;
    try {
      this.endings.trust();
      journal.start(this.#open.newest(run), launcher.bootId(), child);
    } catch {
      this.endings.doubt();
    }
  }

  /** Told by what the run left on disk: not written, the next kickd reads it again. */
  #heal(run: Run, healed: Healed): void {
    const { journal, narrator } = this.#parts;
    const before = this.#open.newest(run);
    if (before.state !== 'running' || before.healed !== undefined) return;
    const after = { ...before, healed };
    this.#open.begin(after);
    narrator.tell({ event: 'run-healed', run: run.run, healed });
    try {
      this.endings.trust();
      journal.note(after);
    } catch {
      this.endings.doubt();
    }
    this.lives.heal(run.run);
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
    const mark = markOfStandby(execution.logFile);
    if (mark !== undefined) {
      const taken = await handOverAgain(execution, mark, identity);
      if (taken === undefined) return startCold(execution);
      return followAdopted(execution, taken.child);
    }
    const found = identity ?? launcher.find(run);
    const child = found && launcher.adopt(found, run);
    if (child !== undefined) {
      const { pid } = child.identity;
      narrator.tell({ event: 'run-adopted', run, pid });
    }
    return followAdopted(execution, child);
  }

  #tellEnd(ended: Run, durationMs: number | undefined): void {
    const { run, outcome = bareOutcome('lost') } = ended;
    this.lives.end(run);
    this.#parts.narrator.tell({
      event: 'run-ended',
      run,
      ...(durationMs !== undefined && { durationMs: Math.round(durationMs) }),
      outcome,
    });
  }
}
