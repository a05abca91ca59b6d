import type { FaultFacts, Kick, Run, RunList, Status } from '@kickd/protocol';
import type { Target } from './fleet/target.ts';
import type {
  Entry,
  EntryKeys,
  OpenRecord,
  OutcomeRecord,
  StoredEntry,
} from './ledger/entry.ts';

/** Every seam between the rooms, which decide, and `io/`, which does. */

export interface Clock {
  /** the wall clock, for records and for comparing with a monitor's times */
  now(): Date;
  /** milliseconds of a clock that never jumps, for every interval */
  monotonicMs(): number;
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

/** The durable record. A method returns when its record is on disk, or throws LEDGER_UNWRITABLE. */
export interface Ledger {
  readonly file: string;
  append(entries: readonly { entry: Entry; keys: EntryKeys }[]): void;
  /**
   * One transaction: the entries, and the kick as open with its owner. Where another open kick of
   * that problem is found instead, nothing is written and it is returned.
   */
  open(
    record: OpenRecord,
    entries: readonly { entry: Entry; keys: EntryKeys }[],
  ): OpenRecord | undefined;
  findOpen(by: { kick: string } | { problem: string }): OpenRecord | undefined;
  /** every open kick, oldest first, at most `most` */
  listOpen(most: number): OpenRecord[];
  /** Hands an open kick from one owner to the next. @returns false: another was faster */
  claim(kick: string, from: string, to: string): boolean;
  /** One transaction: the outcome, and the kick is open no more. */
  settle(
    kick: string,
    problem: string | undefined,
    outcome: OutcomeRecord,
  ): void;
  /** oldest first */
  entriesOf(by: { kick: string } | { problem: string }): StoredEntry[];
  close(): void;
}

/** Writes one line into the monitor's command file, or says why it could not. */
export type WriteCommand = (
  file: string,
  line: string,
) => { kind: 'written' } | { kind: 'fault'; fault: FaultFacts };
