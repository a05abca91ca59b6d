/** The end of the year 9999. */
const secondsMost = 253_402_300_799;
/** Monitors that write "never" as an instant: Go's zero time, and the epoch. */
const secondsLeast = 1;

/**
 * An instant of ISO 8601 with its zone, in UTC, its fraction kept digit for digit: it may be part of an id.
 * @returns undefined: no instant, without a zone, or one that means "never"
 */
export function parseInstant(text: string): string | undefined {
  const found =
    /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9})\d*)?\s?([Zz]|[+-]\d{2}:?\d{2})$/.exec(
      text,
    );
  if (found === null) return undefined;
  const [, day = '', time = '', fraction, zone = ''] = found;
  const offset = /^[Zz]$/.test(zone)
    ? 'Z'
    : zone.replace(/^(.\d{2}):?(\d{2})$/, '$1:$2');
  const ms = Date.parse(`${day}T${time}${offset}`);
  if (!isSeconds(ms / 1000)) return undefined;
  const whole = new Date(ms)
    .toISOString()
    .slice(0, 'YYYY-MM-DDThh:mm:ss'.length);
  return `${whole}${fraction === undefined ? '' : `.${fraction}`}Z`;
}

/**
 * An instant of seconds since the epoch, as a number or its text; a fraction is cut to milliseconds.
 * @returns undefined: no instant, or one that means "never"
 */
export function instantOfSeconds(value: unknown): string | undefined {
  const seconds =
    typeof value === 'string' && /^\d{1,12}(?:\.\d+)?$/.test(value)
      ? Number(value)
      : value;
  if (typeof seconds !== 'number' || !isSeconds(seconds)) return undefined;
  const text = new Date(Math.floor(seconds * 1000)).toISOString();
  return Number.isInteger(seconds) ? text.replace('.000Z', 'Z') : text;
}

/**
 * For a monitor that takes an end in whole seconds since the epoch.
 * @returns the first of them that is not before `ms`: cut off, a page would go out before its hold is over
 */
export function endInSeconds(ms: number): number {
  return Math.ceil(ms / 1000);
}

function isSeconds(seconds: number): boolean {
  return seconds >= secondsLeast && seconds <= secondsMost;
}
