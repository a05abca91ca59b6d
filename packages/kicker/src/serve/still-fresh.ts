import { refreshEvent } from '../monitors/nagios/refresh.ts';
import type { NagiosStatus } from '../monitors/nagios/status.ts';
import type { EventContext } from '../kicks/handle-event.ts';

/** An event that lay in the spool for longer was left there: nobody served. */
const leftAfterMs = 30 * 1000;

/**
 * An event that lay in the spool while nobody served. Where the monitor's own data say that its problem
 * lasts, it is as good as new, since the monitor will not call again; else its age counts against it.
 * @param at when it was written
 */
export function stillFresh(
  context: EventContext,
  status: NagiosStatus | undefined,
  at: Date,
  now: Date,
): EventContext {
  if (now.getTime() - at.getTime() < leftAfterMs) return context;
  const { event } = context;
  if (event.state === 'OK') return context;
  const refreshed = refreshEvent(event, status, at.getTime(), now);
  if (refreshed.kind === 'lasts') return { ...context, event: refreshed.event };
  return event.at === undefined
    ? { ...context, event: { ...event, at: at.toISOString() } }
    : context;
}
