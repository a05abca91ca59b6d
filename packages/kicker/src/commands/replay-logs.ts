import { printable } from '@kickd/protocol';
import type { Decision } from '../decide/decision.ts';
import type { Event } from '../events/event.ts';
import { nameOfBinary } from '../events/name-bytes.ts';
import type { LogSource } from '../io/log-lines.ts';
import type { LineOrigin } from '../rehearse/past-state.ts';
import { createRepeatedLines } from '../rehearse/repeated-lines.ts';
import type { Replay, Replayed } from '../rehearse/replay.ts';
import type { LineReader, OddTimes } from '../rehearse/line-times.ts';
import type { Shell } from './command.ts';
import type { Logs } from './read-logs.ts';

/** How many decisions that differ are shown one by one. */
const differencesMost = 20;

/** One alert on which two sets of rules do not agree. */
export interface Difference {
  atMs: number;
  event: Event;
  ours: string;
  theirs: string;
}

interface FirstBroken {
  log: string;
  path?: string;
  line: string;
  /** by which fault, where it was read */
  why?: string;
}

/** What a piece of a history may be; `why` where it is broken. */
interface AnyItem {
  kind: string;
  why?: string;
}

/** How the lines of one form of history are read. */
export interface LineParser<Item extends AnyItem> extends LineReader {
  parse(line: string): Item;
  /** whether the same line again in the same second is the same news; absent: it always is */
  isNews?(item: Item): boolean;
}

/** A piece of a history that is no line of its own. */
interface Piece<Item> {
  atMs: number;
  item: Item;
}

/** What came of the logs that were read. */
export interface ReplayedLogs {
  lines: number;
  /** lines that Nagios never wrote, or only in part, and the first of them */
  broken: number;
  firstBroken?: FirstBroken;
  /** lines that were there already, in the same second */
  repeated: number;
  /** lines of each kind */
  items: Map<string, number>;
  fromMs: number;
  toMs: number;
  odd: OddTimes;
  replayed: Replayed;
  other: Replayed | undefined;
  /** alerts on which they differ, and the first of these */
  differing: number;
  differences: readonly Difference[];
}

/** Leads logs through one set of rules, and through another one to compare. */
export async function replayLogs<Item extends AnyItem>(
  logs: Logs,
  parser: LineParser<Item>,
  replay: Replay<Item>,
  other: Replay<Item> | undefined,
  { progress }: Pick<Shell, 'progress'>,
): Promise<ReplayedLogs> {
  const repeats = createRepeatedLines();
  const sum = createSum(logs.sources, replay, other);
  let lines = 0;
  for await (const { source, part, from, to, isAlone } of logs.runs()) {
    for (let at = from; at < to; at += 1) {
      const line = part.lines[at] ?? '';
      const atMs = part.atMs[at] ?? 0;
      if (line === '') continue;
      lines += 1;
      const item = parser.parse(line);
      // What has no time has no second in which it could be the same.
      const isTimed = item.kind !== 'broken' || parser.secondsOf(line) >= 0;
      const isNews = isTimed && parser.isNews?.(item) !== false;
      if (isNews && repeats.isRepeated(line, atMs)) continue;
      sum.take(item, { atMs, source, isAlone }, line);
    }
    progress?.(barOf(logs.share(), lines));
  }
  progress?.('');
  return {
    lines,
    repeated: repeats.count,
    odd: logs.odd(),
    ...sum.finish(),
  };
}

/** The same for a history that was read whole. @param pieces in the order of their times */
export function replayPieces<Item extends AnyItem>(
  pieces: readonly Piece<Item>[],
  sources: readonly LogSource[],
  replay: Replay<Item>,
  other: Replay<Item> | undefined,
): ReplayedLogs {
  const sum = createSum(sources, replay, other);
  for (const { atMs, item } of pieces) {
    sum.take(item, { atMs, source: 0, isAlone: true }, '');
  }
  return {
    lines: pieces.length,
    repeated: 0,
    odd: { stray: 0, setBack: 0, mostBackMs: 0 },
    ...sum.finish(),
  };
}

/** What the pieces of a history come to, one after the other. */
function createSum<Item extends AnyItem>(
  sources: readonly LogSource[],
  replay: Replay<Item>,
  other: Replay<Item> | undefined,
) {
  const items = new Map<string, number>();
  const differences: Difference[] = [];
  let firstBroken: FirstBroken | undefined;
  let differing = 0;
  let fromMs: number | undefined;
  let toMs = 0;
  return {
    take: (item: Item, origin: LineOrigin, line: string): void => {
      items.set(item.kind, (items.get(item.kind) ?? 0) + 1);
      if (item.kind === 'broken') {
        const { name = '', path } = sources[origin.source] ?? {};
        firstBroken ??= {
          log: name,
          ...(path === undefined ? {} : { path }),
          line: nameOfBinary(line),
          ...(item.why === undefined ? {} : { why: item.why }),
        };
        return;
      }
      fromMs ??= origin.atMs;
      toMs = origin.atMs;
      const answer = replay.take(item, origin);
      if (other === undefined) return;
      const ours = wordOf(answer?.decision);
      const theirs = wordOf(other.take(item, origin)?.decision);
      if (answer === undefined || ours === theirs) return;
      differing += 1;
      if (differences.length >= differencesMost) return;
      const { event } = answer;
      differences.push({ atMs: origin.atMs, event, ours, theirs });
    },
    finish: (): Omit<ReplayedLogs, 'lines' | 'repeated' | 'odd'> => ({
      broken: items.get('broken') ?? 0,
      ...(firstBroken === undefined ? {} : { firstBroken }),
      items,
      fromMs: fromMs ?? 0,
      toMs,
      replayed: replay.finish(),
      other: other?.finish(),
      differing,
      differences,
    }),
  };
}

function wordOf(decision: Decision | undefined): string {
  if (decision === undefined) return 'none';
  return decision.kind === 'kick'
    ? decision.mode === 'noop'
      ? 'kick with noop'
      : 'kick'
    : `${decision.kind} ${decision.code}`;
}

function barOf(share: number | undefined, lines: number): string {
  const count = `${lines.toLocaleString('en')} lines`;
  if (share === undefined) return count;
  const width = 30;
  const full = Math.round(Math.min(1, share) * width);
  const bar = '#'.repeat(full) + '.'.repeat(width - full);
  const percent = String(Math.floor(Math.min(1, share) * 100)).padStart(3);
  return printable(`[${bar}] ${percent} % ${count}`);
}
