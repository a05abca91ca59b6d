import { errors } from '../../errors.ts';
import type { Event, State } from '../../events/event.ts';
import type { MessagePart } from '../../ports.ts';
import { instantOfSeconds } from '../instants.ts';
import {
  eventPart,
  hostOf,
  ignored,
  refused,
  serviceOf,
  wrongForm,
  type ReadingWorld,
} from '../message-parts.ts';
import { isObject, type Payload } from '../payload.ts';

export interface SensuReading {
  /** so many results alike in a row confirm a problem */
  confirmedAt: number;
}

/** The check by which an agent says that it lives; it is of no service. */
const keepalive = 'keepalive';

/**
 * Reads an event of Sensu Go, as a pipe handler has it on its standard input. Every result of a check is an event there,
 * so what is no problem yet comes as well: fewer than `confirmedAt` in a row are SOFT.
 *
 * Written from formats, not tried on a running Sensu.
 * @see https://docs.sensu.io/sensu-go/latest/observability-pipeline/observe-events/events/
 */
export function readSensu(
  payload: Payload,
  settings: SensuReading,
  world: ReadingWorld,
): readonly MessagePart[] {
  const body = payload.kind === 'json' ? payload.value : undefined;
  // As sensuctl prints it; a handler has it without.
  const event = isObject(body) && isObject(body['spec']) ? body['spec'] : body;
  if (!isObject(event) || !isObject(event['entity'])) {
    return wrongForm('an event of Sensu Go: an object with entity and check');
  }
  return [readEvent(event, event['entity'], settings, world)];
}

function readEvent(
  sensu: Readonly<Record<string, unknown>>,
  entity: Readonly<Record<string, unknown>>,
  { confirmedAt }: SensuReading,
  world: ReadingWorld,
): MessagePart {
  const { check } = sensu;
  if (check === undefined || check === null) {
    return ignored('metrics, without the result of a check');
  }
  if (!isObject(check)) {
    return refused(errors.payloadValue('check', check, 'an object'));
  }
  const host = hostOf(nameIn(entity), 'entity.metadata.name', world);
  if (host.kind === 'refused') return host.part;
  const service = serviceOf(nameIn(check), 'check.metadata.name');
  if (service.kind === 'refused') return service.part;
  const { status } = check;
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 0) {
    return refused(
      errors.payloadValue('check.status', status, 'an exit code of a plugin'),
    );
  }
  const isOfHost = service.name === keepalive;
  const isGood = status === 0;
  const occurrences = Number(check['occurrences']);
  const inRow =
    Number.isInteger(occurrences) && occurrences > 0 ? occurrences : 1;
  const state: State = isOfHost
    ? isGood
      ? 'UP'
      : 'DOWN'
    : stateOf(status, check['output']);
  const attempt = isGood ? 1 : Math.min(inRow, confirmedAt);
  const at = instantOfSeconds(sensu['timestamp']);
  const event: Event = {
    monitor: world.monitor,
    host: host.name,
    ...(isOfHost ? {} : { service: service.name }),
    state,
    stateType: isGood || attempt >= confirmedAt ? 'HARD' : 'SOFT',
    attempt,
    maxAttempts: confirmedAt,
    ...(at === undefined ? {} : { at }),
    // Silenced in Sensu: somebody has taken it on, or works on it.
    inDowntime: check['is_silenced'] === true,
    ...(check['state'] === 'flapping' ? { isFlapping: true } : {}),
  };
  const { subscriptions } = entity;
  return eventPart(event, {
    groups: Array.isArray(subscriptions)
      ? subscriptions.filter(
          (group): group is string =>
            typeof group === 'string' && !group.startsWith('entity:'),
        )
      : [],
  });
}

const states: readonly State[] = ['OK', 'WARNING', 'CRITICAL'];

/** What Sensu itself writes where a check did not answer: the status is that of no plugin. */
const withoutAnswer =
  /^(?:Execution timed out|Unable to TERM\/KILL|error executing|Last check execution was \d+ seconds ago)/;

/** Any status but 0, 1 and 2 is UNKNOWN: the plugin is not installed, crashed or was killed. */
function stateOf(status: number, output: unknown): State {
  if (
    status !== 0 &&
    typeof output === 'string' &&
    withoutAnswer.test(output)
  ) {
    return 'UNKNOWN';
  }
  return states[status] ?? 'UNKNOWN';
}

function nameIn({ metadata }: Readonly<Record<string, unknown>>): unknown {
  return isObject(metadata) ? metadata['name'] : undefined;
}
