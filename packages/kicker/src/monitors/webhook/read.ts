import { errors } from '../../errors.ts';
import type { Event } from '../../events/event.ts';
import type { MessagePart } from '../../ports.ts';
import { instantOfSeconds, parseInstant } from '../instants.ts';
import {
  eventPart,
  hostOf,
  ignored,
  partAt,
  refused,
  serviceOf,
  textOf,
  textsOf,
  wrongForm,
  type ReadName,
  type ReadingWorld,
} from '../message-parts.ts';
import type { Payload } from '../payload.ts';
import { checkCloudEvent, readCloudEvents } from './cloudevents.ts';
import type { Field, Find, Mapping, SubjectCase } from './mapping.ts';

/** Reads the JSON body of a webhook by a mapping: each element that the mapping finds in it stands alone. */
export function readWebhook(
  payload: Payload,
  mapping: Mapping,
  world: ReadingWorld,
): readonly MessagePart[] {
  if (payload.kind !== 'json') return wrongForm('JSON, the body of a webhook');
  const { value, headers } = payload;
  if (mapping.format === 'cloudevents') {
    const read = readCloudEvents(value, headers);
    if (read.kind === 'fault') return [refused(read.fault)];
    const parts = read.events.map((one): MessagePart => {
      const checked = checkCloudEvent(one);
      return checked.kind === 'event'
        ? readElement(checked.event, mapping, world)
        : refused(checked.fault);
    });
    if (!read.isBatch) return parts;
    return orNothing(
      parts.map((part, index) => partAt(`body[${String(index)}]`, part)),
    );
  }
  const { each } = mapping;
  if (each === undefined) return [readElement(value, mapping, world)];
  const elements = each(value);
  // A list that is there and empty is another thing than a body of another form.
  if (elements.length === 0 && !hasEmptyList(value)) {
    return wrongForm('a body with the elements that the mapping names in each');
  }
  return orNothing(
    elements.map((element) =>
      partAt(element.at, readElement(element.value, mapping, world)),
    ),
  );
}

function orNothing(parts: readonly MessagePart[]): readonly MessagePart[] {
  return parts.length === 0 ? [ignored('there is nothing in it')] : parts;
}

function hasEmptyList(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).some((one) => Array.isArray(one) && one.length === 0)
  );
}

function readElement(
  value: unknown,
  mapping: Mapping,
  world: ReadingWorld,
): MessagePart {
  const found = mapping.states.find(({ fits }) => fits(value));
  if (found === undefined) return refused(errors.mappingNoState(world.monitor));
  if (found.ignore !== undefined) return ignored(found.ignore);
  const subject = mapping.subjects.find(({ fits }) => fits(value));
  if (subject === undefined) {
    return refused(errors.mappingNoSubject(world.monitor));
  }
  const host = readHost(value, subject, world);
  if (host.kind === 'refused') return host.part;
  const service = readService(value, subject);
  if (service?.kind === 'refused') return service.part;
  const state = service === undefined ? hostState(found.state) : found.state;
  if (state === undefined) {
    return refused(errors.mappingNoState(world.monitor));
  }
  const { fields } = mapping;
  const one = (find: Find | undefined): unknown => find?.(value)[0];
  const address = textOf(one(fields.address));
  const problem = problemOf(value, mapping.problem);
  const since = instantOf(one(fields.since));
  const at = instantOf(one(fields.at));
  const author = textOf(one(fields.acknowledgedBy));
  const labels = one(fields.labels);
  const event: Event = {
    monitor: world.monitor,
    host: host.name,
    ...(address === undefined ? {} : { address }),
    ...(service === undefined ? {} : { service: service.name }),
    state,
    stateType: found.isConfirmed ? 'HARD' : 'SOFT',
    attempt: 1,
    ...(found.isConfirmed ? { maxAttempts: 1 } : {}),
    ...(problem === undefined ? {} : { problem }),
    ...(since === undefined ? {} : { since }),
    ...(at === undefined ? {} : { at }),
    inDowntime: one(fields.inDowntime) === true,
    ...(author === undefined ? {} : { acknowledgedBy: author }),
    ...(typeof labels === 'object' && labels !== null
      ? { labels: textsOf(labels) }
      : {}),
  };
  const groups = fields.groups?.(value).flat().map(textOf) ?? [];
  return eventPart(event, {
    groups: groups.filter((group) => group !== undefined),
  });
}

function readHost(
  value: unknown,
  { host: { path, find }, hostIs }: SubjectCase,
  world: ReadingWorld,
): ReadName {
  const found = find(value);
  const [text] = found;
  if (found.length > 1) return hostOf(undefined, path, world);
  if (hostIs !== 'url') {
    return hostOf(text, path, world, {
      isPortDropped: hostIs === 'name-and-port',
    });
  }
  const url =
    typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined;
  return hostOf(url?.hostname ?? text, path, world);
}

/** The first field that is there. One that is there and cannot be used hands over to no other. */
function readService(
  value: unknown,
  { service }: SubjectCase,
): ReadName | undefined {
  if (service === undefined) return undefined;
  const found = service
    .map(({ path, find }: Field) => ({ path, text: find(value)[0] }))
    .find(({ text }) => text !== undefined && text !== null && text !== '');
  const [first] = service;
  return serviceOf(found?.text, found?.path ?? first?.path ?? '');
}

function hostState(state: string | undefined): 'UP' | 'DOWN' | undefined {
  if (state === 'OK') return 'UP';
  return state === 'CRITICAL' ? 'DOWN' : undefined;
}

/** All parts of it, or none: half an id is that of many problems. */
function problemOf(
  value: unknown,
  paths: readonly Find[] | undefined,
): string | undefined {
  if (paths === undefined) return undefined;
  const parts = paths.map((find) => {
    const [part] = find(value);
    return typeof part === 'number'
      ? String(part)
      : typeof part === 'string'
        ? (parseInstant(part) ?? textOf(part))
        : undefined;
  });
  return parts.every((part) => part !== undefined)
    ? textOf(parts.join('/'))
    : undefined;
}

/** Milliseconds since the epoch have three digits more than seconds, until the year 5138. */
const leastMs = 100_000_000_000;

/** With a zone, or seconds or milliseconds since the epoch; a text without a zone is left out. */
function instantOf(value: unknown): string | undefined {
  const number =
    typeof value === 'string' && /^\d{1,16}$/.test(value)
      ? Number(value)
      : value;
  if (typeof number === 'number') {
    return instantOfSeconds(number >= leastMs ? number / 1000 : number);
  }
  return typeof number === 'string' ? parseInstant(number) : undefined;
}
