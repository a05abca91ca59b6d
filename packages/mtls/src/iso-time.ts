/**
 * @returns ISO 8601 in UTC; in words for a time that no Date can hold, which some certificate may have
 */
export function isoOf(time: Date): string {
  return Number.isNaN(time.getTime()) ? 'no time' : time.toISOString();
}
