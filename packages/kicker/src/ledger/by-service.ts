import type { StoredEntry } from './entry.ts';
import { placeOfProblem } from '../events/event.ts';
import { isNotNeeded } from '../events/outcome-record.ts';

/** What became of the kicks of one service. */
export interface ServiceRecord {
  host: string;
  service: string;
  kicks: number;
  /** runs after which the monitor saw it green */
  healed: number;
  /** runs that ended, and it stayed broken or nobody can tell */
  futile: number;
  /** kicks that were refused, never got through, or were not needed */
  notRun: number;
  /** seconds from the beginning of the problem to green, of each that was healed, least first */
  secondsToGreen: number[];
  /** healed so often that it cannot be called healthy */
  isHealedTooOften: boolean;
}

/** The monitor saw it green after a kick. */
interface Healing {
  record: ServiceRecord;
  kick: string;
  seconds: number | undefined;
  atMs: number;
}

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Folds the history of a period into one record a service, the most kicked first.
 * @param entries in any order
 * @param often a service that was healed more often within any seven days is called unhealthy
 */
export function foldByService(
  entries: Iterable<StoredEntry>,
  often: number,
): ServiceRecord[] {
  const records = new Map<string, ServiceRecord>();
  const healings: Healing[] = [];
  const notNeeded = new Set<string>();
  const drilled = new Set<string>();
  for (const { entry, problem, at, kick = '' } of entries) {
    if (entry.kind === 'drill') {
      const { body } = entry;
      if (body.phase === 'ended' && body.healedBy !== undefined) {
        drilled.add(body.healedBy);
      }
      continue;
    }
    const place = problem === undefined ? undefined : placeOfProblem(problem);
    if (place?.service === undefined) continue;
    const { host, service } = place;
    const key = JSON.stringify([host, service]);
    const record = records.get(key) ?? {
      host,
      service,
      kicks: 0,
      healed: 0,
      futile: 0,
      notRun: 0,
      secondsToGreen: [],
      isHealedTooOften: false,
    };
    records.set(key, record);
    if (entry.kind === 'kick') record.kicks += 1;
    else if (entry.kind === 'outcome') {
      const { body } = entry;
      if (isNotNeeded(body)) {
        record.notRun += 1;
        notNeeded.add(kick);
      } else if (body.kind === 'refused' || body.kind === 'gave-up') {
        record.notRun += 1;
      }
    } else if (entry.kind === 'verdict') {
      const { verdict, seconds } = entry.body;
      if (verdict === 'healed') {
        healings.push({ record, kick, seconds, atMs: Date.parse(at) });
      } else record.futile += 1;
    }
  }
  const healedAt = new Map<ServiceRecord, number[]>();
  for (const { record, kick, seconds, atMs } of healings) {
    // it was green already when the host was asked: nobody healed it
    if (notNeeded.has(kick)) continue;
    record.healed += 1;
    if (seconds !== undefined) record.secondsToGreen.push(seconds);
    // what was broken on purpose does not make a service unhealthy
    if (drilled.has(kick)) continue;
    healedAt.set(record, [...(healedAt.get(record) ?? []), atMs]);
  }
  for (const [record, times] of healedAt) {
    record.secondsToGreen.sort((a, b) => a - b);
    times.sort((a, b) => a - b);
    record.isHealedTooOften = times.some((at, index) => {
      const last = times[index + often];
      return last !== undefined && last - at <= 7 * dayMs;
    });
  }
  return [...records.values()]
    .filter(({ kicks, healed, futile }) => kicks + healed + futile > 0)
    .toSorted((a, b) => b.kicks - a.kicks || (a.host < b.host ? -1 : 1));
}

/** @param sorted least first; @param share 0 … 1 */
export function quantileOf(
  sorted: readonly number[],
  share: number,
): number | undefined {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
