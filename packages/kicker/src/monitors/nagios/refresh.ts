import type { Event } from '../../events/event.ts';
import type { Refreshed } from '../../ports.ts';
import type { NagiosStatus } from './status.ts';

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
  if (isOther(event, service)) return { kind: 'not-known' };
  const host = status.hosts.get(event.host);
  const { acknowledgedBy: _before, ...rest } = event;
  const author = authorOf(event, status);
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

/**
 * A new event with the acknowledgement that Nagios's status data tell of. Nagios itself does not: the macro
 * $SERVICEACKAUTHOR$ is filled in for the notification of the acknowledgement alone, and empty for an event handler.
 *
 * The data are some seconds old, and an acknowledgement that is not sticky ends with the change of state that
 * the event tells of. Then the event is skipped, and kicked a minute later, when the data say so.
 */
export function withAcknowledgement(
  event: Event,
  status: NagiosStatus | undefined,
): Event {
  const { service: name = '', state, acknowledgedBy } = event;
  const service = status?.services.get(event.host)?.get(name);
  if (status === undefined || service === undefined) return event;
  if (acknowledgedBy !== undefined || state === 'OK') return event;
  if (isOther(event, service)) return event;
  const author = authorOf(event, status);
  return author === undefined ? event : { ...event, acknowledgedBy: author };
}

function isOther(event: Event, service: { problem?: string }): boolean {
  return (
    service.problem !== undefined &&
    event.problem !== undefined &&
    service.problem !== event.problem
  );
}

/** Who acknowledged the problem of a service; undefined: nobody did. */
function authorOf(
  { host, service = '' }: Event,
  { services, acknowledgedBy }: NagiosStatus,
): string | undefined {
  return services.get(host)?.get(service)?.isAcknowledged === true
    ? acknowledgedBy.get(host)?.get(service) || 'somebody'
    : undefined;
}
