import { Fault } from '@kickd/protocol';
import { errors } from '../errors.ts';
import { openLog, type LogSource } from '../io/log-lines.ts';
import {
  createLineTimes,
  type LineReader,
  type LineTimes,
  type OddTimes,
  type TimedLines,
} from '../rehearse/line-times.ts';
import {
  mergeLogs,
  type MergeSource,
  type Run,
} from '../rehearse/merge-logs.ts';
import type { Shell } from './command.ts';

/** Several logs, read as one. */
export interface Logs {
  sources: readonly LogSource[];
  /** their lines, in the order of their times */
  runs(): AsyncGenerator<Run>;
  /** how much of them was read, 0 … 1; undefined where nobody knows how much there is */
  share(): number | undefined;
  /** what was odd about their times, as far as they were read */
  odd(): OddTimes;
}

/** @throws {Fault} USAGE, FILE_UNREADABLE */
export function openSources(
  files: readonly string[],
  { stdin }: Pick<Shell, 'stdin'>,
): LogSource[] {
  const sources = files.map((file) => openLog(file, stdin));
  if (sources.filter(({ path }) => path === undefined).length > 1) {
    throw new Fault(errors.usage('backtest', 'standard input is named twice'));
  }
  return sources;
}

/** @throws {Fault} FILE_UNREADABLE, LOG_PACKED: of several logs the begin of each is looked at first */
export async function openLogs(
  sources: readonly LogSource[],
  reader: LineReader,
  { signal }: Pick<Shell, 'signal'>,
): Promise<Logs> {
  const read = sources.map(() => 0);
  const times = new Map<LogSource, LineTimes>();
  const merged: MergeSource[] = [];
  for (const [index, source] of sources.entries()) {
    const open = (): AsyncGenerator<TimedLines> => {
      const own = createLineTimes(reader);
      times.set(source, own);
      return timedLines(source, own, signal, (bytes) => {
        read[index] = bytes;
      });
    };
    merged.push(
      sources.length === 1 ? { firstMs: 0, open } : await begin(source, open),
    );
  }
  let whole: number | undefined = 0;
  for (const { bytes } of sources) {
    whole =
      whole === undefined || bytes === undefined ? undefined : whole + bytes;
  }
  return {
    sources,
    runs: () => mergeLogs(merged),
    share: () =>
      whole === undefined
        ? undefined
        : read.reduce((sum, bytes) => sum + bytes, 0) / whole,
    odd: () =>
      [...times.values()]
        .map(({ odd }) => odd)
        .reduce(together, { stray: 0, setBack: 0, mostBackMs: 0 }),
  };
}

/** When a log begins. A file is closed again until its time has come; a pipe can be read once. */
async function begin(
  { bytes }: LogSource,
  open: () => AsyncGenerator<TimedLines>,
): Promise<MergeSource> {
  const lines = open();
  const parts: TimedLines[] = [];
  let firstMs: number | undefined;
  while (firstMs === undefined) {
    const next = await lines.next();
    if (next.done === true) break;
    parts.push(next.value);
    firstMs = next.value.atMs.find((ms) => ms > 0);
  }
  if (bytes === undefined) {
    return { firstMs: firstMs ?? 0, open: () => replayed(parts, lines) };
  }
  await lines.return(undefined);
  return { firstMs: firstMs ?? 0, open };
}

async function* replayed(
  parts: readonly TimedLines[],
  more: AsyncGenerator<TimedLines>,
): AsyncGenerator<TimedLines> {
  yield* parts;
  yield* more;
}

async function* timedLines(
  source: LogSource,
  times: LineTimes,
  signal: AbortSignal,
  onRead: (bytes: number) => void,
): AsyncGenerator<TimedLines> {
  for await (const { lines, bytes } of source.read(signal)) {
    onRead(bytes);
    yield times.take(lines);
  }
  yield times.end();
}

function together(one: OddTimes, other: OddTimes): OddTimes {
  const firstStray = one.firstStray ?? other.firstStray;
  return {
    stray: one.stray + other.stray,
    ...(firstStray === undefined ? {} : { firstStray }),
    setBack: one.setBack + other.setBack,
    mostBackMs: Math.max(one.mostBackMs, other.mostBackMs),
  };
}
