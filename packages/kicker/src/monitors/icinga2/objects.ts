import { isObject } from '../payload.ts';

type Attributes = Readonly<Record<string, unknown>>;

/** One object of a reply, as it came. */
export interface FoundObject {
  attrs: Attributes;
  joins: Attributes;
}

/** What the snapshot keeps of a host. */
export interface SeenHost {
  isDown: boolean;
  /** it was never checked: DOWN there, and up for all that is known */
  isPending: boolean;
  inDowntime: boolean;
  isAcknowledged: boolean;
  groups: readonly string[];
}

/** What the snapshot keeps of a host or service whose state matters. */
export interface SeenState {
  host: string;
  service: string | undefined;
  /** 0 OK … 3 UNKNOWN; of a host 0 UP, 1 DOWN */
  state: number;
  isHard: boolean;
  attempt: number;
  maxAttempts: number;
  isProblem: boolean;
  /** what names its episode, whole seconds; 0: it was never well */
  lastWellSeconds: number;
  /** when it came into this state and attempt, milliseconds */
  changedMs: number;
  /** milliseconds; below 0: never */
  checkedMs: number;
  inDowntime: boolean;
  isAcknowledged: boolean;
  /** where Icinga looks for it; it counts elsewhere as well */
  isFlapping: boolean;
  /** Icinga checks it by itself: it may be asked to do so now */
  isActive: boolean;
  /** when it was asked for, milliseconds */
  askedMs: number;
}

/** The objects of a reply; undefined where it is no such reply. */
export function parseResults(value: unknown): FoundObject[] | undefined {
  if (!isObject(value) || !Array.isArray(value['results'])) return undefined;
  return value['results'].flatMap((one: unknown) =>
    isObject(one) && isObject(one['attrs'])
      ? [
          {
            attrs: one['attrs'],
            joins: isObject(one['joins']) ? one['joins'] : {},
          },
        ]
      : [],
  );
}

/** A host out of its own attributes, or out of a join; undefined where it has no name. */
export function seenHostOf(
  attrs: unknown,
): { name: string; host: SeenHost } | undefined {
  if (!isObject(attrs) || typeof attrs['name'] !== 'string') return undefined;
  const groups = Array.isArray(attrs['groups']) ? attrs['groups'] : [];
  return {
    name: attrs['name'],
    host: {
      isDown: numberOf(attrs['state']) !== 0,
      isPending: attrs['last_check'] === -1,
      inDowntime: numberOf(attrs['downtime_depth']) > 0,
      isAcknowledged: numberOf(attrs['acknowledgement']) > 0,
      groups: groups.filter((one): one is string => typeof one === 'string'),
    },
  };
}

/** The state of a service or a host; undefined where it lacks its name. */
export function seenStateOf(
  { attrs }: Pick<FoundObject, 'attrs'>,
  askedMs: number,
): SeenState | undefined {
  const name = attrs['name'];
  const hostName = attrs['host_name'];
  if (typeof name !== 'string') return undefined;
  const isService = typeof hostName === 'string';
  const isHard = attrs['state_type'] === 1;
  const checked = numberOf(attrs['last_check']);
  // A SOFT state is told anew with each check.
  const changed = isHard
    ? Math.max(
        numberOf(attrs['last_state_change']),
        numberOf(attrs['last_hard_state_change']),
      )
    : checked;
  return {
    host: isService ? hostName : name,
    service: isService ? name : undefined,
    state: numberOf(attrs['state']),
    isHard,
    attempt: numberOf(attrs['check_attempt']) || 1,
    maxAttempts: numberOf(attrs['max_check_attempts']) || 1,
    isProblem: attrs['problem'] === true,
    lastWellSeconds: Math.floor(
      numberOf(attrs[isService ? 'last_state_ok' : 'last_state_up']),
    ),
    changedMs: changed * 1000,
    checkedMs: Math.floor(checked * 1000),
    inDowntime: numberOf(attrs['downtime_depth']) > 0,
    isAcknowledged: numberOf(attrs['acknowledgement']) > 0,
    isFlapping: attrs['flapping'] === true && attrs['enable_flapping'] === true,
    isActive: attrs['enable_active_checks'] === true,
    askedMs,
  };
}

/** What names one object there: neither part may hold a `!`, Icinga refuses such a name when it loads. */
export function keyOf(host: string, service: string | undefined): string {
  return service === undefined || service === '' ? host : `${host}!${service}`;
}

export function isServiceKey(key: string): boolean {
  return key.includes('!');
}

export function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

/** The other way round. */
export function serviceAndHostOf(key: string): {
  host: string;
  service?: string;
} {
  const at = key.indexOf('!');
  return at < 0
    ? { host: key }
    : { host: key.slice(0, at), service: key.slice(at + 1) };
}
