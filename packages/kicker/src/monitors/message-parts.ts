import type { FaultFacts } from '@kickd/protocol';
import { errors } from '../errors.ts';
import type { Event } from '../events/event.ts';
import type { MessagePart } from '../ports.ts';
import { flawOfName, readHostName, type KnowsHost } from './host-name.ts';
import type { Payload } from './payload.ts';

/** What reading a message needs beside the settings of its monitor. */
export interface ReadingWorld {
  /** the monitor's key in kicker.yaml, and Event.monitor */
  monitor: string;
  knowsHost: KnowsHost;
}

/** Reads one payload of a monitor. It never throws, and gives one part at least. */
export type ReadPart<Settings> = (
  payload: Payload,
  settings: Settings,
  world: ReadingWorld,
) => readonly MessagePart[];

export function eventPart(
  event: Event,
  {
    groups = [],
    remarks = [],
  }: { groups?: readonly string[]; remarks?: readonly string[] } = {},
): MessagePart {
  return { kind: 'event', seen: { event, groups, remarks } };
}

export function ignored(why: string): MessagePart {
  return { kind: 'ignored', why };
}

export function refused(...faults: FaultFacts[]): MessagePart {
  return { kind: 'refused', faults };
}

/** The same part, of the place `at` in its message. */
export function partAt(at: string, part: MessagePart): MessagePart {
  return { ...part, at };
}

/** A payload in a form that this kind of monitor does not hand over. */
export function wrongForm(wanted: string): readonly MessagePart[] {
  return [refused(errors.payloadForm(wanted))];
}

export type ReadName =
  { kind: 'name'; name: string } | { kind: 'refused'; part: MessagePart };

/**
 * The name of the host out of one field.
 * @param field as a person finds it in the message, e.g. `labels.instance`
 */
export function hostOf(
  value: unknown,
  field: string,
  { knowsHost }: ReadingWorld,
  options: { isPortDropped?: boolean } = {},
): ReadName {
  if (typeof value !== 'string') {
    return refusedName(field, value, 'it names no host');
  }
  const found = readHostName(value, knowsHost, options);
  return found.kind === 'host'
    ? { kind: 'name', name: found.host }
    : refusedName(field, value, found.why);
}

export function serviceOf(value: unknown, field: string): ReadName {
  if (typeof value !== 'string') {
    return refusedName(field, value, 'it names no service');
  }
  const flaw = flawOfName(value);
  return flaw === undefined
    ? { kind: 'name', name: value }
    : refusedName(field, value, flaw);
}

function refusedName(field: string, value: unknown, why: string): ReadName {
  const part = refused(errors.payloadName(field, value, why));
  return { kind: 'refused', part };
}

/** What the protocol calls a Label. */
const labelMost = 200;

/** A text for a field that may be absent: undefined where it is empty, was not filled in or is too long. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' &&
    value.length <= labelMost &&
    flawOfName(value) === undefined
    ? value
    : undefined;
}

/** The texts of an object, whatever else it holds. */
export function textsOf(value: unknown): Record<string, string> {
  return Object.fromEntries(
    typeof value === 'object' && value !== null
      ? Object.entries(value).filter(
          (entry): entry is [string, string] => typeof entry[1] === 'string',
        )
      : [],
  );
}
