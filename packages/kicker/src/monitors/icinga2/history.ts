import { isObject, type Payload } from '../payload.ts';
import type { ReadingWorld } from '../message-parts.ts';
import { itemOfPart, type ToldAlert, type ToldItem } from '../told-item.ts';
import { numberOf } from './objects.ts';
import { readIcinga } from './read.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * When an event of a saved stream (`curl … /v1/events > FILE`, one JSON object a line) was told.
 * @param line each character is one byte
 * @returns whole seconds; -1 where the line is no such event
 */
export function secondsOfEvent(line: string): number {
  const event = eventOf(line);
  return event === undefined ? -1 : Math.floor(numberOf(event['timestamp']));
}

/** So many places are tried where an event may begin inside a torn line. */
const triesMost = 200;

/** Where an event begins behind the rest of another one: a stream that was cut off, and the next one appended. @returns -1: nowhere */
export function tornEventAt(line: string): number {
  if (eventOf(line) !== undefined) return -1;
  let at = 0;
  for (let tries = 0; tries < triesMost; tries += 1) {
    at = line.indexOf('{"', at + 1);
    if (at < 0) return -1;
    if (eventOf(line.slice(at)) !== undefined) return at;
  }
  return -1;
}

/**
 * Reads one line of a saved event stream: a change of state as a live one is read, and what the stream tells of
 * downtimes, acknowledgements and flapping.
 * @param author who acknowledges for kicker
 */
export function parseEventLine(
  line: string,
  world: ReadingWorld,
  { author }: { author: string },
): ToldItem {
  const event = eventOf(line);
  if (event === undefined) return { kind: 'broken' };
  if (event['type'] === 'StateChange') return alertOfStateChange(event, world);
  const { host, service } = placeOf(event['downtime'] ?? event);
  if (typeof host !== 'string') return { kind: 'other' };
  const place =
    typeof service === 'string' && service !== ''
      ? { host, service }
      : { host };
  switch (event['type']) {
    case 'Flapping':
      return {
        kind: 'flapping',
        ...place,
        isFlapping: event['is_flapping'] === true,
      };
    // A fixed one tells both, a flexible one that it was triggered.
    case 'DowntimeStarted':
    case 'DowntimeTriggered':
      return { kind: 'downtime', ...place, ...downtimeOf(event['downtime']) };
    case 'DowntimeRemoved':
      return {
        kind: 'downtime-over',
        ...place,
        id: downtimeOf(event['downtime']).id,
      };
    case 'AcknowledgementSet': {
      const by = textIn(event['author']) ?? 'somebody';
      const untilMs = numberOf(event['expiry']) * 1000;
      return {
        kind: 'acknowledged',
        ...place,
        by,
        isOwn: by === author,
        ...(untilMs > 0 ? { untilMs } : {}),
      };
    }
    case 'AcknowledgementCleared':
      return { kind: 'unacknowledged', ...place };
    default:
      return { kind: 'other' };
  }
}

/** The event of a line, alone or as `{event, object}`; undefined where it is none. */
function eventOf(line: string): Fields | undefined {
  const value = valueOf(line);
  if (!isObject(value)) return undefined;
  const event = isObject(value['event']) ? value['event'] : value;
  return typeof event['type'] === 'string' &&
    typeof event['timestamp'] === 'number' &&
    event['timestamp'] > 0
    ? event
    : undefined;
}

function valueOf(line: string): unknown {
  if (!line.includes('"timestamp"')) return undefined;
  try {
    return JSON.parse(textOfBytes(line)) as unknown;
  } catch {
    return undefined;
  }
}

/** Icinga writes UTF-8. A mark at the begin of the file is none of it. */
export function textOfBytes(line: string): string {
  if (!/[\u0080-\u00ff]/.test(line)) return line;
  const text = Buffer.from(line, 'latin1').toString('utf8');
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

export function alertOfStateChange(
  event: Fields,
  world: ReadingWorld,
): ToldItem {
  const payload: Payload = { kind: 'json', value: event, headers: {} };
  const item = itemOfPart(readIcinga(payload, undefined, world)[0]);
  return item.kind === 'alert' ? { ...item, ...changeOf(event) } : item;
}

/** What the check result of a change says of the state before it. */
function changeOf(
  event: Fields,
): Pick<ToldAlert, 'beginsProblem' | 'maxAttempts' | 'check'> {
  const result = event['check_result'];
  if (!isObject(result)) return {};
  const { vars_before: before, vars_after: after, execution_end: end } = result;
  const wasHard = isObject(before) && before['state_type'] === 1;
  const isHard = isObject(after) && after['state_type'] === 1;
  const wasWell = isObject(before) && before['state'] === 0;
  const attempt = isObject(before) ? numberOf(before['attempt']) : 0;
  return {
    ...(isObject(before)
      ? { beginsProblem: wasWell && event['state'] !== 0 }
      : {}),
    // The check after the last SOFT attempt makes it HARD.
    ...(isHard && !wasHard && !wasWell && event['state'] !== 0 && attempt > 0
      ? { maxAttempts: attempt + 1 }
      : {}),
    ...(typeof end === 'number'
      ? { check: `${String(end)} ${String(event['state_type'])}` }
      : {}),
  };
}

function placeOf(about: unknown): { host?: unknown; service?: unknown } {
  if (!isObject(about)) return {};
  return {
    host: about['host_name'] ?? about['host'],
    service: about['service_name'] ?? about['service'],
  };
}

/** A fixed downtime ends at its end, a flexible one so long after it was triggered. */
function downtimeOf(downtime: unknown): { id: string; untilMs?: number } {
  if (!isObject(downtime)) return { id: '' };
  const id = textIn(downtime['__name']) ?? textIn(downtime['name']) ?? '';
  const triggered = numberOf(downtime['trigger_time']);
  const until =
    downtime['fixed'] === false && triggered > 0
      ? triggered + numberOf(downtime['duration'])
      : numberOf(downtime['end_time']);
  return { id, ...(until > 0 ? { untilMs: until * 1000 } : {}) };
}

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
