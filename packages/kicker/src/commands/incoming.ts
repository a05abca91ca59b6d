import type { FaultFacts } from '@kickd/protocol';
import type { Config } from '../config/config.ts';
import { findTarget } from '../fleet/target.ts';
import type { Event } from '../events/event.ts';
import type { Facts } from '../events/facts.ts';
import { nagiosFacts, type NagiosData } from '../monitors/nagios/facts.ts';
import { withAcknowledgement } from '../monitors/nagios/refresh.ts';
import { parseNagios } from '../monitors/nagios/macros.ts';
import type { EventContext } from '../kicks/handle-event.ts';
import { readMacros } from './event-options.ts';
import type { Given } from './options.ts';

export type ReadIncoming =
  | { kind: 'incoming'; incoming: EventContext; targetFault?: FaultFacts }
  | { kind: 'faults'; faults: readonly FaultFacts[] };

/** The arguments of an event handler, and all that is known beyond them. */
export function readIncoming(
  given: Given,
  config: Config,
  data: NagiosData,
  nowMs: number,
): ReadIncoming {
  const read = readMacros(given);
  if (read.kind === 'faults') return read;
  const parsed = parseNagios(read.macros);
  if (parsed.kind === 'faults') return parsed;
  const { event, groups } = parsed;
  const remarks = [...read.remarks, ...parsed.remarks];
  return incomingOf(event, groups, config, data, nowMs, remarks);
}

/**
 * The same for an event that is known already.
 * @param remarks what came with it and could not be used
 */
export function incomingOf(
  told: Event,
  groups: readonly string[],
  config: Config,
  data: NagiosData,
  nowMs: number,
  remarks: readonly string[] = [],
): Extract<ReadIncoming, { kind: 'incoming' }> {
  const event = withoutOwnAcknowledgement(
    withAcknowledgement(told, data.status),
    config.nagios.author,
  );
  const found = findTarget(
    event.host,
    config.hosts,
    config.port,
    event.address,
  );
  const target = found.kind === 'target' ? found.target : undefined;
  const facts: Facts = {
    ...nagiosFacts(event, groups, target?.certname, data, nowMs),
    ...(found.kind === 'fault' ? { targetFault: wordsOf(found.fault) } : {}),
    ...(remarks.length === 0 ? {} : { remarks }),
  };
  return {
    kind: 'incoming',
    incoming: { event, facts, ...(target === undefined ? {} : { target }) },
    ...(found.kind === 'fault' ? { targetFault: found.fault } : {}),
  };
}

function wordsOf({ message, remedy }: FaultFacts): string {
  return `${message} (fix: ${remedy})`;
}

/** kicker acknowledges while it heals; that nobody else knows of the problem must not be forgotten for it. */
function withoutOwnAcknowledgement(event: Event, author: string): Event {
  if (event.acknowledgedBy !== author) return event;
  const { acknowledgedBy: _own, ...rest } = event;
  return rest;
}
