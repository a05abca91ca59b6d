import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { printable, type FaultFacts } from '@kickd/protocol';
import { errors } from '../errors.ts';
import type { Event } from './event.ts';

const Label = Type.String({ minLength: 1, maxLength: 200 });
/** As long as the monitor's own may be. */
const Name = Type.String({ minLength: 1, maxLength: 4096 });
const Count = Type.Integer({ minimum: 1, maximum: 1_000_000 });
const Instant = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?Z$',
});
const EventShape = Type.Object(
  {
    monitor: Label,
    host: Name,
    address: Type.Optional(Label),
    service: Type.Optional(Name),
    state: Type.Enum([
      'OK',
      'WARNING',
      'CRITICAL',
      'UNKNOWN',
      'UP',
      'DOWN',
      'UNREACHABLE',
    ]),
    stateType: Type.Enum(['SOFT', 'HARD']),
    attempt: Count,
    maxAttempts: Type.Optional(Count),
    problem: Type.Optional(Label),
    since: Type.Optional(Instant),
    at: Type.Optional(Instant),
    inDowntime: Type.Boolean(),
    hostState: Type.Optional(Type.Enum(['UP', 'DOWN', 'UNREACHABLE'])),
    acknowledgedBy: Type.Optional(Label),
    isFlapping: Type.Optional(Type.Boolean()),
    percentChange: Type.Optional(Type.Number({ minimum: 0, maximum: 100 })),
    labels: Type.Optional(Type.Record(Type.String(), Type.String())),
  },
  { additionalProperties: false },
);

export type ReadEvent =
  { kind: 'event'; event: Event } | { kind: 'fault'; fault: FaultFacts };

/** Reads one event as the ledger writes it: a JSON object with the names of event.ts. */
export function parseEventText(text: string, from: string): ReadEvent {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      kind: 'fault',
      fault: errors.eventUnreadable(from, printable(why)),
    };
  }
  const mistake = Value.Errors(EventShape, value)[0];
  if (mistake !== undefined) {
    const path = mistake.instancePath.slice(1).replaceAll('/', '.');
    const what = path === '' ? mistake.message : `${path} ${mistake.message}`;
    return {
      kind: 'fault',
      fault: errors.eventUnreadable(from, printable(what)),
    };
  }
  // Value.Errors found nothing, so the value has this shape.
  return { kind: 'event', event: value as Event };
}
