import type { Event, State } from '../events/event.ts';
import type { Moment } from '../events/moment.ts';

/** What a monitor can be told about a host or a service. */
export type Feedback =
  /** look at the service at once */
  | { kind: 'recheck' }
  | { kind: 'comment'; text: string }
  | { kind: 'acknowledge'; text: string }
  | { kind: 'unacknowledge' }
  /**
   * No page until then, ISO 8601; it ends by itself, whatever becomes of kicker.
   * @param isAgain it is held already and was confirmed meanwhile: some monitors have forgotten the hold with that
   */
  | { kind: 'hold'; until: string; text: string; isAgain?: true }
  /** pages may go out again */
  | { kind: 'release' }
  /** a passive check result */
  | {
      kind: 'result';
      state: Extract<State, 'OK' | 'WARNING' | 'CRITICAL' | 'UNKNOWN'>;
      text: string;
    };

/** What feedback is about, in the monitor's own names; without a service: the host itself. */
export interface Place {
  host: string;
  service?: string;
  /** Event.problem: some monitors are told about an episode, which may be over by then */
  problem?: string;
}

/** What feedback about an event is about. */
export function placeOf({ host, service, problem }: Event): Place {
  return {
    host,
    ...(service === undefined ? {} : { service }),
    ...(problem === undefined ? {} : { problem }),
  };
}

/**
 * One thing to be told outside because of what was decided. It is written in the same transaction, and done after
 * it, again and again until it succeeds or its time is over. A kicker that dies in between leaves it to the next
 * one: so it may be done twice, and is never forgotten.
 */
export type Action =
  | {
      to: 'monitor';
      monitor: string;
      place: Place;
      feedback: Feedback;
      /** it calls a person, and waits behind no comment */
      isForPerson?: boolean;
    }
  /** the operator's own command: a literal argument list, the text on its standard input */
  | { to: 'person'; subject: string; argv: string[]; input: string };

/** What an action belongs to. */
interface ActionKeys {
  kick?: string;
  problem?: string;
}

export interface NewAction {
  action: Action;
  keys: ActionKeys;
}

export interface ActionRecord extends NewAction {
  seq: number;
  /** who does it: a monitor, its person lane, or `person`; each has places of its own */
  lane: string;
  /** actions of one subject are done one after the other, in their order */
  subject: string;
  /** within its lane the smaller goes first */
  urgency: number;
  /** ISO 8601: when it was decided */
  at: string;
  decided: Moment;
  /** not before this long after it was decided, milliseconds */
  delayMs: number;
  /** not after this long after it was decided, milliseconds */
  lifeMs: number;
  /** how often it was begun; over 0 it may have been done */
  tries: number;
}

/** How an action ended. */
export interface ActionResult {
  action: Action;
  result: 'done' | 'failed';
  /** why it failed for good */
  code?: string;
  message?: string;
}

/** The lane of the operator's own command. */
export const personLane = 'person';

export function laneOf(action: Action): string {
  if (action.to === 'person') return personLane;
  return action.isForPerson === true
    ? `${action.monitor} ${personLane}`
    : action.monitor;
}

export function subjectOfAction(action: Action): string {
  if (action.to === 'person') {
    return JSON.stringify([personLane, action.subject]);
  }
  const { monitor, place, isForPerson = false } = action;
  return JSON.stringify([
    monitor,
    place.host,
    place.service ?? null,
    ...(isForPerson ? [personLane] : []),
  ]);
}

const urgencies: Record<Feedback['kind'], number> = {
  result: 0,
  recheck: 1,
  unacknowledge: 1,
  // A page that has gone out is not taken back.
  hold: 0,
  release: 1,
  acknowledge: 2,
  comment: 3,
};

/** Within a lane the smaller goes first. */
export function urgencyOf(action: Action): number {
  return action.to === 'person' || action.isForPerson === true
    ? 0
    : urgencies[action.feedback.kind];
}

const minuteMs = 60 * 1000;
const hourMs = 60 * minuteMs;
const lives: Record<Feedback['kind'], number> = {
  // The monitor has looked by itself since.
  recheck: 15 * minuteMs,
  comment: hourMs,
  acknowledge: hourMs,
  // A forgotten acknowledgement keeps a person asleep.
  unacknowledge: 24 * hourMs,
  result: 24 * hourMs,
  // By then the page has gone out.
  hold: minuteMs,
  // The hold has ended by itself.
  release: hourMs,
};

/** How long it is worth trying, milliseconds. */
export function lifeMsOf(action: Action): number {
  return action.to === 'person' || action.isForPerson === true
    ? 24 * hourMs
    : lives[action.feedback.kind];
}
