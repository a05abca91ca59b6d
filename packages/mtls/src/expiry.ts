const dayMs = 24 * 60 * 60 * 1000;

/** How near an end is: within 30 days, within 7, within one, past. */
export type ExpiryLevel = 'far' | 'month' | 'week' | 'day' | 'expired';

/** From the worst on, what is left of the time. */
const bounds: readonly [ExpiryLevel, number][] = [
  ['expired', 0],
  ['day', dayMs],
  ['week', 7 * dayMs],
  ['month', 30 * dayMs],
];

/**
 * @param at when it expires, ISO 8601
 * @returns 'day' of what expires within a day; 'far' of what has more than 30
 */
export function expiryLevel(at: string, now: Date): ExpiryLevel {
  const leftMs = Date.parse(at) - now.getTime();
  return bounds.find(([, boundMs]) => leftMs <= boundMs)?.[0] ?? 'far';
}

/** For a metric and its alert: 0 far, 1 within 30 days, 2 within 7, 3 within one, 4 past. */
export function expirySeverity(at: string, now: Date): number {
  const level = expiryLevel(at, now);
  const place = bounds.findIndex(([name]) => name === level);
  return place === -1 ? 0 : bounds.length - place;
}
