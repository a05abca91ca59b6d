import type { FaultFacts, Kick, Run, RunList, Status } from '@kickd/protocol';
import type { Target } from './fleet/target.ts';
import type { Rejected, SpooledEvent } from './spool/spool-file.ts';
import type {
  Memories,
  Memory,
  MemoryChange,
  MemoryKind,
} from './decide/memory.ts';
import type { Moment } from './events/moment.ts';
import type {
  Entry,
  EntryKeys,
  OpenRecord,
  Progress,
  StoredEntry,
  WaitingRecord,
} from './ledger/entry.ts';
import type { Event } from './events/event.ts';
import type { Facts } from './events/facts.ts';
import type { Action, ActionRecord, Feedback, Place } from './outbox/action.ts';

/** Every seam between the rooms, which decide, and `io/`, which does. */

export interface Clock {
  /** the wall clock, for records and for comparing with a monitor's times */
  now(): Date;
  /** milliseconds of a clock that never jumps, for every interval within this process */
  monotonicMs(): number;
  /** for what outlives this process: intervals that are kept in the ledger */
  moment(): Moment;
}

/** Clock, chance, and the one way to wait. */
export interface Timing {
  clock: Clock;
  random(): number;
  /** resolves after `ms`, or at once when `signal` aborts; never rejects */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

/** What one request to a kickd brought; exactly one of these, whatever the network does. */
export type AgentReply<Body> =
  /** a whole 2xx reply with a body of the right shape, about what was asked: the only success */
  | { kind: 'accepted'; status: number; body: Body }
  /** a whole reply that says no */
  | {
      kind: 'problem';
      status: number;
      code: string;
      title: string;
      remedy: string;
      retryAfterSeconds?: number;
    }
  /** surely nothing reached the host's HTTP */
  | { kind: 'not-sent'; fault: FaultFacts }
  /** sent, and no whole reply: it may have been taken. Repeating the same kick resolves it */
  | { kind: 'unknown'; fault: FaultFacts }
  /** one side refused the other's certificate; nothing was taken */
  | { kind: 'refused-tls'; fault: FaultFacts };

/**
 * How a kick reaches its host, and how its run is followed. Of a run's kicks at most the one that was sent is kept, and of
 * its texts and lists no more than kickd itself keeps.
 */
export interface Transport {
  submit(
    target: Target,
    kick: Kick,
    signal: AbortSignal,
  ): Promise<AgentReply<Run>>;
  follow(
    target: Target,
    run: string,
    wait: Wait,
    signal: AbortSignal,
  ): Promise<AgentReply<Run>>;
}

/** How long a host may hold the reply about a run, and what for. */
export interface Wait {
  /** 0 … 60, whole */
  seconds: number;
  /** `healed`: also until its first step has put something back */
  until: 'healed' | 'ended';
}

/** The client of a kickd that is reached directly. */
export interface AgentClient extends Transport {
  /**
   * The output of a run, from its beginning and on until the run has ended. Nothing more is read from the host until
   * the promise that `onChunk` gives has resolved.
   * @returns undefined at its end, or why it could not be had, or not to the end
   */
  followLog(
    target: Target,
    run: string,
    onChunk: (chunk: Buffer) => void | Promise<void>,
    signal: AbortSignal,
  ): Promise<FaultFacts | undefined>;
  getRuns(target: Target, signal: AbortSignal): Promise<AgentReply<RunList>>;
  getStatus(target: Target, signal: AbortSignal): Promise<AgentReply<Status>>;
}

type Keyed = { entry: Entry; keys: EntryKeys };

/** What one transaction of the ledger can do: it is on disk whole, or not at all. */
export interface LedgerTransaction extends Memory {
  /** @param source names the spool file of an event, once for ever */
  add(entries: readonly Keyed[], source?: string): void;
  remember(changes: readonly MemoryChange[]): void;
  isHandled(source: string): boolean;

  findOpen(by: { kick: string } | { problem: string }): OpenRecord | undefined;
  /** every kick of a service that has not come to its end */
  openOf(subject: string): OpenRecord[];
  open(record: OpenRecord, subject: string): void;
  /** writes how far an open kick has come */
  advance(kick: string, progress: Progress): void;
  close(kick: string): void;

  findWaiting(subject: string): WaitingRecord | undefined;
  /** in place of the one that the service has */
  setWaiting(record: WaitingRecord): void;
  endWaiting(subject: string): void;

