import { printable } from '@kickd/protocol';
import type { Decision } from '../decide/decision.ts';
import type { Event } from '../events/event.ts';
import { nameOfBinary } from '../events/name-bytes.ts';
import { parseLogLine, secondsOfLine } from '../monitors/nagios/log-line.ts';
import type { LogItem } from '../monitors/nagios/log-item.ts';
import type { LineOrigin } from '../rehearse/log-state.ts';
import { createRepeatedLines } from '../rehearse/repeated-lines.ts';
import type { Replay, Replayed } from '../rehearse/replay.ts';
import type { OddTimes } from '../rehearse/line-times.ts';
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

/** What came of the logs that were read. */
export interface ReplayedLogs {
  lines: number;
  /** lines that Nagios never wrote, or only in part, and the first of them */
  broken: number;
  firstBroken?: { log: string; path?: string; line: string };
  /** lines that were there already, in the same second */
  repeated: number;
  /** lines of each kind */
  items: Map<LogItem['kind'], number>;
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
export async function replayLogs(
  logs: Logs,
  replay: Replay,
  other: Replay | undefined,
  { progress }: Pick<Shell, 'progress'>,
): Promise<ReplayedLogs> {
  const items = new Map<LogItem['kind'], number>();
  const repeats = createRepeatedLines();
  const differences: Difference[] = [];
  let firstBroken: ReplayedLogs['firstBroken'];
  let [lines, differing] = [0, 0];
  let fromMs: number | undefined;
  let toMs = 0;

  function take(line: string, origin: LineOrigin): void {
    const item = parseLogLine(line);
    // What has no time has no second in which it could be the same.
    const isTimed = item.kind !== 'broken' || secondsOfLine(line) >= 0;
    if (isTimed && repeats.isRepeated(line, origin.atMs)) return;
    items.set(item.kind, (items.get(item.kind) ?? 0) + 1);
    if (item.kind === 'broken') {
      firstBroken ??= { ...logOf(origin.source), line: nameOfBinary(line) };
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
  }
  function logOf(source: number): { log: string; path?: string } {
    const { name = '', path } = logs.sources[source] ?? {};
    return { log: name, ...(path === undefined ? {} : { path }) };
  }

  for await (const { source, part, from, to, isAlone } of logs.runs()) {
    for (let at = from; at < to; at += 1) {
      const line = part.lines[at] ?? '';
      const atMs = part.atMs[at] ?? 0;
      if (line === '') continue;
      lines += 1;
      take(line, { atMs, source, isAlone });
    }
    progress?.(barOf(logs.share(), lines));
  }
  progress?.('');
  return {
    lines,
    broken: items.get('broken') ?? 0,
    ...(firstBroken === undefined ? {} : { firstBroken }),
    repeated: repeats.count,
    items,
    fromMs: fromMs ?? 0,
    toMs,
    odd: logs.odd(),
    replayed: replay.finish(),
    other: other?.finish(),
    differing,
    differences,
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
