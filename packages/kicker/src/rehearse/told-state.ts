import type { Event } from '../events/event.ts';
import type { Facts } from '../events/facts.ts';
import { keysOf, type EventKeys } from '../events/keys.ts';
import type { ToldAlert, ToldItem } from '../monitors/told-item.ts';
import { flagOldMs } from './log-flags.ts';
import type { Heard, OldFlag, PastState } from './past-state.ts';

/** What a saved history has said so far of one service, or of a host itself. */
interface Subject {
  facts: Facts;
  keys: EventKeys;
  isWell: boolean;
  /** what names the problem that lasts, and when it began */
  problem: string | undefined;
  since: string | undefined;
  maxAttempts: number | undefined;
  lastCheck: string | undefined;
  /** SOFT states in a row */
  softs: number;
  /** downtimes by their ids, each with its end */
  downtimes: Map<string, number>;
  /** its last event said so, and no downtime that was told explains it */
  isSaidInDowntime: boolean;
  acknowledged: { by: string; isOwn: boolean; untilMs: number } | undefined;
  /** when its flapping began */
  flappingMs: number | undefined;
}

/**
 * What a saved history says, from events that were read as in service. Downtimes, acknowledgements and flapping that
 * were told apart become facts of the events; each event counts as called for.
 */
export function createToldState(): PastState<ToldItem> {
  const subjects = new Map<string, Subject>();
  const old = new Map<string, OldFlag>();
  /** downtimes that have not begun, by their ids */
  const plans = new Map<string, Extract<ToldItem, { kind: 'planned' }>>();

  function subjectOf(
    host: string,
    service: string | undefined,
    groups: readonly string[] = [],
  ): Subject {
    const key = keyOf(host, service);
    const known = subjects.get(key);
    if (known !== undefined) {
      if (groups.length > 0) known.facts = factsOf(host, groups);
      return known;
    }
    const facts = factsOf(host, groups);
    const place = service === undefined ? { host } : { host, service };
    const added: Subject = {
      facts,
      keys: keysOf(place, facts),
      isWell: true,
      problem: undefined,
      since: undefined,
      maxAttempts: undefined,
      lastCheck: undefined,
      softs: 0,
      downtimes: new Map(),
      isSaidInDowntime: false,
      acknowledged: undefined,
      flappingMs: undefined,
    };
    subjects.set(key, added);
    return added;
  }

  function hasDowntime(subject: Subject | undefined, atMs: number): boolean {
    if (subject === undefined) return false;
    for (const [id, untilMs] of subject.downtimes) {
      if (untilMs <= atMs) subject.downtimes.delete(id);
    }
    return subject.downtimes.size > 0;
  }
  function isInDowntime(
    subject: Subject,
    { host, service }: Pick<Event, 'host' | 'service'>,
    atMs: number,
  ): boolean {
    // A service does not say that its host is in downtime.
    const ofHost =
      service === undefined ? undefined : subjects.get(keyOf(host, undefined));
    return hasDowntime(subject, atMs) || hasDowntime(ofHost, atMs);
  }

  /** The event with all that is known beside it. */
  function complete(event: Event, subject: Subject, atMs: number): Event {
    // Without the time of the call nothing is stale: the past is judged as it was told.
    const { at: _at, acknowledgedBy: _by, ...rest } = event;
    const by = acknowledgedBy(subject, atMs);
    const problem = event.problem ?? subject.problem;
    const since = event.since ?? subject.since;
    const maxAttempts = event.maxAttempts ?? subject.maxAttempts;
    return {
      ...rest,
      ...(problem === undefined ? {} : { problem }),
      ...(since === undefined ? {} : { since }),
      ...(maxAttempts === undefined ? {} : { maxAttempts }),
      ...(by === undefined || isGood(event) ? {} : { acknowledgedBy: by }),
      inDowntime:
        subject.isSaidInDowntime || isInDowntime(subject, event, atMs),
      isFlapping: event.isFlapping ?? subject.flappingMs !== undefined,
    };
  }

  function takeAlert(alert: ToldAlert, atMs: number): Heard {
    const { groups, beginsProblem, check, isBare = false } = alert;
    const { host, service } = alert.event;
    const subject = subjectOf(host, service, groups);
    if (check !== undefined && check === subject.lastCheck) return nothing;
    subject.lastCheck = check;
    const isSoft = alert.event.stateType === 'SOFT';
    const { softs } = subject;
    subject.softs = isSoft && !isGood(alert.event) ? softs + 1 : 0;
    const event =
      isBare && isSoft
        ? { ...alert.event, attempt: Math.max(1, subject.softs) }
        : alert.event;
    subject.isSaidInDowntime =
      event.inDowntime && !isInDowntime(subject, event, atMs);
    if (!isBare) noteAcknowledged(subject, event);
    if (isGood(event)) {
      subject.isWell = true;
      subject.problem = undefined;
      subject.since = undefined;
      subject.acknowledged = undefined;
    } else {
      if (subject.isWell || beginsProblem === true) {
        const seconds = Math.floor(atMs / 1000);
        subject.problem = String(seconds);
        subject.since = new Date(seconds * 1000).toISOString();
      }
      const lastSoft = isBare && !isSoft && softs > 0 ? softs + 1 : undefined;
      noteAttempts(subject, event, alert.maxAttempts ?? lastSoft);
      subject.isWell = false;
      countOld(subject, event, atMs);
    }
    const { facts, keys } = subject;
    return { kind: 'call', event: complete(event, subject, atMs), facts, keys };
  }

  /** A flapping whose end the history does not have would keep a service from every kick. */
  function countOld(subject: Subject, event: Event, atMs: number): void {
    const sinceMs = subject.flappingMs;
    if (sinceMs === undefined || atMs - sinceMs < flagOldMs) return;
    const { host, service } = event;
    const key = keyOf(host, service);
    const counted = old.get(key) ?? {
      host,
      ...(service === undefined ? {} : { service }),
      flag: 'flapping',
      sinceMs,
      alerts: 0,
    };
    counted.alerts += 1;
    old.set(key, counted);
  }

  function take(item: ToldItem, atMs: number): Heard {
    switch (item.kind) {
      case 'alert':
        return takeAlert(item, atMs);
      case 'flapping':
        subjectOf(item.host, item.service).flappingMs = item.isFlapping
          ? atMs
          : undefined;
        return nothing;
      case 'planned': {
        const { downtimes } = subjectOf(item.host, item.service);
        // icinga2.log tells that a downtime has begun before it tells of the downtime.
        if (downtimes.has(item.id)) downtimes.set(item.id, endOf(item, atMs));
        else plans.set(item.id, item);
        return nothing;
      }
      case 'downtime': {
        const subject = subjectOf(item.host, item.service);
        const { id } = item;
        subject.downtimes.set(id, endOf({ ...plans.get(id), ...item }, atMs));
        plans.delete(id);
        return nothing;
      }
      case 'downtime-over': {
        const subject = subjectOf(item.host, item.service);
        subject.downtimes.delete(item.id);
        plans.delete(item.id);
        if (subject.downtimes.size === 0) subject.isSaidInDowntime = false;
        return nothing;
      }
      case 'acknowledged': {
        const { by, isOwn, untilMs = Infinity } = item;
        const subject = subjectOf(item.host, item.service);
        subject.acknowledged = { by, isOwn, untilMs };
        return nothing;
      }
      case 'unacknowledged':
        subjectOf(item.host, item.service).acknowledged = undefined;
        return nothing;
      case 'other':
      case 'broken':
        return nothing;
    }
  }

  return {
    take: (item, { atMs }) => take(item, atMs),
    refresh: (event, atMs) => {
      const subject = subjects.get(keyOf(event.host, event.service));
      if (subject === undefined) return event;
      return complete(event, subject, atMs);
    },
    oldFlags: () =>
      [...old.values()].toSorted((one, other) => other.alerts - one.alerts),
  };
}

