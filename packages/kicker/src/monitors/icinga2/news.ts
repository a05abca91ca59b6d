import { isObject } from '../payload.ts';
import { keyOf, numberOf } from './objects.ts';

/** What one line of the event stream asks for. */
export type News =
  /** @param wasWell nothing was wrong before it either: a first check, or one more */
  | { kind: 'changed'; key: string; isWell: boolean; wasWell: boolean }
  | { kind: 'acknowledged'; key: string; author: string }
  | { kind: 'unacknowledged'; key: string }
  /** a downtime, or flapping, began or ended: what holds now, only the object says */
  | { kind: 'look'; key: string };

/** One line, with the instant that stands in it, milliseconds; undefined: it is of no use. */
export function parseNews(
  line: string,
): { news: News; atMs: number } | undefined {
  const value = jsonOf(line);
  if (!isObject(value)) return undefined;
  const news = newsOf(value);
  return news === undefined
    ? undefined
    : { news, atMs: numberOf(value['timestamp']) * 1000 };
}

function newsOf(value: Readonly<Record<string, unknown>>): News | undefined {
  const { type, downtime } = value;
  const named = isObject(downtime)
    ? { host: downtime['host_name'], service: downtime['service_name'] }
    : value;
  const { host, service } = named;
  if (typeof host !== 'string' || host === '') return undefined;
  if (service !== undefined && typeof service !== 'string') return undefined;
  const key = keyOf(host, service);
  switch (type) {
    case 'StateChange': {
      const result = value['check_result'];
      const before = isObject(result) ? result['vars_before'] : undefined;
      return {
        kind: 'changed',
        key,
        isWell: value['state'] === 0,
        wasWell: !isObject(before) || before['state'] === 0,
      };
    }
    case 'AcknowledgementSet': {
      const { author } = value;
      return {
        kind: 'acknowledged',
        key,
        author: typeof author === 'string' ? author : '',
      };
    }
    case 'AcknowledgementCleared':
      return { kind: 'unacknowledged', key };
    case 'Flapping':
    case 'DowntimeStarted':
    case 'DowntimeTriggered':
    case 'DowntimeRemoved':
      return { kind: 'look', key };
    default:
      return undefined;
  }
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