  /** behind all others of its subject */
  addAction(action: Omit<ActionRecord, 'seq' | 'at' | 'tries'>): void;
  /** what a subject has in the outbox, oldest first */
  pendingActions(subject: string): ActionRecord[];
  /** @returns false: it was taken out meanwhile */
  endAction(seq: number): boolean;
}

/**
 * The durable record. A method returns when its record is on disk, or throws LEDGER_UNWRITABLE; through a handle
 * that took the ledger over it throws LEASE_LOST once another kicker has done so.
 */
export interface Ledger extends Memory {
  readonly file: string;
  /** One transaction, after any that another kicker has begun. `work` is run once, and waits for nothing. */
  transact<Result>(work: (transaction: LedgerTransaction) => Result): Result;
  /** From now on only this handle, and the commands of a person, may write. @returns the fencing number */
  takeOver(holder: string): number;
  /** who took it over last; undefined: nobody ever did */
  lastHolder(): { holder: string; epoch: number } | undefined;
  /** whether the file at its path is the one that was opened; a deleted or replaced one is not */
  isInPlace(): boolean;
  append(entries: readonly Keyed[]): void;
  findOpen(by: { kick: string } | { problem: string }): OpenRecord | undefined;
  /** every open kick, oldest first, at most `most` */
  listOpen(most: number): OpenRecord[];
  /** problems whose time to be decided about again has come, oldest first */
  listDue(now: Moment, most: number): WaitingRecord[];
  /** problems that wait for one thing, oldest first, whether or not their time has come */
  listWaiting(code: string, most: number): WaitingRecord[];
  countWaiting(): number;
  countActions(): number;
  /** lanes that have something in the outbox */
  lanes(): string[];
  /** what may be done now: the first of each subject, where its time has come; the most urgent first */
  listActions(lane: string, now: Moment, most: number): ActionRecord[];
  /** They are begun now, all in one transaction. @returns those that are still there */
  beginActions(seqs: readonly number[]): number[];
  /** One more try failed; the next is not before `delayMs` after it was decided. */
  delayAction(seq: number, delayMs: number): void;
  /** oldest first */
  entriesOf(by: { kick: string } | { problem: string }): StoredEntry[];
  /** The kick that a run served, as far as this ledger knows. */
  kickOfRun(run: string): string | undefined;
  /** newest first, a page at a time: only entries before `before` */
  history(filter: HistoryFilter, before: number, most: number): StoredEntry[];
  /** Records of one kind in the order of their keys, a page at a time: only those after `after`. */
  remembered<Kind extends MemoryKind>(
    kind: Kind,
    after: string,
    most: number,
  ): { key: string; value: Memories[Kind] }[];
  /** Removes old entries, some at a time. @returns how many went; 0: none is left to go */
  prune(limits: { before: Date; entriesMost: number; most: number }): number;
  close(): void;
}

/** Who decides and owns what the ledger holds: one process at a time, on this machine or another. */
export interface Lease {
  readonly holder: string;
  /** grows with each take-over: who has an older one can write nothing any more */
  readonly epoch: number;
  isHeld(): boolean;
  release(): void;
}

/** What `kicker history` looks for; what is absent does not matter. */
interface HistoryFilter {
  kinds?: readonly Entry['kind'][];
  /** host and service as a person types them: the name in Latin-1 is found as well */
  host?: string;
  service?: string;
  /** ISO 8601 */
  since?: string;
  until?: string;
}

/** Writes one line into the monitor's command file, or says why it could not. */
export type WriteCommand = (
  file: string,
  line: Uint8Array,
) => { kind: 'written' } | { kind: 'fault'; fault: FaultFacts };

/** Where event handlers put events; see docs/decisions/0009-resident-kicker.md. */
export interface Spool {
  readonly directory: string;
  /** whether no event lies there that could be handled, now or in a moment */
  isEmpty(): boolean;
  /** The oldest events among the first that the directory names: a spool of a million costs no more. */
  scan(nowMs: number): { events: SpooledEvent[]; rejected: Rejected[] };
  /** The event is in the ledger: its file may go. */
  remove(name: string): void;
  /** An event whose arguments say nothing that can be used. */
  reject(name: string, code: string): string | undefined;
  /** What was set aside, and lies there for a person to look at. */
  countBad(): BadEvents;
}

/** What is in bad/, which keeps this many and no more. */
export interface BadEvents {
  count: number;
  /** how many older ones went to make room, since the spool was opened */
  dropped: number;
  /** @param reason the end of its name: a SpoolFlaw, or the code of an error; `at`: when it was set aside */
  newest?: { name: string; reason: string; at: Date };
}

/** One line of the log: a constant word, and its facts. */
export type Log = (
  event: string,
  facts: Readonly<Record<string, unknown>>,
) => void;

/** How one try of an action went. */
export type Performed =
  | { kind: 'done' }
  /** @param isFinal another try would end the same way */
  | { kind: 'failed'; fault: FaultFacts; isFinal: boolean };

export type PerformAction = (
  action: Action,
  signal: AbortSignal,
) => Promise<Performed>;

/** One thing that `kicker check` or `kicker doctor` looked at. */
export interface CheckStep {
  step: string;
  /** undefined: not tried, because an earlier one failed, or it is not configured */
  ok: boolean | undefined;
  text: string;
  /** the one command that fixes it */
  remedy?: string;
  code?: string;
}

/** How a service is by the monitor's own data. */
export type SeenService =
  /** @param checkedMs when it was last checked, epoch milliseconds */
  | { kind: 'seen'; isGreen: boolean; checkedMs: number; aside?: SeenAside }
  | { kind: 'not-known' };

/** What the monitor knows of a service beside its state; what is absent it does not tell. */
export interface SeenAside {
  inDowntime?: boolean;
  isAcknowledged?: boolean;
  isFlapping?: boolean;
  /** other services of the host that are not OK, and the host itself where it is not UP */
  troubles?: readonly string[];
}

/** One event of a monitor, with what came beside it. */
export interface SeenEvent {
  event: Event;
  /** the host groups that the monitor named with it */
  groups: readonly string[];
  /** what could not be read, or looks wrong, in words */
  remarks: readonly string[];
}

/** One thing that a message says; where it says several, each is judged alone. */
export type MessagePart = {
  /** where in the message: `alerts[1]`; absent: it is the whole */
  at?: string;
} & (
  | { kind: 'event'; seen: SeenEvent }
  /** it arrived and asks for nothing: a heartbeat, a test, news that is no change of state */
  | { kind: 'ignored'; why: string }
  /** it cannot be used */
  | { kind: 'refused'; faults: readonly FaultFacts[] }
);

/** How a problem stands by now, by the monitor's own data. */
export type Refreshed =
  /** the event as the monitor would report it now */
  | { kind: 'lasts'; event: Event }
  /** the service is green: the event that says so */
  | { kind: 'over'; event: Event }
  | { kind: 'not-known' };

/** Where a monitor that is asked, or streams, puts what it has seen: the same spool as an event handler. */
interface Sink {
  /** On disk when it returns. @throws {Fault} SPOOL_UNUSABLE */
  put(args: readonly string[]): void;
}

/** One request to the API of a monitor. */
export interface ApiRequest {
  method: 'GET' | 'POST' | 'DELETE';
  /** behind the URL of the API, with what is in it encoded */
  path: string;
  /** becomes JSON */
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
}

export type ApiReply =
  /** @param value the JSON of the body; undefined: it is none */
  | { kind: 'reply'; status: number; value: unknown; text: string }
  | { kind: 'failed'; fault: FaultFacts };

/** The API of one monitor: each request on a connection of its own, so that renewed files and a restart need no care. */
export interface MonitorApi {
  ask(request: ApiRequest, signal: AbortSignal): Promise<ApiReply>;
  /**
   * Reads a reply that never ends, a JSON object a line.
   * @param onOpen the status is good; from now on nothing that happens is missed
   * @param onLine each line, without its end
   * @returns why it ended; undefined: the monitor ended it, or `signal` aborted
   */
  stream(
    request: ApiRequest,
    onOpen: () => void,
    onLine: (line: string) => void,
    signal: AbortSignal,
  ): Promise<FaultFacts | undefined>;
}

/**
 * One configured monitor. What it knows is a snapshot, asked without waiting; what it is told goes out through `tell`.
 * Adapters are held to it by test/monitors/conformance.ts, each kind of them.
 */
export interface Monitor {
  /** its key in kicker.yaml, and Event.monitor */
  readonly name: string;
  /** what it can be told */
  readonly can: ReadonlySet<Feedback['kind']>;
  /** What one message of the spool says, never nothing at all. Never throws. */
  read(message: SpooledEvent): readonly MessagePart[];
  /** What is known beyond an event; the certname is the inventory's. */
  facts(seen: SeenEvent): Omit<Facts, 'certname' | 'targetFault' | 'remarks'>;
  /** @param sinceMs data from before say nothing new; epoch milliseconds */
  refresh(event: Event, sinceMs: number): Refreshed;
  see(event: Event): SeenService;
  tell(
    feedback: Feedback,
    place: Place,
    signal: AbortSignal,
  ): Promise<Performed>;
  /** Follows the monitor until `signal` aborts, where it has more than what it hands over by itself. */
  run(sink: Sink, signal: AbortSignal): Promise<void>;
  /** for `kicker check` */
  check(signal: AbortSignal): AsyncIterable<CheckStep>;
}
