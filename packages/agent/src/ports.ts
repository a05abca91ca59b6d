import type { Healed, Kick, Outcome, Run, Uuid7 } from '@kickd/protocol';
import type { RunCounts } from './run/counts.ts';
import type { ChainHead } from './audit/chain.ts';
import type { AuditEntry } from './audit/entry.ts';
import type { ServiceMap } from './run/match.ts';
import type { RunScope } from './run/scope.ts';
import type { Told } from './told.ts';

/** Every seam between the rooms, which decide, and `io/`, which does. */

export interface Clock {
  /** the wall clock, for display and for comparing with a monitor's times */
  now(): Date;
  /** milliseconds of a clock that never jumps, for every interval */
  monotonicMs(): number;
}

/**
 * The seam between the listener, which reads the network, and the runner, which starts the CM tool.
 * One adapter runs in the same process (`LocalRunner`), the other crosses a UNIX socket (`SocketRunner`).
 */
export interface Runner {
  /**
   * Takes a kick: durable before it resolves.
   * @param as what the access rules were asked about; `run` where it is left out
   */
  submit(kick: Kick, by: string, as?: KickAs): Promise<Submission>;
  find(run: Uuid7): Promise<Run | undefined>;
  /** Ends a run that waits or is in progress; resolves when it has ended. */
  cancel(run: Uuid7, by: string): Promise<Cancellation>;
  /** The tool's output so far, and on to the end of the run; undefined: no such run. */
  readLog(
    run: Uuid7,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Resolves when the run has ended, or as it stands when `signal` aborts. */
  waitForEnd(run: Uuid7, signal: AbortSignal): Promise<Run | undefined>;
  /** Resolves when the run has healed or has ended, or as it stands when `signal` aborts. */
  waitForHeal(run: Uuid7, signal: AbortSignal): Promise<Run | undefined>;
  /** Newest first. */
  recent(most: number): Promise<Run[]>;
  state(): Promise<RunnerState>;
  close(): Promise<void>;
}

/** What the access rules have allowed: a run that heals, or a drill that breaks. */
export type KickAs = 'run' | 'drill';

export type Submission =
  | { kind: 'accepted'; run: Run }
  | { kind: 'conflict' }
  | { kind: 'unknown-profile'; known: string[] }
  /** the rules were asked about a run, and the profile is a drill, or the other way round */
  | { kind: 'profile-changed' }
  /** a drill that does not say which service it is about, or one that its profile does not break */
  | { kind: 'drill-service'; service?: string; breaks: string[] }
  /** a drill is asked for by a person: what a monitor has seen never breaks anything */
  | { kind: 'drill-for-alert' }
  /** a drill begins at once or never */
  | { kind: 'drill-busy' }
  | { kind: 'queue-full' }
  /** not taken: the host's own interval between runs; the same kick may come again */
  | { kind: 'too-soon'; retryAfterMs: number }
  /** not taken: more kicks than the runner takes from its listener; the same kick may come again */
  | { kind: 'too-many'; retryAfterMs: number }
  | { kind: 'journal-broken'; reason: string };

export type Cancellation =
  | { kind: 'cancelled'; run: Run }
  | { kind: 'has-ended'; run: Run }
  | { kind: 'unknown' };

export interface RunnerState {
  profile: string;
  /** how runs are started: as transient systemd units, or as process groups */
  launcher: 'unit' | 'process';
  counts: RunCounts;
  locked: boolean;
  /** the administrator's message, where the tool is disabled */
  disabled?: string;
  /** the policy of the tool's last run, whoever started it */
  policy?: AppliedPolicy;
  current?: Run;
  last?: Run;
  /** why the journal cannot be written; undefined: it can */
  journalFault?: string;
  /** the words of the freeze file, where there is one */
  frozen?: string;
}

/** Which policy a run applied, as the tool itself tells it. */
export interface AppliedPolicy {
  configVersion: string;
  /** ISO 8601 */
  endedAt: string;
  durationMs?: number;
}

/** The durable record of kicks and runs. A method returns when its record is on disk. */
export interface Journal {
  findKick(kick: Uuid7): KickRecord | undefined;
  findRun(run: Uuid7): Run | undefined;
  recentRuns(most: number): Run[];
  /** The runs that have not ended, oldest first. */
  openRuns(): OpenRun[];
  /** One transaction: the kick, and the run that serves it as it now stands. */
  accept(kick: KickRecord, run: Run): void;
  /** Called before the child is started, and again once it is known. */
  start(run: Run, bootId: string, child?: ChildIdentity): void;
  end(run: Run): void;
  /** The run as it now stands, in progress: nothing of its child changes. */
  note(run: Run): void;
  /** Forgets ended runs, and their kicks, that ended before this time. @returns their ids */
  prune(before: Date): Uuid7[];
  /** Writes something that changes nothing. @throws while the journal cannot be written */
  probe(): void;
  /** Why the last write failed, until one succeeds; undefined while all is well. */
  readonly fault: string | undefined;
  close(): void;
}

export interface KickRecord {
  kick: Uuid7;
  run: Uuid7;
  by: string;
  /** the body as accepted, keys sorted: the same id with another body is a conflict */
  body: string;
}

export interface OpenRun {
  run: Run;
  /** of the boot in which it was started; undefined while it waits */
  bootId?: string;
  child?: ChildIdentity;
}

/** What tells a process from a later one that was given the same number. */
export interface ChildIdentity {
  pid: number;
  /** field 22 of /proc/PID/stat: clock ticks since boot */
  startTicks: string;
  bootId: string;
}

/** Starts children of a run and finds them again. */
export interface Launcher {
  /** @param mark goes into the environment as KICKD_RUN, so that all descendants carry it */
  launch(command: Command, mark: Uuid7, outputFile: string): Promise<Launch>;
  /**
   * A child that an earlier process of ours started for this run: undefined when it is gone and
   * nobody wrote down how it ended.
   */
  adopt(child: ChildIdentity, run: Uuid7): Child | undefined;
  /** A child of this run that nobody could write down any more: kickd ended in between. */
  find(run: Uuid7): ChildIdentity | undefined;
  /** Ends with KILL whatever still belongs to the run; resolves when nothing does. */
  killSurvivors(run: Uuid7): Promise<void>;
  bootId(): string;
}

/** A literal command: no shell, nothing inherited. */
export interface Command {
  file: string;
  argv: string[];
  env: Record<string, string>;
  /** of a probe: without any privilege, and nothing of it outlives its end */
  confined?: Confinement;
}

export interface Confinement {
  user: string;
  /** left out: kickd is not root and starts it as itself */
  ids?: { uid: number; gid: number };
  /** how long it may take; whoever started it ends it then */
  mostMs: number;
}

export type Launch =
  { kind: 'started'; child: Child } | { kind: 'not-started'; reason: string };

export interface Child {
  identity: ChildIdentity;
  /** what its unit, or its processes, are known by: its run, or that of a standby */
  mark: string;
  /** never rejects */
  ended: Promise<ChildEnd>;
  /** Sends the signal to the whole process group, or control group. */
  signalGroup(signal: 'SIGTERM' | 'SIGKILL'): void;
}

export interface ChildEnd {
  /** undefined when a signal ended it, or when it was adopted and nobody was there to see */
  exitCode?: number;
  signal?: string;
}

/**
 * Texts that a CM tool leaves behind, by the profile's own names; undefined: no such file. Of a long one there is a
 * part (`readEvidence`); what is there and is no file is an empty text.
 */
export type Evidence = Readonly<Record<string, string | undefined>>;

/** How far the report of a run could be read. */
export type ReportState =
  /** to its end; undefined: nobody knows when it was written */
  | { kind: 'read'; modifiedAt?: Date }
  | { kind: 'missing' }
  | { kind: 'unreadable'; reason: string };

/** A report of any size on its way to an outcome: handed over piece by piece, in flat memory, then judged. */
export interface StreamedReport {
  readonly file: string;
  /** Called in order, each piece read at once and not kept; never throws. */
  take(piece: Buffer): void;
  /** Called once. */
  outcome(end: ToolEnd, evidence: Evidence, state: ReportState): Outcome;
}

/** How this host calls one CM tool, and how it reads what the tool says. One file each in `cm/`. */
export interface CmProfile {
  readonly name: string;
  /**
   * The files that `refusal` and `outcome` want to read. `report` and `log` are what a run leaves and are not read
   * before one; of a long `report` the end is read, of every other file the beginning.
   */
  evidenceFiles(run: Uuid7): Readonly<Record<string, string>>;
  command(run: Uuid7, scope: RunScope): Command;
  /** Why this tool cannot do a run of this scope; without it the profile can do every scope. */
  unsupported?(scope: RunScope): string | undefined;
  /** Judged before a start: a reason why the tool would not run now. */
  refusal(evidence: Evidence): Outcome | undefined;
  /** Whether another run of the tool holds its lock, as far as its files tell. */
  isLocked(evidence: Evidence, isAlive: (pid: number) => boolean): boolean;
  /** Which policy the tool's last run applied; without it the tool's files do not tell. */
  policy?(evidence: Evidence): AppliedPolicy | undefined;
  readonly services: ServiceMap;
  /** of a drill: the services that a run of it breaks; without it the profile heals */
  readonly breaks?: ReadonlySet<string>;
  /** what asks the host about a service before a run and after it; without it nobody does */
  readonly probes?: Probes;
  outcome(end: ToolEnd, evidence: Evidence): Outcome;
  /** how a process of the tool is loaded ahead; without it every run starts one */
  readonly standby?: StandbyPlan;
  /** For a tool whose report can be of any size: `outcome` is then told through this. */
  streamed?(run: Uuid7): StreamedReport;
}

/**
 * A process of the tool that is loaded ahead and makes one run: first the resources that it is told, then an ordinary
 * run. See docs/decisions/0031-standby.md.
 */
export interface StandbyPlan {
  /** @param socket where it listens once it is loaded */
  command(socket: string): Command;
  /** what the first step leaves as soon as it has ended */
  healReport(run: Uuid7): StreamedHeal;
}

/** The report of a first step, handed over as a `StreamedReport` is. */
export interface StreamedHeal {
  readonly file: string;
  take(piece: Buffer): void;
  /** undefined: it tells of nothing that was put back */
  healed(at: Date, state: ReportState): Healed | undefined;
}

/** The standbys of this host: one for each plan, loaded ahead. */
export interface Standbys {
  ask(plan: StandbyPlan): Promise<AskedStandby>;
  /** Starts what is missing, and ends what belongs to no plan of these. Never rejects. */
  keep(plans: readonly StandbyPlan[]): Promise<void>;
  /** The process of a standby, once it has taken a run: from then on it is no standby any more. */
  take(mark: string, identity: ChildIdentity): Child | undefined;
  /** Called when kickd ends: whether they outlive it is their launcher's matter. Never rejects. */
  close(): Promise<void>;
}

/** A standby that has said that a run started now would be made of the same, and waits for what comes next. */
export interface ReadyStandby {
  /** what its unit, or its processes, are known by */
  readonly mark: string;
  readonly identity: ChildIdentity;
  /** what it can heal */
  readonly resources: ReadonlySet<string>;
  /** what it was asked to be able to heal and is not, with the reason */
  readonly unfit: Readonly<Record<string, string>>;
  /**
   * Hands the run over. Waits until it is known: whoever wants an end of that ends the process.
   * @returns whether it took the run; false: it has touched nothing
   */
  start(run: Uuid7, resources: readonly string[]): Promise<boolean>;
  /** It waits on for the next one. */
  release(): void;
}

export type AskedStandby =
  | { kind: 'ready'; standby: ReadyStandby }
  /** there is none, it loads, or it does not answer in time */
  | { kind: 'none'; why: string }
  /** it leaves and loads again */
  | { kind: 'stale'; because: string };

/** What asks the host about one service. Literal as it stands in the configuration: nothing of a kick gets into it. */
export interface Probe {
  file: string;
  argv: string[];
  /** never root */
  user: string;
  /** at most 10 s */
  timeoutMs: number;
}

/** By the service that each is about, as the monitor names it. */
export type Probes = ReadonlyMap<string, Probe>;

export interface ToolEnd extends ChildEnd {
  run: Uuid7;
  /** asked for: what the run really was is told by the tool's report alone */
  noop: boolean;
  startedAt: Date;
  /** whether a process lives now that the run is over; left out: none does */
  isAlive?(pid: number): boolean;
}

/** The record of who asked for what, and what the answer was. */
export interface Audit {
  /** Never throws: a line that cannot be written waits. */
  append(entry: AuditEntry): void;
  /** Tries to write what waits. @returns why that fails; undefined: every line is written */
  probe(): string | undefined;
  readonly head: ChainHead;
  close(): void;
}

/** Whoever wants to know what happens: a JSON log, or a person at a terminal. */
export interface Narrator {
  tell(event: Told): void;
  /** lines that nobody took in time */
  readonly lostLines?: number;
}
