import type { OutcomeKind } from '@kickd/protocol';
import type { Told } from '../told.ts';

/** Upper bounds of the histogram of runs, in seconds: a repair takes seconds, a first run minutes. */
export const runSecondsBounds = [1, 2, 5, 10, 20, 60, 120, 300, 900];

const outcomes: readonly OutcomeKind[] = [
  'unchanged',
  'corrected',
  'partly',
  'failed',
  'timed-out',
  'cancelled',
  'refused',
  'lost',
  'not-started',
  'not-needed',
];

/** Plain numbers: they cross to the listener, and to the runner that comes after this one. */
export interface RunCounts {
  /** kicks taken, by how they came to their run */
  kicks: Record<string, number>;
  /** runs ended, by outcome */
  runs: Record<string, number>;
  /** answers of probes, by when they were asked and what they said; absent: a runner from before there were any */
  probes?: Record<string, number>;
  /** runs that took at most this long, one count for each bound: see `runSecondsBounds` */
  buckets: number[];
  seconds: number;
  /** runs whose length is known */
  timed: number;
  /** when a run last ended unchanged or corrected, in seconds since the epoch */
  lastGoodSeconds?: number;
}

export function noRunCounts(): RunCounts {
  return {
    kicks: {},
    runs: Object.fromEntries(outcomes.map((kind) => [kind, 0])),
    buckets: runSecondsBounds.map(() => 0),
    seconds: 0,
    timed: 0,
  };
}

/**
 * @param nowSeconds since the epoch
 * @returns the same object where the event counts for nothing
 */
export function withTold(
  counts: RunCounts,
  event: Told,
  nowSeconds: number,
): RunCounts {
  if (event.event === 'run-accepted') {
    return { ...counts, kicks: increased(counts.kicks, event.how) };
  }
  if (event.event === 'probe-answered') {
    const { probes = {} } = counts;
    const key = `${event.when} ${event.answer}`;
    return { ...counts, probes: increased(probes, key) };
  }
  if (event.event !== 'run-ended') return counts;
  const { kind } = event.outcome;
  const isGood = kind === 'corrected' || kind === 'unchanged';
  const next = {
    ...counts,
    runs: increased(counts.runs, kind),
    ...(isGood && { lastGoodSeconds: nowSeconds }),
  };
  if (event.durationMs === undefined) return next;
  const seconds = event.durationMs / 1000;
  return {
    ...next,
    buckets: runSecondsBounds.map(
      (bound, index) =>
        (counts.buckets[index] ?? 0) + (seconds <= bound ? 1 : 0),
    ),
    seconds: counts.seconds + seconds,
    timed: counts.timed + 1,
  };
}

function increased(
  record: Record<string, number>,
  key: string,
): Record<string, number> {
  return { ...record, [key]: (record[key] ?? 0) + 1 };
}
