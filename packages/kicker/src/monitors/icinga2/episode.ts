import type { Event } from '../../events/event.ts';
import { instantOfSeconds } from '../instants.ts';

/**
 * What names one episode: the time when the service was last OK holds still from its first failure to its recovery,
 * that of the last change does not. Never OK: there is none.
 */
export function episodeOf(
  lastOkSeconds: number | undefined,
  lastChangeSeconds: number | undefined,
): Pick<Event, 'problem' | 'since'> {
  const wasOk = lastOkSeconds !== undefined && lastOkSeconds > 0;
  const since = instantOfSeconds(wasOk ? lastOkSeconds : lastChangeSeconds);
  return {
    ...(wasOk ? { problem: String(lastOkSeconds) } : {}),
    ...(since === undefined ? {} : { since }),
  };
}

const countMost = 1_000_000;

/** A whole number above 0, as a number or its text. */
export function countOf(value: unknown): number | undefined {
  const count =
    typeof value === 'string' && /^\d{1,9}$/.test(value)
      ? Number(value)
      : value;
  return typeof count === 'number' && count >= 1
    ? Math.min(Math.floor(count), countMost)
    : undefined;
}

/** Whole seconds since the epoch: the API has fractions where a macro has none. */
export function secondsOf(value: unknown): number | undefined {
  const seconds =
    typeof value === 'string' && /^\d{1,12}(?:\.\d+)?$/.test(value)
      ? Number(value)
      : value;
  return typeof seconds === 'number' && seconds >= 0
    ? Math.floor(seconds)
    : undefined;
}
