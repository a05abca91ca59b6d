/** The days of the week as rules.yaml writes them, in the order of Date.getDay. */
export const dayNames = [
  'sun',
  'mon',
  'tue',
  'wed',
  'thu',
  'fri',
  'sat',
] as const;
type DayName = (typeof dayNames)[number];

/** A part of the week, by the clock on the wall. One that ends at or before its beginning goes past midnight. */
export interface Window {
  /** on which it begins */
  days: readonly DayName[];
  /** HH:MM; `to` may be 24:00 */
  from: string;
  to: string;
}

/**
 * Whether a window is open: from `from` on, and no more at `to`. It goes by what the clock on the wall shows in the time
 * zone of this process: an hour that summer time leaves out is never reached, and one that comes twice counts twice.
 */
export function isOpen({ days, from, to }: Window, now: Date): boolean {
  const today = now.getDay();
  const minute = now.getHours() * 60 + now.getMinutes();
  const begin = minutesOf(from);
  const end = minutesOf(to);
  const isOn = (day: number): boolean =>
    days.some((name) => name === dayNames[(day + 7) % 7]);
  if (begin < end) return isOn(today) && minute >= begin && minute < end;
  return (isOn(today) && minute >= begin) || (isOn(today - 1) && minute < end);
}

/** `tue, thu 10:00 to 16:00` */
export function showWindow({ days, from, to }: Window): string {
  return `${days.join(', ')} ${from} to ${to}`;
}

/** `tue 09:41 (Europe/Berlin)`: what the clock on the wall shows. */
export function showLocalTime(now: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return `${dayNames[now.getDay()] ?? ''} ${two(now.getHours())}:${two(now.getMinutes())} (${zone})`;
}

function minutesOf(time: string): number {
  const [hours, minutes] = time.split(':');
  return Number(hours) * 60 + Number(minutes);
}
