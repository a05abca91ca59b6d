import { isObject } from '../payload.ts';
import { textsOf } from '../message-parts.ts';

/** For so long an alert fired, as far as the points of a range tell. */
export interface AlertRun {
  labels: Readonly<Record<string, string>>;
  fromMs: number;
  /** its last point */
  toMs: number;
}

/** What one saved range says. */
export interface AlertRange {
  /** of each alert, in the order of time */
  runs: ReadonlyMap<string, readonly AlertRun[]>;
  stepMs: number;
  fromMs: number;
  toMs: number;
  /** it says itself where it begins and ends */
  hasClock: boolean;
}

/** Where there are no two points of one series to tell it. */
const usualStepMs = 60_000;

interface Series {
  labels: Readonly<Record<string, string>>;
  /** milliseconds and value */
  points: [number, number][];
}

/**
 * Reads the answer of `query_range` to `ALERTS`, with `or vector(0)` or without, and `ALERTS_FOR_STATE` where it is there.
 * The series without labels is the clock: it has a point at each step, which says where the range begins and ends.
 * @returns undefined: it is no such answer
 */
export function readRange(value: unknown): AlertRange | undefined {
  const all = seriesIn(value);
  if (all === undefined) return undefined;
  const range = { fromMs: Infinity, toMs: 0, gapMs: Infinity };
  for (const { points } of all) {
    let beforeMs = Number.NaN;
    for (const [atMs] of points) {
      if (atMs > beforeMs) range.gapMs = Math.min(range.gapMs, atMs - beforeMs);
      range.fromMs = Math.min(range.fromMs, atMs);
      range.toMs = Math.max(range.toMs, atMs);
      beforeMs = atMs;
    }
  }
  const stepMs = Number.isFinite(range.gapMs) ? range.gapMs : usualStepMs;
  const begins = beginsOf(all);
  const runs = new Map<string, AlertRun[]>();
  for (const { labels, points } of all) {
    if (labels['__name__'] !== 'ALERTS') continue;
    if (labels['alertstate'] !== 'firing') continue;
    const own = ownLabels(labels);
    const key = keyOf(own);
    runs.set(key, runsOf(own, points, stepMs, begins.get(key)));
  }
  const { fromMs, toMs } = range;
  const hasClock = all.some(({ labels }) => Object.keys(labels).length === 0);
  return { runs, stepMs, fromMs, toMs, hasClock };
}

/** Several ranges as one: an alert that fires at the end of one and at the begin of the next fires on. */
export function joinRanges(ranges: readonly AlertRange[]): {
  runs: AlertRun[];
  /** when a run was over; undefined: it fired at the end of the last range */
  endOf: (run: AlertRun) => number | undefined;
} {
  const stepMs = Math.max(0, ...ranges.map((range) => range.stepMs));
  const lastMs = Math.max(0, ...ranges.map((range) => range.toMs));
  const all = new Map<string, AlertRun[]>();
  for (const { runs } of ranges) {
    for (const [key, more] of runs) {
      all.set(key, [...(all.get(key) ?? []), ...more]);
    }
  }
  const edges = new Set(ranges.map((range) => range.fromMs));
  const joined = [...all.values()].flatMap((runs) =>
    joinRuns(
      runs.toSorted((one, other) => one.fromMs - other.fromMs),
      stepMs,
      edges,
    ),
  );
  return {
    runs: joined,
    endOf: ({ toMs }) => (toMs >= lastMs ? undefined : toMs + stepMs),
  };
}

/** More than a step apart: a point is missing. Half of one more, since times are rounded. */
const apart = 1.5;
const stateName = 'ALERTS_FOR_STATE';

/** @param begins how often it began, by the time of each point: Prometheus says since when it is active */
function runsOf(
  labels: AlertRun['labels'],
  points: readonly [number, number][],
  stepMs: number,
  begins: ReadonlyMap<number, number> | undefined,
): AlertRun[] {
  const runs: AlertRun[] = [];
  let last: AlertRun | undefined;
  let begun: number | undefined;
  for (const [atMs] of points) {
    const now = begins?.get(atMs);
    const isAnew = now !== undefined && begun !== undefined && now !== begun;
    if (last !== undefined && !isAnew && atMs - last.toMs <= stepMs * apart) {
      last.toMs = atMs;
    } else {
      last = { labels, fromMs: atMs, toMs: atMs };
      runs.push(last);
    }
    begun = now ?? begun;
  }
  return runs;
}

/** @param edges begins of ranges: only there one run may be the rest of another one */
function joinRuns(
  runs: readonly AlertRun[],
  stepMs: number,
  edges: ReadonlySet<number>,
): AlertRun[] {
  const joined: AlertRun[] = [];
  for (const run of runs) {
    const last = joined.at(-1);
    const isRest =
      last !== undefined &&
      (run.fromMs <= last.toMs ||
        (edges.has(run.fromMs) && run.fromMs - last.toMs <= stepMs * apart));
    if (isRest) last.toMs = Math.max(last.toMs, run.toMs);
    else joined.push({ ...run });
  }
  return joined;
}

function beginsOf(
  all: readonly Series[],
): ReadonlyMap<string, ReadonlyMap<number, number>> {
  return new Map(
    all
      .filter(({ labels }) => labels['__name__'] === stateName)
      .map(({ labels, points }) => [keyOf(ownLabels(labels)), new Map(points)]),
  );
}

/** Those that Alertmanager has. */
function ownLabels(
  labels: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const { __name__: _name, alertstate: _state, ...own } = labels;
  return own;
}

function keyOf(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(
    Object.keys(labels)
      .toSorted()
      .map((name) => [name, labels[name]]),
  );
}

/** The series of a whole answer, of its `data`, or as `promtool query range --format json` prints them. */
function seriesIn(value: unknown): Series[] | undefined {
  const data =
    isObject(value) && isObject(value['data']) ? value['data'] : value;
  const result =
    isObject(data) && data['resultType'] === 'matrix' ? data['result'] : data;
  if (!Array.isArray(result)) return undefined;
  const found: Series[] = [];
  for (const one of result as unknown[]) {
    if (!isObject(one) || !isObject(one['metric'])) return undefined;
    if (!Array.isArray(one['values'])) return undefined;
    found.push({
      labels: textsOf(one['metric']),
      points: (one['values'] as unknown[])
        .flatMap(pointOf)
        .toSorted(([one], [other]) => one - other),
    });
  }
  return found;
}

function pointOf(point: unknown): [number, number][] {
  if (!Array.isArray(point)) return [];
  const [seconds, text] = point as unknown[];
  return typeof seconds === 'number' && Number.isFinite(seconds)
    ? [[Math.round(seconds * 1000), Number(text)]]
    : [];
}
