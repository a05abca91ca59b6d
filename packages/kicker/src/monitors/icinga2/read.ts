import { errors } from '../../errors.ts';
import type { Event, HostState, State } from '../../events/event.ts';
import type { MessagePart } from '../../ports.ts';
import { instantOfSeconds } from '../instants.ts';
import {
  eventPart,
  hostOf,
  ignored,
  refused,
  serviceOf,
  textOf,
  textsOf,
  wrongForm,
  type ReadingWorld,
} from '../message-parts.ts';
import { isObject, type Payload } from '../payload.ts';
import { readIcingaArguments, type IcingaOption } from './arguments.ts';
import { countOf, episodeOf, secondsOf } from './episode.ts';

/** Kinds of the event stream that are no new state of anything. */
const noNews: ReadonlySet<string> = new Set([
  'AcknowledgementSet',
  'AcknowledgementCleared',
  'CheckResult',
  'CommentAdded',
  'CommentRemoved',
  'DowntimeAdded',
  'DowntimeRemoved',
  'DowntimeStarted',
  'DowntimeTriggered',
  'Flapping',
  'Notification',
  'ObjectCreated',
  'ObjectDeleted',
  'ObjectModified',
]);

/**
 * Reads what Icinga 2 says of a change of state: the arguments of its EventCommand, or an event of its stream, alone or
 * as `{event, object}` with the object that was asked for, which has all that the event lacks.
 * @see https://icinga.com/docs/icinga-2/latest/doc/12-icinga2-api/#event-streams
 */
export function readIcinga(
  payload: Payload,
  _settings: unknown,
  world: ReadingWorld,
): readonly MessagePart[] {
  switch (payload.kind) {
    case 'arguments':
      return [readHandler(payload.args, world)];
    case 'json':
      return [readStreamed(payload.value, world)];
    case 'lines':
      return wrongForm(
        'the options of the EventCommand of deploy/icinga2, or an event of the stream as JSON',
      );
  }
}

const serviceStates = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'] as const;
const hostStates = ['UP', 'DOWN'] as const;

function readHandler(
  args: readonly string[],
  world: ReadingWorld,
): MessagePart {
  const read = readIcingaArguments(args);
  if (read.kind === 'fault') return refused(read.fault);
  const { get, all } = read;
  const host = hostOf(get('host'), '--host', world);
  if (host.kind === 'refused') return host.part;
  const named = get('service');
  const service =
    named === undefined ? undefined : serviceOf(named, '--service');
  if (service?.kind === 'refused') return service.part;
  const states: readonly State[] =
    service === undefined ? hostStates : serviceStates;
  const state = states.find((one) => one === get('state'));
  if (state === undefined) {
    const wanted = `one of ${states.join(', ')}`;
    return refused(errors.payloadValue('--state', get('state'), wanted));
  }
  const stateType = get('state-type');
  if (stateType !== 'SOFT' && stateType !== 'HARD') {
    return refused(
      errors.payloadValue('--state-type', stateType, 'SOFT or HARD'),
    );
  }
  const attempt = countOf(get('attempt'));
  if (attempt === undefined) {
    return refused(
      errors.payloadValue('--attempt', get('attempt'), 'a number, 1 or more'),
    );
  }
  const remarks: string[] = [];
  const optional = <Value>(
    name: IcingaOption,
    parse: (text: string | undefined) => Value | undefined,
  ): Value | undefined => {
    const text = get(name);
    const value = parse(text);
    if (text !== undefined && text !== '' && value === undefined) {
      remarks.push(`--${name} is left out: its value cannot be read`);
    }
    return value;
  };
  const maxAttempts = optional('max-attempts', countOf);
  const lastOk = optional('last-ok', secondsOf);
  const lastChange = optional('since', secondsOf);
  const at = optional('at', instantOfSeconds);
  const address = optional('address', textOf);
  const hostState = optional('host-state', (text) =>
    hostStates.find((one) => one === text),
  );
  // A host that was never checked is DOWN there, and up for all that is known.
  const isHostPending = get('host-last-check') === '-1';
  const event: Event = {
    monitor: world.monitor,
    host: host.name,
    ...(address === undefined ? {} : { address }),
    ...(service === undefined ? {} : { service: service.name }),
    state,
    stateType,
    attempt,
    ...(maxAttempts === undefined ? {} : { maxAttempts }),
    // A service that is OK was last OK just now: that names no episode.
    ...(state === 'OK' ? {} : episodeOf(lastOk, lastChange)),
    ...(at === undefined ? {} : { at }),
    inDowntime: [get('service-downtime'), get('host-downtime')].some(
      (depth) => countOf(depth) !== undefined,
    ),
    ...(service === undefined || hostState === undefined || isHostPending
      ? {}
      : { hostState }),
    ...(state !== 'OK' && countOf(get('acknowledgement')) !== undefined
      ? { acknowledgedBy: 'somebody' }
      : {}),
    // It counts where nobody wants it to, and says so in the same macro.
    isFlapping: isTrue(get('flapping')) && !isFalse(get('flapping-enabled')),
    ...labelsOf(all('label')),
  };
  return eventPart(event, {
    groups: all('host-group').filter((group) => textOf(group) !== undefined),
    remarks,
  });
}

