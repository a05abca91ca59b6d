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
import type { Errand, ErrandKeys, ErrandRecord } from './outbox/action.ts';

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
  /** a whole 2xx reply with a body of the right shape: the only success */
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

export interface AgentClient {
  postRun(
    target: Target,
    kick: Kick,
    signal: AbortSignal,
  ): Promise<AgentReply<Run>>;
  /** @param waitSeconds 0 … 60, whole: how long the host may hold the reply until the run ends */
  getRun(
    target: Target,
    run: string,
    waitSeconds: number,
    signal: AbortSignal,
  ): Promise<AgentReply<Run>>;
  /**
   * The output of a run, from its beginning and on until the run has ended.
   * @returns undefined at its end, or why it could not be had, or not to the end
   */
  followLog(
    target: Target,
    run: string,
    onChunk: (chunk: Buffer) => void,
    signal: AbortSignal,
  ): Promise<FaultFacts | undefined>;
  getRuns(target: Target, signal: AbortSignal): Promise<AgentReply<RunList>>;
  getStatus(target: Target, signal: AbortSignal): Promise<AgentReply<Status>>;
}

export type Keyed = { entry: Entry; keys: EntryKeys };

/** What one transaction of the ledger can do: it is on disk whole, or not at all. */
export interface LedgerTransaction extends Memory {
  /** @param source names the spool file of an event, once for ever */
  add(entries: readonly Keyed[], source?: string): void;
  remember(changes: readonly MemoryChange[]): void;
  isTaken(source: string): boolean;

  findOpen(by: { kick: string } | { problem: string }): OpenRecord | undefined;
  /** every kick of a service that has not come to its end */
  openOf(subject: string): OpenRecord[];
  open(record: OpenRecord, subject: string): void;
  /** @returns false: the kick has come to its end, or another owns it */
  advance(kick: string, owner: string | undefined, progress: Progress): boolean;
  /** Hands an open kick from one owner to the next. @returns false: another was faster */
  claim(kick: string, from: string, to: string): boolean;
  close(kick: string): void;

  findWaiting(subject: string): WaitingRecord | undefined;
  /** in place of the one that the service has */
  setWaiting(record: WaitingRecord): void;
  endWaiting(subject: string): void;

  charge(errands: readonly { errand: Errand; keys: ErrandKeys }[]): void;
  /** @returns false: another one has done it */
  endErrand(seq: number): boolean;
}

/** The durable record. A method returns when its record is on disk, or throws LEDGER_UNWRITABLE. */
export interface Ledger extends Memory {
  readonly file: string;
  /** One transaction, after any that another kicker has begun. `work` is run once, and waits for nothing. */
  transact<Result>(work: (transaction: LedgerTransaction) => Result): Result;
  append(entries: readonly Keyed[]): void;
  findOpen(by: { kick: string } | { problem: string }): OpenRecord | undefined;
  /** every open kick, oldest first, at most `most` */
  listOpen(most: number): OpenRecord[];
  /** Hands an open kick from one owner to the next. @returns false: another was faster */
  claim(kick: string, from: string, to: string): boolean;
  /** problems whose time to be decided about again has come, oldest first */
  listDue(now: Moment, most: number): WaitingRecord[];
  countWaiting(): number;
  countErrands(): number;
  /** Errands that nobody living does become `owner`'s; oldest first. */
  claimErrands(
    owner: string,
    isAlive: (owner: string) => boolean,
    most: number,
  ): ErrandRecord[];
  /** One more try failed; it stays with its owner. */
  failErrand(seq: number): void;
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
  /** The oldest events among the first that the directory names: a spool of a million costs no more. */
  scan(nowMs: number): { events: SpooledEvent[]; rejected: Rejected[] };
  /** The event is in the ledger: its file may go. */
  remove(name: string): void;
  /** An event whose arguments say nothing that can be used. */
  reject(name: string, code: string): string | undefined;
}

/** One line of the log: a constant word, and its facts. */
export type Log = (
  event: string,
  facts: Readonly<Record<string, unknown>>,
) => void;

/** How one try of an errand went. */
export type Performed =
  | { kind: 'done' }
  /** @param isFinal another try would end the same way */
  | { kind: 'failed'; fault: FaultFacts; isFinal: boolean };

export type PerformErrand = (errand: Errand) => Promise<Performed>;
