import { refreshEvent } from '../monitors/nagios/refresh.ts';
import type { NagiosStatus } from '../monitors/nagios/status.ts';
import type { Incoming } from '../kicks/handle-event.ts';

/** An event that lay in the spool for longer was left there: nobody served. */
const leftAfterMs = 30 * 1000;

/**
 * An event that lay in the spool while nobody served. Where the monitor's own data say that its problem
 * lasts, it is as good as new, since the monitor will not call again; else its age counts against it.
 * @param at when it was written
 */
export function stillFresh(
  incoming: Incoming,
  status: NagiosStatus | undefined,
  at: Date,
  now: Date,
): Incoming {
  if (now.getTime() - at.getTime() < leftAfterMs) return incoming;
  const { event } = incoming;
  if (event.state === 'OK') return incoming;
  const refreshed = refreshEvent(event, status, at.getTime(), now);
  if (refreshed.kind === 'lasts')
    return { ...incoming, event: refreshed.event };
  return event.at === undefined
    ? { ...incoming, event: { ...event, at: at.toISOString() } }
    : incoming;
}
