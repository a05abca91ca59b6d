import type { Event } from '../events/event.ts';
import type { Monitor } from '../ports.ts';

/** An event that lay in the spool for longer was left there: nobody served. */
const leftAfterMs = 30 * 1000;

/**
 * An event that lay in the spool while nobody served. Where the monitor's own data say that its problem
 * lasts, it is as good as new, since the monitor will not call again; else its age counts against it.
 * @param at when it was written
 */
export function stillFresh(
  event: Event,
  monitor: Pick<Monitor, 'refresh'>,
  at: Date,
  now: Date,
): Event {
  if (now.getTime() - at.getTime() < leftAfterMs) return event;
  if (event.state === 'OK') return event;
  const refreshed = monitor.refresh(event, at.getTime());
  if (refreshed.kind === 'lasts') return refreshed.event;
  return event.at === undefined ? { ...event, at: at.toISOString() } : event;
}
