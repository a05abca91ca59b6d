import { shownName } from './name-bytes.ts';
import { comparedId } from './problem-id.ts';

/** What a monitor may say of a service, or of a host. */
export type State =
  'OK' | 'WARNING' | 'CRITICAL' | 'UNKNOWN' | 'UP' | 'DOWN' | 'UNREACHABLE';

export type HostState = 'UP' | 'DOWN' | 'UNREACHABLE';

/** One state change that a monitor reports, in the same words for every monitor. */
export interface Event {
  /** which monitor: `nagios` */
  monitor: string;
  /** the monitor's own name of the host, as it writes it: each name keeps its bytes, see name-bytes.ts */
  host: string;
  /** where the monitor itself reaches the host */
  address?: string;
  /** absent: the event is about the host itself */
  service?: string;
  state: State;
  stateType: 'SOFT' | 'HARD';
  /** 1 … maxAttempts */
  attempt: number;
  /** absent where the monitor did not say (the positional form of old event handlers) */
  maxAttempts?: number;
  /** the monitor's id of this episode of trouble */
  problem?: string;
  /** when the problem began, ISO 8601 UTC */
  since?: string;
  /** when the monitor called, ISO 8601 UTC; only with it can an event be stale */
  at?: string;
  /** the service or its host is in scheduled downtime */
  inDowntime: boolean;
  hostState?: HostState;
  /** who acknowledged the problem */
  acknowledgedBy?: string;
  /** the monitor itself says that the service changes too often to be believed */
  isFlapping?: boolean;
  /** how often it changed of late, per cent, as Nagios weighs it */
  percentChange?: number;
  /** whatever else the monitor attaches, to match rules by */
  labels?: Readonly<Record<string, string>>;
}

/**
 * What names one problem: the same text for each event of one episode, on one host and service.
 * `since` is no part of it: Nagios moves its time of the last change when SOFT becomes HARD.
 */
export function problemKey(
  event: Pick<Event, 'monitor' | 'host' | 'service' | 'problem'>,
): string {
  return JSON.stringify([
    event.monitor,
    event.host,
    event.service ?? null,
    event.problem === undefined ? null : comparedId(event.problem),
  ]);
}

/** Host and service of a problem, from its key; undefined where it is no such key. */
export function placeOfProblem(
  key: string,
): { host: string; service?: string } | undefined {
  try {
    const parts: unknown = JSON.parse(key);
    if (!Array.isArray(parts) || typeof parts[1] !== 'string') return undefined;
    const [, host, service] = parts as [unknown, string, unknown];
    return { host, ...(typeof service === 'string' ? { service } : {}) };
  } catch {
    return undefined;
  }
}

/** What names one host or service of a monitor, whatever its problem. */
export function subjectKey(event: Event): string {
  return JSON.stringify([event.monitor, event.host, event.service ?? null]);
}

/** For people: `web1 / HTTP`, or `web1` for an event about the host itself, as names are shown. No key. */
export function subjectOf({
  host,
  service,
}: Pick<Event, 'host' | 'service'>): string {
  return service === undefined
    ? shownName(host)
    : `${shownName(host)} / ${shownName(service)}`;
}