function isTrue(text: string | undefined): boolean {
  return text === 'true' || text === '1';
}

function isFalse(text: string | undefined): boolean {
  return text === 'false' || text === '0';
}

function labelsOf(pairs: readonly string[]): Pick<Event, 'labels'> {
  const labels = Object.fromEntries(
    pairs.flatMap((pair) => {
      const equals = pair.indexOf('=');
      return equals < 1
        ? []
        : [[pair.slice(0, equals), pair.slice(equals + 1)]];
    }),
  );
  return Object.keys(labels).length === 0 ? {} : { labels };
}

function readStreamed(value: unknown, world: ReadingWorld): MessagePart {
  const { event: found, object } =
    isObject(value) && isObject(value['event'])
      ? value
      : { event: value, object: undefined };
  if (!isObject(found) || typeof found['type'] !== 'string') {
    return refused(errors.payloadForm('an event of the stream, with a type'));
  }
  const { type } = found;
  if (noNews.has(type)) return ignored(`${type} is no change of state`);
  if (type !== 'StateChange') {
    return refused(errors.payloadValue('type', type, 'StateChange'));
  }
  const host = hostOf(found['host'], 'host', world);
  if (host.kind === 'refused') return host.part;
  const named = found['service'];
  const service =
    named === undefined || named === ''
      ? undefined
      : serviceOf(named, 'service');
  if (service?.kind === 'refused') return service.part;
  const states: readonly State[] =
    service === undefined ? hostStates : serviceStates;
  const state = states[Number(found['state'])];
  if (state === undefined || typeof found['state'] !== 'number') {
    const wanted = `a number, 0 to ${String(states.length - 1)}`;
    return refused(errors.payloadValue('state', found['state'], wanted));
  }
  const stateType = found['state_type'];
  if (stateType !== 0 && stateType !== 1) {
    return refused(errors.payloadValue('state_type', stateType, '0 or 1'));
  }
  const after = isObject(found['check_result'])
    ? found['check_result']['vars_after']
    : undefined;
  const attempt = isObject(after) ? countOf(after['attempt']) : undefined;
  const isUnreachable = isObject(after) && after['reachable'] === false;
  const at = instantOfSeconds(found['timestamp']);
  const event: Event = {
    monitor: world.monitor,
    host: host.name,
    ...(service === undefined ? {} : { service: service.name }),
    state,
    stateType: stateType === 0 ? 'SOFT' : 'HARD',
    attempt: attempt ?? 1,
    ...(at === undefined ? {} : { at }),
    inDowntime: countOf(found['downtime_depth']) !== undefined,
    ...(service !== undefined && isUnreachable
      ? { hostState: 'UNREACHABLE' as const }
      : {}),
    ...(state !== 'OK' && found['acknowledgement'] === true
      ? { acknowledgedBy: 'somebody' }
      : {}),
  };
  if (!isObject(object)) return eventPart(event);
  const { event: more, episode, groups } = readObject(object);
  return eventPart(
    {
      ...event,
      ...more,
      ...(state === 'OK' ? {} : episode),
      inDowntime: event.inDowntime || more.inDowntime,
      // A host that answers may stand behind a router that does not.
      ...(event.hostState === undefined ? {} : { hostState: event.hostState }),
    },
    { groups },
  );
}

/** What an object of the API says beside the event: `{attrs, joins: {host}}` of a service, `{attrs}` of a host. */
function readObject(object: Readonly<Record<string, unknown>>): {
  event: Pick<Event, 'inDowntime'> & Partial<Event>;
  /** of a problem; an object that is OK names none */
  episode: Pick<Event, 'problem' | 'since'>;
  groups: readonly string[];
} {
  const attrs = isObject(object['attrs']) ? object['attrs'] : {};
  const joins = isObject(object['joins']) ? object['joins'] : {};
  const isOfService = isObject(joins['host']);
  const host = isObject(joins['host']) ? joins['host'] : attrs;
  const address = textOf(host['address']);
  const maxAttempts = countOf(attrs['max_check_attempts']);
  const isPending = host['last_check'] === -1;
  const hostState: HostState | undefined = hostStates[Number(host['state'])];
  const labels = { ...textsOf(host['vars']), ...textsOf(attrs['vars']) };
  const groups = Array.isArray(host['groups']) ? host['groups'] : [];
  return {
    event: {
      ...(address === undefined ? {} : { address }),
      ...(maxAttempts === undefined ? {} : { maxAttempts }),
      inDowntime: [attrs['downtime_depth'], host['downtime_depth']].some(
        (depth) => countOf(depth) !== undefined,
      ),
      ...(isOfService && !isPending && hostState !== undefined
        ? { hostState }
        : {}),
      ...(typeof attrs['flapping'] === 'boolean'
        ? {
            isFlapping: attrs['flapping'] && attrs['enable_flapping'] !== false,
          }
        : {}),
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
    },
    episode: episodeOf(
      secondsOf(attrs['last_state_ok'] ?? attrs['last_state_up']),
      secondsOf(attrs['last_state_change']),
    ),
    groups: groups.filter(
      (group): group is string => typeof group === 'string',
    ),
  };
}
