import type { TimedLines } from './line-times.ts';

/** One of several logs that are read as one. */
export interface MergeSource {
  /** the time of its first line, epoch milliseconds */
  firstMs: number;
  /** opened when its time has come, not before: archives of years are thousands of files */
  open(): AsyncIterator<TimedLines>;
}

/** Lines of one log that follow one another without one of another log between them. */
export interface Run {
  /** which log, by its place in the list */
  source: number;
  part: TimedLines;
  from: number;
  /** one past the last */
  to: number;
  /** whether no other log covers this time */
  isAlone: boolean;
}

interface Opened {
  source: number;
  lines: AsyncIterator<TimedLines>;
  part: TimedLines;
  at: number;
}

/**
 * The lines of all logs in the order of their times; of the same time in the order of the logs. A part of each log that
 * is open is in memory.
 */
export async function* mergeLogs(
  sources: readonly MergeSource[],
): AsyncGenerator<Run> {
  const waiting = sources
    .map(({ firstMs }, source) => ({ firstMs, source }))
    .toSorted((a, b) => a.firstMs - b.firstMs || a.source - b.source);
  const opened: Opened[] = [];
  try {
    for (;;) {
      const first = firstOf(opened);
      const next = waiting[0];
      if (
        next !== undefined &&
        (first === undefined || next.firstMs <= timeOf(first))
      ) {
        waiting.shift();
        const lines = sources[next.source]?.open();
        if (lines === undefined) continue;
        const begun: Opened = {
          source: next.source,
          lines,
          part: { lines: [], atMs: [] },
          at: 0,
        };
        opened.push(begun);
        await fill(begun, opened);
        continue;
      }
      if (first === undefined) return;
      const rival = firstOf(opened.filter((one) => one !== first));
      const to = endOfRun(first, rival, next?.firstMs ?? Infinity);
      const { source, part, at: from } = first;
      yield { source, part, from, to, isAlone: rival === undefined };
      first.at = to;
      if (to === part.lines.length) await fill(first, opened);
    }
  } finally {
    for (const { lines } of opened) await lines.return?.();
  }
}

/** The next part that has a line; a log without one is closed. */
async function fill(one: Opened, opened: Opened[]): Promise<void> {
  for (;;) {
    const next = await one.lines.next();
    if (next.done === true) {
      opened.splice(opened.indexOf(one), 1);
      return;
    }
    if (next.value.lines.length === 0) continue;
    one.part = next.value;
    one.at = 0;
    return;
  }
}

function timeOf({ part, at }: Opened): number {
  return part.atMs[at] ?? 0;
}

function isBefore(one: Opened, other: Opened): boolean {
  const [own, others] = [timeOf(one), timeOf(other)];
  return own === others ? one.source < other.source : own < others;
}

function firstOf(opened: readonly Opened[]): Opened | undefined {
  let first: Opened | undefined;
  for (const one of opened) {
    if (first === undefined || isBefore(one, first)) first = one;
  }
  return first;
}

/** How far one log goes on before a line of another comes. */
function endOfRun(
  { source, part, at }: Opened,
  rival: Opened | undefined,
  nextMs: number,
): number {
  const rivalMs = rival === undefined ? Infinity : timeOf(rival);
  const isFirst = rival === undefined || source < rival.source;
  let to = at + 1;
  for (; to < part.lines.length; to += 1) {
    const atMs = part.atMs[to] ?? 0;
    if (atMs > rivalMs || (atMs === rivalMs && !isFirst) || atMs >= nextMs) {
      break;
    }
  }
  return to;
}
