import { errors } from '../../errors.ts';
import type { Event, State } from '../../events/event.ts';
import type { MessagePart } from '../../ports.ts';
import { flawOfName, isUnexpanded } from '../host-name.ts';
import {
  eventPart,
  hostOf,
  ignored,
  refused,
  serviceOf,
  textOf,
  wrongForm,
  type ReadingWorld,
} from '../message-parts.ts';
import { isObject, type Payload } from '../payload.ts';
import { noteIn, whyNoProblem } from './no-problem.ts';

export interface ZabbixReading {
  /** the tag of a trigger that names the service; a trigger without it is the service of its own name */
  serviceTag: string;
  /** what a severity means, by its number 0 (not classified) to 5 (disaster) */
  severities: Readonly<
    Record<string, Extract<State, 'WARNING' | 'CRITICAL' | 'UNKNOWN'>>
  >;
}

/**
 * Reads what the media type of deploy/zabbix sends: {ALERT.SENDTO}, {ALERT.SUBJECT} and {ALERT.MESSAGE}, which is a
 * JSON object of macros; or that object alone, from a webhook. A macro without a value stays as it is, `{EVENT.ACK.STATUS}`.
 * @see https://www.zabbix.com/documentation/6.0/en/manual/appendix/macros/supported_by_location
 */
export function readZabbix(
  payload: Payload,
  settings: ZabbixReading,
  world: ReadingWorld,
): readonly MessagePart[] {
  if (payload.kind === 'lines') return wrongForm(wanted);
  if (payload.kind === 'json')
    return [readBody(payload.value, settings, world)];
  const { args } = payload;
  if (args.length !== 3) {
    return wrongForm(`${wanted}; there are ${String(args.length)} arguments`);
  }
  const [, , message = ''] = args;
  const note = noteIn(message);
  if (note !== undefined) return [ignored(`the server says: ${note}`)];
  try {
    return [readBody(JSON.parse(message), settings, world)];
  } catch {
    return [refused(errors.payloadMessage(message))];
  }
}

const wanted =
  'the arguments {ALERT.SENDTO}, {ALERT.SUBJECT} and {ALERT.MESSAGE}, the last as JSON, as the media type of deploy/zabbix has them';

function readBody(
  body: unknown,
  { serviceTag, severities }: ZabbixReading,
  world: ReadingWorld,
): MessagePart {
  if (!isObject(body)) return refused(errors.payloadForm(wanted));
  const nothing = whyNoProblem(body);
  if (nothing !== undefined) return ignored(nothing);
  const value = String(body['value']);
  if (value !== '0' && value !== '1') {
    return refused(
      errors.payloadValue(
        'value',
        body['value'],
        '1 (problem) or 0 (recovery)',
      ),
    );
  }
  const host = hostOf(body['host'], 'host', world);
  if (host.kind === 'refused') return host.part;
  const tags = tagsOf(body['tags']);
  if (tags === undefined) {
    return refused(
      errors.payloadValue('tags', body['tags'], 'the tags, {EVENT.TAGSJSON}'),
    );
  }
  const service = Object.hasOwn(tags, serviceTag)
    ? serviceOf(tags[serviceTag], `the tag ${serviceTag}`)
    : serviceOf(body['name'], 'name');
  if (service.kind === 'refused') return service.part;
  const severity = String(body['severity']);
  const state =
    value === '0'
      ? 'OK'
      : isOfMonitorItself(body['key'])
        ? 'UNKNOWN'
        : Object.hasOwn(severities, severity)
          ? severities[severity]
          : undefined;
  if (state === undefined) {
    return refused(
      errors.severityUnmapped(
        world.monitor,
        'severity',
        body['severity'],
        Object.keys(severities),
      ),
    );
  }
  const problem = /^[1-9]\d{0,19}$/.exec(String(body['event']))?.[0];
  if (problem === undefined) {
    // Without it a recovery names no problem.
    return refused(
      errors.payloadValue('event', body['event'], 'the number, {EVENT.ID}'),
    );
  }
  const address = textOf(body['conn']);
  const event: Event = {
    monitor: world.monitor,
    host: host.name,
    ...(address === undefined ? {} : { address }),
    service: service.name,
    state,
    stateType: 'HARD',
    attempt: 1,
    maxAttempts: 1,
    problem,
    inDowntime: isSuppressed(body),
    ...(state !== 'OK' && isAcknowledged(body)
      ? { acknowledgedBy: 'somebody' }
      : {}),
    labels: tags,
  };
  return eventPart(event, { groups: groupsOf(body['hostgroups']) });
}

/** The server's own items, and the agent's word that it lives: a failure of these says nothing of a service. */
function isOfMonitorItself(key: unknown): boolean {
  return typeof key === 'string' && /^(?:zabbix\[|agent\.ping$)/.test(key);
}

function isSuppressed(body: Readonly<Record<string, unknown>>): boolean {
  return (
    body['suppressed'] === '1' ||
    body['suppressed'] === 'Yes' ||
    (typeof body['maintenance'] === 'string' &&
      body['maintenance'] === 'In maintenance')
  );
}

function isAcknowledged(body: Readonly<Record<string, unknown>>): boolean {
  return body['acked'] === 'Yes' || body['acked'] === '1';
}

/** @returns undefined: the text is none; the last of several with one name counts */
function tagsOf(value: unknown): Record<string, string> | undefined {
  if (value === undefined || value === '') return {};
  let tags: unknown = value;
  if (typeof value === 'string') {
    if (isUnexpanded(value) && !value.startsWith('{"')) return {};
    try {
      tags = JSON.parse(value);
    } catch {
      return undefined;
    }
  }
  if (!Array.isArray(tags)) return undefined;
  return Object.fromEntries(
    tags.flatMap((tag: unknown) =>
      isObject(tag) &&
      typeof tag['tag'] === 'string' &&
      typeof tag['value'] === 'string'
        ? [[tag['tag'], tag['value']]]
        : [],
    ),
  );
}

function groupsOf(value: unknown): string[] {
  return typeof value === 'string'
    ? value
        .split(',')
        .map((group) => group.trim())
        .filter((group) => flawOfName(group) === undefined)
    : [];
}