const nothing: Heard = { kind: 'nothing' };

/** Nobody, where kicker itself did: that nobody else knows of the problem must not be forgotten for it. */
function acknowledgedBy(
  { acknowledged }: Subject,
  atMs: number,
): string | undefined {
  return acknowledged === undefined ||
    acknowledged.isOwn ||
    acknowledged.untilMs <= atMs
    ? undefined
    : acknowledged.by;
}

/** Its begin or its end may have been lost; the event itself knows whether there is one, and not whose. */
function noteAcknowledged(
  subject: Subject,
  { acknowledgedBy: by }: Event,
): void {
  if (by === undefined) subject.acknowledged = undefined;
  else subject.acknowledged ??= { by, isOwn: false, untilMs: Infinity };
}

function noteAttempts(
  subject: Subject,
  { stateType, attempt }: Event,
  told: number | undefined,
): void {
  if (told !== undefined) subject.maxAttempts = told;
  const { maxAttempts: most } = subject;
  // SOFT at what was thought to be the last one: there are more.
  if (stateType === 'SOFT' && most !== undefined && attempt >= most) {
    subject.maxAttempts = attempt + 1;
  }
}

/** When a downtime ends that begins now. */
function endOf(
  { untilMs, lastsMs = Infinity }: { untilMs?: number; lastsMs?: number },
  atMs: number,
): number {
  return untilMs ?? atMs + lastsMs;
}

function keyOf(host: string, service: string | undefined): string {
  return service === undefined ? host : `${host}\n${service}`;
}

function factsOf(host: string, groups: readonly string[]): Facts {
  return {
    certname: host.toLowerCase(),
    groups: groups.map((name) => ({ name })),
  };
}

function isGood({ state }: Pick<Event, 'state'>): boolean {
  return state === 'OK' || state === 'UP';
}
