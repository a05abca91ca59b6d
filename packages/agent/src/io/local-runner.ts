import type { Joined, Kick, Outcome, Run, Uuid7 } from '@kickd/protocol';
import { reasonOf } from '../errors.ts';
import { admit, type Admission } from '../run/admit.ts';
import { canonicalKick } from '../run/canonical.ts';
import { bareOutcome } from '../run/outcome.ts';
import { queuedRun, withKick } from '../run/run.ts';
import { scopeOf, type RunScope } from '../run/scope.ts';
import type {
  Cancellation,
  KickAs,
  Runner,
  RunnerState,
  Submission,
} from '../ports.ts';
import { readLocks } from './execute.ts';
import { readFreeze } from './freeze-file.ts';
import { isAlive } from './proc.ts';
import { followLog, removeFilesOf } from './run-log.ts';
import {
  RunLine,
  type RunLineParts,
  type RunLineSettings,
} from './run-line.ts';

export interface LocalRunnerSettings extends RunLineSettings {
  certname: string;
  defaultProfile: string;
  /** how long an ended run is remembered, and with it the ids of its kicks */
  keepMs: number;
}

export interface LocalRunnerParts extends RunLineParts {
  /** what others know of this runner, for whoever asks for its state */
  facts(): Pick<RunnerState, 'launcher' | 'counts'>;
  newId(): Uuid7;
}

/** Why a kick is not taken that names this profile: see Submission. */
type RefusedProfile =
  | 'unknown-profile'
  | 'profile-changed'
  | 'drill-service'
  | 'drill-for-alert'
  | 'drill-busy';

const pruneEveryMs = 60 * 60 * 1000;

/** The `Runner` in this process: what is asked of it, and what it answers. The runs are RunLine's. */
export class LocalRunner implements Runner {
  readonly #settings: LocalRunnerSettings;
  readonly #parts: LocalRunnerParts;
  readonly #line: RunLine;

  constructor(settings: LocalRunnerSettings, parts: LocalRunnerParts) {
    this.#settings = settings;
    this.#parts = parts;
    this.#line = new RunLine(settings, parts);
  }

  /** Settles what an earlier kickd left open, then begins. Call once, before the first kick. */
  recover(): void {
    this.#line.recover();
    this.#prune();
    this.#line.timers.every(pruneEveryMs, () => this.#prune());
    this.#line.startNext();
  }

