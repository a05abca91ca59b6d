import type { Event } from './event.ts';
import type { NagiosStatus } from './nagios-status.ts';

/** How a problem stands by now. */
export type Refreshed =
  /** the event as the monitor would tell it now */
  | { kind: 'lasts'; event: Event }
  /** the service is green: the event that says so */
  | { kind: 'over'; event: Event }
  | { kind: 'not-known' };

/**
 * Looks an old event up in Nagios's status data, because Nagios calls for HARD once and never says that a
 * problem lasts, was acknowledged, or is in downtime by now.
 * @param sinceMs data that were written before say nothing new; epoch milliseconds
 */
export function refreshEvent(
  event: Event,
  status: NagiosStatus | undefined,
  sinceMs: number,
  now: Date,
): Refreshed {
  if (status === undefined || event.service === undefined) {
    return { kind: 'not-known' };
  }
  const service = status.services.get(event.host)?.get(event.service);
  // Its clock has whole seconds.
  if (service === undefined || status.createdMs + 1000 <= sinceMs) {
    return { kind: 'not-known' };
  }
  const at = now.toISOString();
  if (service.state === 'OK') {
    return {
      kind: 'over',
      event: { ...event, state: 'OK', attempt: 1, at },
    };
  }
  const isOther =
    service.problem !== undefined &&
    event.problem !== undefined &&
    service.problem !== event.problem;
  if (isOther) return { kind: 'not-known' };
  const host = status.hosts.get(event.host);
  const { acknowledgedBy: _before, ...rest } = event;
  const author = service.isAcknowledged
    ? status.acknowledgedBy.get(event.host)?.get(event.service) || 'somebody'
    : undefined;
  return {
    kind: 'lasts',
    event: {
      ...rest,
      state: service.state,
      stateType: service.stateType,
      attempt: service.attempt,
      maxAttempts: service.maxAttempts,
      at,
      inDowntime: service.inDowntime || host?.inDowntime === true,
      ...(host === undefined ? {} : { hostState: host.state }),
      ...(author === undefined ? {} : { acknowledgedBy: author }),
      isFlapping: service.isFlapping,
      ...(service.percentChange === undefined
        ? {}
        : { percentChange: service.percentChange }),
    },
  };
}
