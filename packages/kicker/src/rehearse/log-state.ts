import type { Event, State } from '../events/event.ts';
import type {
  Acknowledged,
  LogItem,
  Place,
  Planned,
  Standing,
} from '../monitors/nagios/log-item.ts';
import { callOf, hashOf } from './alert-calls.ts';
import {
  createStarts,
  endOfDowntime,
  flagOldMs,
  isOn,
  withPlan,
  type Flag,
  type Plan,
} from './log-flags.ts';
import { mostAttempts, noteAttempt } from './most-attempts.ts';
import type { Heard, OldFlag, PastState } from './past-state.ts';
import {
  createSubjects,
  type Subject,
  type SubjectsOptions,
} from './subjects.ts';

const nothing: Heard = { kind: 'nothing' };
const noCall: Heard = { kind: 'no-call' };

/** What the lines of nagios.log say. */
export function createLogState(options: SubjectsOptions): PastState<LogItem> {
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
    countFlag(subject, 'flapping', atMs);
    countFlag(subject, 'downtime', atMs);
    if (own !== undefined && own !== subject) countFlag(own, 'downtime', atMs);
  }
  function countFlag(
    of: Subject,
    flag: 'downtime' | 'flapping',
    atMs: number,
  ): void {
    const known = of[flag];
    if (known === undefined || known.untilMs !== undefined) return;
    if (atMs - known.sinceMs < flagOldMs || !hasFlag(of, flag, atMs)) return;
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

  /** The state that a line tells of. */
  function note(subject: Subject, told: Standing): void {
    const { state, stateType, attempt, output } = told;
    const { acknowledged } = subject;
    if (acknowledged !== undefined) {
      const isOver = acknowledged.isSticky
        ? !isBad(state)
        : state !== subject.state;
      if (isOver) subject.acknowledged = undefined;
    }
    subject.state = state;
    subject.stateType = stateType;
    subject.attempt = attempt;
    if (stateType === 'HARD' && isBad(state)) {
      subject.outputHash = hashOf(output);
    }
  }

  function takeAlert(subject: Subject, told: Standing, atMs: number): Heard {
    const { host } = subject;
    const call = callOf(subject, told);
    const lastSoft = softBefore(subject);
    note(subject, told);
    if (call === 'none') return noCall;
    if (call === 'volatile') subject.isVolatile = true;
    if (isBad(told.state)) {
      countOld(subject, atMs);
      const isHostUp = (host.own?.state ?? 'UP') === 'UP';
      const startOrder = starts.lastOf(host.source);
      // Icinga 2 counts from 1 again when it becomes HARD.
      const attempt =
        told.stateType === 'HARD' && told.attempt === 1 && lastSoft > 0
          ? lastSoft + 1
          : told.attempt;
      noteAttempt(
        subject.attempts,
        { stateType: told.stateType, attempt },
        isHostUp,
        starts.next(),
        startOrder,
      );
    }
    const event = eventOf(subject, told, atMs);
    return { kind: 'call', event, facts: host.facts, keys: subject.keys };
  }

  /**
   * Nagios tells every state again at each rotation. What is new in it was missed: nobody was called for it. Of attempts
   * it says nothing, since a host that was down then may be up by now.
   */
  function takeState(subject: Subject, told: Standing, atMs: number): Heard {
    // Icinga 2 writes of what was never checked that it is down, SOFT and without a word.
    if (told.stateType === 'SOFT' && told.output === '' && isBad(told.state)) {
      return nothing;
    }
    const wasBad = subject.state !== undefined && isBad(subject.state);
    note(subject, told);
    if (isBad(told.state) === wasBad) return nothing;
    const event = eventOf(subject, told, atMs);
    return { kind: 'missed', event, facts: subject.host.facts };
  }

  function takeDowntime(subject: Subject, isIn: boolean, atMs: number): void {
    if (!isIn) {
      subject.downtime = undefined;
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
        host.servicePlans = withPlan(host.servicePlans, planned, atMs);
        for (const service of host.services) prolong(service, planned);
      } else {
        const isService = item.of === 'service';
        const subject = subjects.of({ place: name, isService });
        subject.plans = withPlan(subject.plans, planned, atMs);
        prolong(subject, planned);
      }
    }
  }

  function endDowntimes(subject: Subject): void {
    subject.downtime = undefined;
    subject.plans = [];
    if (subject.service !== undefined) return;
    subject.host.servicePlans = [];
    for (const service of subject.host.services) {
      service.downtime = undefined;
      service.plans = [];
    }
  }

  function acknowledge(subject: Subject, item: Acknowledged): void {
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

  function takeOf(
    subject: Subject,
    item: Extract<LogItem, Place>,
    atMs: number,
  ): Heard {
    switch (item.kind) {
      case 'alert':
        return takeAlert(subject, item, atMs);
      case 'state':
        return takeState(subject, item, atMs);
      case 'flapping':
        subject.flapping = item.isFlapping
          ? { sinceMs: atMs, order: starts.next() }
          : undefined;
        return nothing;
      case 'downtime':
        takeDowntime(subject, item.isIn, atMs);
        return nothing;
      case 'downtimes-deleted':
        endDowntimes(subject);
        return nothing;
      case 'acknowledged':
        acknowledge(subject, item);
        return nothing;
      case 'unacknowledged':
        subject.acknowledged = undefined;
        return nothing;
    }
  }

  return {
    take: (item, { atMs, source, isAlone }) => {
      if ('place' in item) {
        const subject = subjects.of(item);
        subject.host.source = source;
        return takeOf(subject, item, atMs);
      }
      if (item.kind === 'planned') plan(item, atMs);
      else if (item.kind === 'start') starts.begin(source, isAlone);
      return nothing;
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

/** The SOFT attempt of a problem that lasts; 0: it is none, or HARD. */
function softBefore({ state, stateType, attempt }: Subject): number {
  return state !== undefined && isBad(state) && stateType === 'SOFT'
    ? attempt
    : 0;
}

/** A downtime that was scheduled into another one that lasts. */
function prolong({ downtime }: Subject, { startMs, endMs }: Plan): void {
  if (downtime?.untilMs !== undefined && startMs <= downtime.untilMs) {
    downtime.untilMs = Math.max(downtime.untilMs, endMs);
  }
}