  async submit(
    kick: Kick,
    by: string,
    as: KickAs = 'run',
  ): Promise<Submission> {
    const { journal, clock, narrator } = this.#parts;
    const { endings } = this.#line;
    const body = canonicalKick(kick);
    try {
      endings.trust();
      const known = journal.findKick(kick.kick);
      if (known !== undefined) {
        const run = await this.find(known.run);
        return known.body === body && known.by === by && run !== undefined
          ? { kind: 'accepted', run }
          : { kind: 'conflict' };
      }
    } catch (error) {
      endings.doubt();
      return journalBroken(error);
    }
    const scope = scopeOf(kick, this.#settings.defaultProfile);
    const admission = this.#admit(kick, scope, as);
    if (
      admission.kind === 'unknown-profile' ||
      admission.kind === 'profile-changed' ||
      admission.kind === 'drill-service' ||
      admission.kind === 'drill-for-alert' ||
      admission.kind === 'drill-busy' ||
      admission.kind === 'queue-full' ||
      admission.kind === 'too-soon'
    ) {
      return admission;
    }
    const now = clock.now();
    const { run, how } = this.#place(admission, scope, now);
    const served = withKick(run, kick, by, how, scope, now);
    try {
      const record = { kick: kick.kick, run: run.run, by, body };
      journal.accept(record, served);
    } catch (error) {
      endings.doubt();
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
      return { kind: 'accepted', run: this.#line.record(served, refusal) };
    }
    this.#line.keep(served);
    this.#line.startNext();
    return { kind: 'accepted', run: served };
  }

  async find(id: Uuid7): Promise<Run | undefined> {
    return this.#parts.journal.findRun(id);
  }

  async waitForEnd(id: Uuid7, signal: AbortSignal): Promise<Run | undefined> {
    await settledOrAborted(this.#line.lives.ended(id), signal);
    return this.find(id);
  }

  async waitForHeal(id: Uuid7, signal: AbortSignal): Promise<Run | undefined> {
    await settledOrAborted(this.#line.lives.healed(id), signal);
    return this.find(id);
  }

  async cancel(id: Uuid7, by: string): Promise<Cancellation> {
    const ended = this.#line.lives.ended(id);
    if (ended === undefined) {
      const run = await this.find(id);
      return run === undefined
        ? { kind: 'unknown' }
        : { kind: 'has-ended', run };
    }
    this.#line.cancel(id, `cancelled by ${by}`);
    await ended;
    const run = await this.find(id);
    return run === undefined ? { kind: 'unknown' } : { kind: 'cancelled', run };
  }

  async readLog(
    id: Uuid7,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    const run = await this.find(id);
    if (run === undefined) return undefined;
    const { lives } = this.#line;
    return followLog(this.#line.logFile(id), () => lives.has(id), signal);
  }

  async recent(most: number): Promise<Run[]> {
    return this.#parts.journal.recentRuns(most);
  }

  async state(): Promise<RunnerState> {
    const name = this.#settings.defaultProfile;
    const profile = this.#settings.profiles.get(name);
    const evidence = profile && (await readLocks(profile));
    const disabled = evidence && profile.refusal(evidence)?.reason;
    const policy = evidence && profile.policy?.(evidence);
    const frozen = readFreeze(this.#settings.freezeFile);
    const { fault } = this.#parts.journal;
    const recent = fault === undefined ? await this.recent(20) : [];
    const last = recent.find((run) => run.state === 'ended');
    const { running } = this.#line;
    return {
      profile: name,
      ...this.#parts.facts(),
      locked: evidence !== undefined && profile!.isLocked(evidence, isAlive),
      ...(disabled !== undefined && { disabled }),
      ...(policy !== undefined && { policy }),
      ...(frozen !== undefined && { frozen }),
      ...(fault !== undefined && { journalFault: fault }),
      ...(running !== undefined && { current: running }),
      ...(last !== undefined && { last }),
    };
  }

  /** Stops starting runs; one that is in progress goes on by itself and is adopted later. */
  async close(): Promise<void> {
    this.#line.close();
    await this.#parts.standbys.close();
    this.#parts.journal.close();
  }

  get runningId(): Uuid7 | undefined {
    return this.#line.running?.run;
  }

  /** no run waits, is in progress or still has to be written down */
  get isIdle(): boolean {
    return this.#line.lives.count === 0;
  }

  #admit(
    kick: Kick,
    scope: RunScope,
    as: KickAs,
  ): Admission | Extract<Submission, { kind: RefusedProfile }> {
    const { profiles } = this.#settings;
    const profile = profiles.get(scope.cm);
    if (profile === undefined) {
      return { kind: 'unknown-profile', known: [...profiles.keys()] };
    }
    const { breaks } = profile;
    // Whoever asked the rules may have read other settings than these, or be a stranger.
    if ((breaks !== undefined) !== (as === 'drill')) {
      return { kind: 'profile-changed' };
    }
    if (breaks !== undefined) {
      const service = kick.because?.service;
      if (service === undefined || !breaks.has(service)) {
        return {
          kind: 'drill-service',
          ...(service !== undefined && { service }),
          breaks: [...breaks],
        };
      }
      if (!isForDrill(kick)) return { kind: 'drill-for-alert' };
    }
    // Judged before it joins: what the tool cannot do must not take a run of others with it.
    const unsupported = profile.unsupported?.(scope);
    if (unsupported !== undefined) {
      return { kind: 'unsupported', why: unsupported };
    }
    const { running, waiting } = this.#line;
    if (breaks !== undefined && (running !== undefined || waiting.length > 0)) {
      return { kind: 'drill-busy' };
    }
    return admit(kick, scope, {
      now: this.#parts.clock.now(),
      running,
      queued: waiting,
      restMs: this.#line.restMs(),
    });
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

  #prune(): void {
    const { journal, clock } = this.#parts;
    const { keepMs, logDir } = this.#settings;
    try {
      const before = new Date(clock.now().getTime() - keepMs);
      const forgotten = new Set(journal.prune(before));
      if (forgotten.size > 0) void removeFilesOf(forgotten, logDir);
    } catch {
      this.#line.endings.doubt();
    }
  }
}

async function settledOrAborted(
  settled: Promise<void> | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (settled === undefined || signal.aborted) return;
  const aborted = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => aborted.resolve(), { once: true });
  await Promise.race([settled, aborted.promise]);
}

/** A rule whose `what.cm` is a drill would break a host for each alert. */
function isForDrill({ because }: Kick): boolean {
  return because?.state === 'drill' && because.problem === undefined;
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
