import type { Event } from './event.ts';
import type { Facts } from './facts.ts';

/** What a host is remembered by: its certname, else the monitor's name of it, in lower case. */
export function hostKey(event: Pick<Event, 'host'>, facts: Facts): string {
  return facts.certname ?? event.host.toLowerCase();
}

/** What a service is remembered by, the same for every monitor. Neither name holds a control character. */
export function serviceKey(host: string, service: string): string {
  return `${host}\t${service}`;
}

/** What an event's host and service are remembered by. */
export interface EventKeys {
  host: string;
  service: string;
}

export function keysOf(
  event: Pick<Event, 'host' | 'service'>,
  facts: Facts,
): EventKeys {
  const host = hostKey(event, facts);
  return { host, service: serviceKey(host, event.service ?? '') };
}
