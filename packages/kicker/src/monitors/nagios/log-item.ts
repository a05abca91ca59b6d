import type { State } from '../../events/event.ts';

/** What one line of nagios.log says, as far as deciding is concerned; when, see `secondsOfLine`. */
export type LogItem =
  /** how a service or a host is; `alert`: with a call of the event handler, as a rule; `state`: CURRENT or INITIAL, without */
  | Standing
  | (Place & { kind: 'flapping'; isFlapping: boolean })
  | (Place & { kind: 'downtime'; isIn: boolean })
  | Planned
  /** every downtime of a host and its services, or of one service, was deleted */
  | (Place & { kind: 'downtimes-deleted' })
  | Acknowledged
  | (Place & { kind: 'unacknowledged' })
  /** the monitor has started, or has read its configuration anew */
  | { kind: 'start' }
  | { kind: 'rotation' }
  /** checks, notifications, other commands: nothing to decide about */
  | { kind: 'other' }
  /** nothing that Nagios writes, or half of it */
  | { kind: 'broken' };

/** Whom a line is about. The names are as the line has them. */
export interface Place {
  /** `HOST`, or `HOST;SERVICE`: the name of a service may hold a `;` itself */
  place: string;
  isService: boolean;
}

export interface Standing extends Place {
  kind: 'alert' | 'state';
  state: State;
  stateType: 'SOFT' | 'HARD';
  /** from 1 */
  attempt: number;
  output: string;
}

/** A downtime as it was scheduled: where the log lost its end, it ends by this. */
export interface Planned {
  kind: 'planned';
  /** a host, a service of it, or all of its services; of one host or of each in a group */
  of: 'host' | 'service' | 'services';
  /** `HOST`, `HOST;SERVICE`, or the name of the group */
  name: string;
  isGroup: boolean;
  startMs: number;
  endMs: number;
  /** of a flexible one: how long it lasts from whenever it begins */
  flexibleMs?: number;
}

export interface Acknowledged extends Place {
  kind: 'acknowledged';
  by: string;
  /** it lasts until the service is green, not only until another state */
  isSticky: boolean;
  untilMs?: number;
  /** by the notification of it: whoever acknowledged may have told more by a command */
  isNotified: boolean;
}
