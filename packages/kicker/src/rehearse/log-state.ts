import type { Event, State } from '../events/event.ts';
import type { Facts } from '../events/facts.ts';
import type {
  Acknowledged,
  LogItem,
  Planned,
  Standing,
} from '../monitors/nagios/log-item.ts';
import { callOf, hashOf } from './alert-calls.ts';
import {
  createStarts,
  endOfDowntime,
  flagOldMs,
  isOn,
  plansAfter,
  type Flag,
  type Plan,
} from './log-flags.ts';
import { mostAttempts, noteAttempt } from './most-attempts.ts';
import {
  createSubjects,
  type Subject,
  type SubjectsOptions,
} from './subjects.ts';

/** Where and when a line was written. */
export interface LineOrigin {
  atMs: number;
  /** which log */
  source: number;
  /** whether no other log covers this time */
  isAlone: boolean;
}

/** What a line comes to. */
export type Heard =
  /** the event handler was called */
  | { kind: 'call'; event: Event; facts: Facts }
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

/** What the log has said so far, and what each line makes of it. */
export interface LogState {
  take(item: LogItem, origin: LineOrigin): Heard;
  /** an event as it would be told at another time */
  refresh(event: Event, atMs: number): Event;
  /** those that kept most alerts from a kick first */
  oldFlags(): OldFlag[];
}

const nothing: Heard = { kind: 'nothing' };
const noCall: Heard = { kind: 'no-call' };

