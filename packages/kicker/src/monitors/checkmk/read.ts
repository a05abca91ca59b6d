import { errors } from '../../errors.ts';
import type { Event, HostState, State } from '../../events/event.ts';
import type { MessagePart } from '../../ports.ts';
import { flawOfName, isUnexpanded } from '../host-name.ts';
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

/** What Checkmk sends a notification for, and no state of anything has changed. */
const noNews: Readonly<Record<string, string>> = {
  ACKNOWLEDGEMENT: 'somebody acknowledged a problem',
  CUSTOM: 'a person sent it by hand',
  DOWNTIMESTART: 'a downtime began',
  DOWNTIMEEND: 'a downtime ended',
  DOWNTIMECANCELLED: 'a downtime was cancelled',
  FLAPPINGSTART: 'it began to flap',
  FLAPPINGSTOP: 'it flaps no longer',
  FLAPPINGDISABLED: 'its flap detection was switched off',
};

const serviceStates: Readonly<Record<string, State>> = {
  OK: 'OK',
  WARN: 'WARNING',
  WARNING: 'WARNING',
  CRIT: 'CRITICAL',
  CRITICAL: 'CRITICAL',
  UNKN: 'UNKNOWN',
  UNKNOWN: 'UNKNOWN',
};
const hostStates: Readonly<Record<string, HostState>> = {
  UP: 'UP',
  DOWN: 'DOWN',
  UNREACH: 'UNREACHABLE',
  UNREACHABLE: 'UNREACHABLE',
};

/**
 * Reads the environment of a notification script (`NOTIFY_…`) or an alert handler (`ALERT_…`) of Checkmk. `WHAT` says
 * whether the host's or the service's variables count; those of the other half may be unexpanded.
 *
 * Written from formats, not tried on a running Checkmk.
 * @see https://docs.checkmk.com/latest/en/notifications.html#environment
 */
export function readCheckmk(
  payload: Payload,
  _settings: unknown,
  world: ReadingWorld,
): readonly MessagePart[] {
  const environment = environmentOf(payload);
  if (environment === undefined) return wrongForm(wanted);
  const prefix = ['NOTIFY_', 'ALERT_'].find((start) =>
    environment.has(`${start}HOSTNAME`),
  );
  if (prefix === undefined) {
    return environment.has('HOSTNAME')
      ? [refused(errors.payloadBulk())]
      : wrongForm(wanted);
  }
  const isAlert = prefix === 'ALERT_';
  return [
    readContext((name) => environment.get(prefix + name), isAlert, world),
  ];
}

const wanted =
  'the environment of a notification script of Checkmk, NOTIFY_HOSTNAME and more';

/** As it stands in an environment, or as the script of deploy/checkmk sends it: an object of names and texts. */
function environmentOf(
  payload: Payload,
): ReadonlyMap<string, string> | undefined {
  switch (payload.kind) {
    case 'arguments':
      return undefined;
    case 'json':
      return isObject(payload.value)
        ? new Map(Object.entries(textsOf(payload.value)))
        : undefined;
    case 'lines':
      return new Map(
        payload.lines.flatMap((line) => {
          const equals = line.indexOf('=');
          return equals < 1
            ? []
            : [[line.slice(0, equals), line.slice(equals + 1)]];
        }),
      );
  }
}

type Read = (name: string) => string | undefined;

