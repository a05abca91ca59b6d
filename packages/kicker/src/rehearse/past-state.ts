import type { Event } from '../events/event.ts';
import type { Facts } from '../events/facts.ts';
import type { EventKeys } from '../events/keys.ts';

/** Where and when a piece of a history was written. */
export interface LineOrigin {
  atMs: number;
  /** which log */
  source: number;
  /** whether no other log covers this time */
  isAlone: boolean;
}

/** What a piece of a history comes to. */
export type Heard =
  /** the event handler was called */
  | { kind: 'call'; event: Event; facts: Facts; keys: EventKeys }
  /** an alert that called no handler: see callOf */
  | { kind: 'no-call' }
  /** a change that the log did not tell when it happened */
  | { kind: 'missed'; event: Event; facts: Facts }
  | { kind: 'nothing' };

/** A flag that kept alerts from a kick when it was old already. */
export interface OldFlag {
  host: string;
  service?: string;
  flag: 'downtime' | 'flapping';
  sinceMs: number;
  alerts: number;
}

/** What a history has said so far, and what each of its pieces makes of it. */
export interface PastState<Item> {
  take(item: Item, origin: LineOrigin): Heard;
  /** an event as it would be told at another time */
  refresh(event: Event, atMs: number): Event;
  /** those that kept most alerts from a kick first */
  oldFlags(): OldFlag[];
}