export function createLogState(options: SubjectsOptions): LogState {
  const { groups } = options;
  const subjects = createSubjects(options);
  const starts = createStarts();
  const old = new Map<Flag, OldFlag>();

  function hasFlag(
    subject: Subject,
    flag: 'downtime' | 'flapping',
    atMs: number,
  ): boolean {
    return isOn(subject[flag], starts.lastOf(subject.host.source), atMs);
  }

  function eventOf(
    subject: Subject,
    { state, stateType, attempt }: Told,
    atMs: number,
  ): Event {
    const { service, acknowledged } = subject;
    const { name, own } = subject.host;
    const inDowntime =
      hasFlag(subject, 'downtime', atMs) ||
      (own !== undefined && hasFlag(own, 'downtime', atMs));
    const event: Event =
      service === undefined
        ? { monitor, host: name, state, stateType, attempt, inDowntime }
        : {
            monitor,
            host: name,
            service,
            state,
            stateType,
            attempt,
            inDowntime,
          };
    if (hasFlag(subject, 'flapping', atMs)) event.isFlapping = true;
    if (
      acknowledged !== undefined &&
      (acknowledged.untilMs === undefined || atMs < acknowledged.untilMs)
    ) {
      event.acknowledgedBy = acknowledged.by;
    }
    const most = mostAttempts(subject.attempts, attempt);
    if (most !== undefined) event.maxAttempts = most;
    return event;
  }

  /** Flags that an alert met, where they were told long ago and nobody said until when. */
  function countOld(subject: Subject, atMs: number): void {
    const { own } = subject.host;
    const met = [
      { subject, flag: 'flapping' },
      { subject, flag: 'downtime' },
      ...(own === undefined || own === subject
        ? []
        : [{ subject: own, flag: 'downtime' } as const]),
    ] as const;
    for (const { subject: of, flag } of met) {
      const known = of[flag];
      if (known === undefined || known.untilMs !== undefined) continue;
      if (atMs - known.sinceMs < flagOldMs || !hasFlag(of, flag, atMs)) {
        continue;
      }
      const counted = old.get(known) ?? {
        host: of.host.name,
        ...(of.service === undefined ? {} : { service: of.service }),
        flag,
        sinceMs: known.sinceMs,
        alerts: 0,
      };
      counted.alerts += 1;
      old.set(known, counted);
    }
  }

  /** The state that a line tells of. */
  function note(subject: Subject, told: Standing): void {
    const { state, stateType, attempt, output } = told;
    const { acknowledged } = subject;
    if (acknowledged !== undefined) {
      const isOver = acknowledged.isSticky
        ? !isBad(state)
        : state !== subject.state;
      if (isOver) delete subject.acknowledged;
    }
    subject.state = state;
    subject.stateType = stateType;
    subject.attempt = attempt;
    if (stateType === 'HARD' && isBad(state)) {
      subject.outputHash = hashOf(output);
    }
  }

  function takeAlert(told: Standing, atMs: number): Heard {
    const subject = subjects.of(told);
    const { host } = subject;
    const call = callOf(subject, told);
    note(subject, told);
    if (call === 'none') return noCall;
    if (call === 'volatile') subject.isVolatile = true;
    if (isBad(told.state)) {
      countOld(subject, atMs);
      const isHostUp = (host.own?.state ?? 'UP') === 'UP';
      const startOrder = starts.lastOf(host.source);
      noteAttempt(subject.attempts, told, isHostUp, starts.next(), startOrder);
    }
    const event = eventOf(subject, told, atMs);
    return { kind: 'call', event, facts: host.facts };
  }

  /**
   * Nagios tells every state again at each rotation. What is new in it was missed: nobody was called for it. Of attempts
   * it says nothing, since a host that was down then may be up by now.
   */
  function takeState(told: Standing, atMs: number): Heard {
    const subject = subjects.of(told);
    const wasBad = subject.state !== undefined && isBad(subject.state);
    note(subject, told);
    if (isBad(told.state) === wasBad) return nothing;
    const event = eventOf(subject, told, atMs);
    return { kind: 'missed', event, facts: subject.host.facts };
  }

  function takeDowntime(subject: Subject, isIn: boolean, atMs: number): void {
    if (!isIn) {
      delete subject.downtime;
      return;
    }
    // After a start Nagios tells of the same one again.
    const { downtime, plans, host, service } = subject;
    const isSame =
      downtime !== undefined &&
      (downtime.untilMs === undefined || downtime.untilMs > atMs);
    const untilMs = endOfDowntime(
      service === undefined ? plans : [...plans, ...host.servicePlans],
      atMs,
    );
    subject.downtime = {
      sinceMs: isSame ? downtime.sinceMs : atMs,
      order: starts.next(),
      ...(untilMs === undefined ? {} : { untilMs }),
    };
  }

  function plan(item: Planned, atMs: number): void {
    const { startMs, endMs, flexibleMs } = item;
    const names = item.isGroup
      ? (groups.get(options.nameOf(item.name)) ?? [])
      : [item.name];
    for (const name of names) {
      const planned: Plan = {
        startMs,
        endMs,
        ...(flexibleMs === undefined ? {} : { flexibleMs }),
      };
      if (item.of === 'services') {
        const host = subjects.host(name);
        host.servicePlans = plansAfter(host.servicePlans, atMs);
        host.servicePlans.push(planned);
        for (const service of host.services) prolong(service, planned);
      } else {
        const isService = item.of === 'service';
        const subject = subjects.of({ place: name, isService });
        subject.plans = plansAfter(subject.plans, atMs);
        subject.plans.push(planned);
        prolong(subject, planned);
      }
    }
  }

  function endDowntimes(subject: Subject): void {
    delete subject.downtime;
    subject.plans = [];
    if (subject.service !== undefined) return;
    subject.host.servicePlans = [];
    for (const service of subject.host.services) {
      delete service.downtime;
      service.plans = [];
    }
  }

  function acknowledge(item: Acknowledged): void {
    const subject = subjects.of(item);
    // Nagios acknowledges nothing that is well.
    if (subject.state !== undefined && !isBad(subject.state)) return;
    if (item.isNotified && subject.acknowledged !== undefined) return;
    const { by, isSticky, untilMs } = item;
    subject.acknowledged = {
      by: options.nameOf(by),
      isSticky,
      ...(untilMs === undefined ? {} : { untilMs }),
    };
  }

  return {
    take: (item, { atMs, source, isAlone }) => {
      if ('place' in item) subjects.of(item).host.source = source;
      switch (item.kind) {
        case 'alert':
          return takeAlert(item, atMs);
        case 'state':
          return takeState(item, atMs);
        case 'flapping': {
          const subject = subjects.of(item);
          if (item.isFlapping) {
            subject.flapping = { sinceMs: atMs, order: starts.next() };
          } else {
            delete subject.flapping;
          }
          return nothing;
        }
        case 'downtime':
          takeDowntime(subjects.of(item), item.isIn, atMs);
          return nothing;
        case 'planned':
          plan(item, atMs);
          return nothing;
        case 'downtimes-deleted':
          endDowntimes(subjects.of(item));
          return nothing;
        case 'acknowledged':
          acknowledge(item);
          return nothing;
        case 'unacknowledged':
          delete subjects.of(item).acknowledged;
          return nothing;
        case 'start':
          starts.begin(source, isAlone);
          return nothing;
        case 'rotation':
        case 'other':
        case 'broken':
          return nothing;
      }
    },
    refresh: (event, atMs) => {
      const subject = subjects.named(event.host, event.service);
      return subject === undefined ? event : eventOf(subject, event, atMs);
    },
    oldFlags: () =>
      [...old.values()].toSorted((one, other) => other.alerts - one.alerts),
  };
}

type Told = Pick<Event, 'state' | 'stateType' | 'attempt'>;

const monitor = 'nagios';

function isBad(state: State): boolean {
  return state !== 'OK' && state !== 'UP';
}

/** A downtime that was scheduled into another one that lasts. */
function prolong({ downtime }: Subject, { startMs, endMs }: Plan): void {
  if (downtime?.untilMs !== undefined && startMs <= downtime.untilMs) {
    downtime.untilMs = Math.max(downtime.untilMs, endMs);
  }
}