function readContext(
  read: Read,
  isAlert: boolean,
  world: ReadingWorld,
): MessagePart {
  const what = read('WHAT') ?? (isAlert ? whatOf(read) : undefined);
  if (what !== 'HOST' && what !== 'SERVICE') {
    return refused(errors.payloadValue('WHAT', what, 'HOST or SERVICE'));
  }
  const type = isAlert ? undefined : (read('NOTIFICATIONTYPE') ?? '');
  if (type !== undefined) {
    const [word = ''] = type.split(/[ (]/);
    if (word === 'ALERTHANDLER') return ignored('an alert handler ran');
    if (Object.hasOwn(noNews, word)) return ignored(noNews[word] ?? '');
    if (type !== 'PROBLEM' && type !== 'RECOVERY') {
      return refused(
        errors.payloadValue('NOTIFICATIONTYPE', type, 'PROBLEM or RECOVERY'),
      );
    }
  }
  const host = hostOf(read('HOSTNAME'), 'HOSTNAME', world);
  if (host.kind === 'refused') return host.part;
  const service =
    what === 'SERVICE'
      ? serviceOf(read('SERVICEDESC'), 'SERVICEDESC')
      : undefined;
  if (service?.kind === 'refused') return service.part;
  const said = read(`${what}STATE`) ?? '';
  if (said.startsWith('PEND')) return ignored('it was never checked');
  const states: Readonly<Record<string, State>> =
    what === 'SERVICE' ? serviceStates : hostStates;
  const state = Object.hasOwn(states, said) ? states[said] : undefined;
  const isGood = state === 'OK' || state === 'UP';
  if (
    state === undefined ||
    (type !== undefined && isGood !== (type === 'RECOVERY'))
  ) {
    return refused(
      errors.payloadValue(
        `${what}STATE`,
        said,
        type === 'RECOVERY' ? 'OK or UP, as it is a recovery' : wantedStates,
      ),
    );
  }
  const problem = numberOf(read(`${what}PROBLEMID`));
  const since = instantOfSeconds(read(`LAST${what}STATECHANGE`));
  const at = instantOfSeconds(microsecondsOf(read('MICROTIME')));
  const address = textOf(read('HOSTADDRESS'));
  const attempt = numberOf(read(`${what}ATTEMPT`));
  const maxAttempts = numberOf(read(`MAX${what}ATTEMPTS`));
  const hostState = hostStates[read('HOSTSTATE') ?? ''];
  const author = textOf(read(`${what}ACKAUTHOR`));
  const event: Event = {
    monitor: world.monitor,
    host: host.name,
    ...(address === undefined ? {} : { address }),
    ...(service === undefined ? {} : { service: service.name }),
    state: isOfMonitorItself(service?.name) && !isGood ? 'UNKNOWN' : state,
    stateType: read(`${what}STATETYPE`) === 'SOFT' ? 'SOFT' : 'HARD',
    attempt: Math.min(Number(attempt ?? 1), countMost),
    ...(maxAttempts === undefined
      ? {}
      : { maxAttempts: Math.min(Number(maxAttempts), countMost) }),
    ...(problem === undefined ? {} : { problem }),
    ...(since === undefined ? {} : { since }),
    ...(at === undefined ? {} : { at }),
    inDowntime: [read('HOSTDOWNTIME'), read(`${what}DOWNTIME`)].some(
      (depth) => numberOf(depth) !== undefined,
    ),
    ...(service === undefined || hostState === undefined ? {} : { hostState }),
    ...(author === undefined || isGood ? {} : { acknowledgedBy: author }),
  };
  return eventPart(event, { groups: groupsOf(read('HOSTGROUPNAMES')) });
}

const wantedStates =
  'OK, WARNING, CRITICAL or UNKNOWN of a service, UP, DOWN or UNREACHABLE of a host';
const countMost = 1_000_000;

/** An alert handler is not told; a service that is named counts. */
function whatOf(read: Read): string {
  const service = read('SERVICEDESC') ?? '';
  return service === '' || isUnexpanded(service) ? 'HOST' : 'SERVICE';
}

/** The services with which Checkmk watches its own agent: they fail where it cannot see the others. */
function isOfMonitorItself(service: string | undefined): boolean {
  return service !== undefined && /^Check_MK(?: |$)/.test(service);
}

/** A number above 0, as its text. */
function numberOf(text: string | undefined): string | undefined {
  return text !== undefined && /^[1-9]\d{0,14}$/.test(text) ? text : undefined;
}

function microsecondsOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{16}$/.test(text)
    ? Math.floor(Number(text) / 1000) / 1000
    : undefined;
}

function groupsOf(text: string | undefined): string[] {
  return (text ?? '')
    .split(/[ ,]+/)
    .filter((group) => flawOfName(group) === undefined);
}
