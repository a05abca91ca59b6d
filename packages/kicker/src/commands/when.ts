import { Faults, errors } from '../errors.ts';

const units = { m: 60, h: 60 * 60, d: 24 * 60 * 60 } as const;

/**
 * A point in time as a person types it: an ISO 8601 date or instant, or this long ago: `30m`, `12h`, `7d`.
 * @returns ISO 8601 UTC, or undefined where nothing was given
 * @throws {Faults} USAGE_VALUE
 */
export function readInstant(
  command: string,
  option: string,
  text: string | undefined,
  now: Date,
): string | undefined {
  if (text === undefined) return undefined;
  const ago = /^(\d{1,6})([mhd])$/.exec(text);
  if (ago !== null) {
    const [, count = '0', unit = 'm'] = ago;
    // The pattern lets no other letter through.
    const ms = Number(count) * units[unit as keyof typeof units] * 1000;
    return new Date(now.getTime() - ms).toISOString();
  }
  const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(ms)) return new Date(ms).toISOString();
  throw new Faults([
    errors.optionValue(
      command,
      option,
      text,
      'a date, an instant (ISO 8601), or how long ago: 30m, 12h, 7d',
    ),
  ]);
}
