const day = 24 * 60 * 60;
export const logStart = 1_700_000_000;

export interface ProblemOptions {
  host?: string;
  service?: string;
  /** seconds after the start of the log */
  at?: number;
  /** what stands between the time and the kind */
  before?: string;
  /** seconds until it is green */
  lasts?: number;
}

/** One ordinary problem of a service with max_check_attempts 4: three SOFT lines, HARD, and its end. */
export function problemLines({
  host = 'web1',
  service = 'HTTP',
  at = 0,
  before = '',
  lasts = 600,
}: ProblemOptions = {}): string[] {
  const line = (after: number, text: string): string =>
    `[${logStart + at + after}] ${before}SERVICE ALERT: ${host};${service};${text}`;
  return [
    line(0, 'CRITICAL;SOFT;1;CHECK refused'),
    line(60, 'CRITICAL;SOFT;2;CHECK refused'),
    line(120, 'CRITICAL;SOFT;3;CHECK refused'),
    line(180, 'CRITICAL;HARD;4;CHECK refused'),
    line(lasts, 'OK;HARD;4;fine'),
  ];
}

/** Seven such problems, one a day. */
export function weekLines(options: ProblemOptions = {}): string[] {
  return Array.from({ length: 7 }, (_, index) =>
    problemLines({ ...options, at: (options.at ?? 0) + index * day }),
  ).flat();
}

/** A line at so many seconds after the start of the log. */
export function logLine(at: number, text: string): string {
  return `[${logStart + at}] ${text}`;
}

/** A week with Nagios's rotation at noon of each day, which tells every state again. */
export function rotatedWeekLines(more: readonly string[] = []): string[] {
  const rotations = Array.from({ length: 7 }, (_, index) =>
    [
      'CURRENT HOST STATE: web1;UP;HARD;1;PING OK',
      'CURRENT SERVICE STATE: web1;HTTP;OK;HARD;1;fine',
      'LOG ROTATION: DAILY',
      'LOG VERSION: 2.0',
    ].map((text) => logLine(index * day + 43_200, text)),
  ).flat();
  return inTime([...weekLines(), ...rotations, ...more]);
}

/** In the order of their times; of the same time as they were. */
export function inTime(lines: readonly string[]): string[] {
  return lines.toSorted(
    (a, b) => Number(a.slice(1, 11)) - Number(b.slice(1, 11)),
  );
}

export function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
