import type { Event, State } from '../../events/event.ts';
import type { Facts, GroupFacts } from '../../events/facts.ts';
import type { Refreshed, SeenAside, SeenService } from '../../ports.ts';
import { keyOf, type SeenState } from './objects.ts';
import type { Snapshot } from './snapshot.ts';

/** Data that are older say that Icinga, or the way to it, hangs; they are asked for twice a minute. */
const staleAfterMs = 5 * 60 * 1000;

const serviceStates = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'] as const;
const hostStates = ['UP', 'DOWN'] as const;

/** What Icinga knows beyond one event. @param named the groups that the event itself named */
export function icingaFacts(
  event: Event,
  named: readonly string[],
  snapshot: Snapshot,
  nowMs: number,
): Pick<Facts, 'groups' | 'monitorTrouble'> {
  const names =
    named.length > 0 ? named : (snapshot.host(event.host)?.groups ?? []);
  const isFresh = isBelieved(snapshot, nowMs);
  const trouble = troubleOf(snapshot, nowMs);
  return {
    groups: names.map((name): GroupFacts => {
      const members = isFresh ? snapshot.members(name) : undefined;
      if (members === undefined) return { name };
      const sick = snapshot.unhealthy();
      return {
        name,
        members: members.length,
        unhealthy: members.filter((host) => sick.has(host)).length,
      };
    }),
    ...(trouble === undefined ? {} : { monitorTrouble: trouble }),
  };
}

/** Whether what it holds is young enough to say something. */
function isBelieved(snapshot: Snapshot, nowMs: number): boolean {
  const syncedMs = snapshot.syncedMs();
  return syncedMs !== undefined && nowMs - syncedMs <= staleAfterMs;
}

function troubleOf(snapshot: Snapshot, nowMs: number): string | undefined {
  const { api, stream } = snapshot.downSinceMs();
  const ageOf = (sinceMs: number | undefined): number | undefined => {
    const ageMs = sinceMs === undefined ? 0 : nowMs - sinceMs;
    return ageMs > staleAfterMs ? Math.round(ageMs / 1000) : undefined;
  };
  const apiAge = ageOf(api);
  if (apiAge !== undefined) {
    return `its API has not answered for ${String(apiAge)} s`;
  }
  const streamAge = ageOf(stream);
  return streamAge === undefined
    ? undefined
    : `its event stream has been closed for ${String(streamAge)} s`;
}

/**
 * How the problem of an event stands by now. All problems are in the snapshot: where it has none, none lasts.
 * @param sinceMs data from before say nothing new
 */
export function refreshEvent(
  event: Event,
  snapshot: Snapshot,
  {
    sinceMs,
    nowMs,
    author,
  }: { sinceMs: number; nowMs: number; author: string },
): Refreshed {
  const syncedMs = snapshot.syncedMs();
  if (syncedMs === undefined || !isBelieved(snapshot, nowMs)) {
    return { kind: 'not-known' };
  }
  const key = keyOf(event.host, event.service);
  const seen = snapshot.state(key);
  // Its clock is not ours.
  if (Math.max(seen?.askedMs ?? 0, syncedMs) + 1000 <= sinceMs) {
    return { kind: 'not-known' };
  }
  const at = new Date(nowMs).toISOString();
  if (seen === undefined || !seen.isProblem) {
    const state = event.service === undefined ? 'UP' : 'OK';
    return { kind: 'over', event: { ...event, state, attempt: 1, at } };
  }
  if (isOther(event, seen)) return { kind: 'not-known' };
  const { acknowledgedBy: _before, ...rest } = event;
  const host = snapshot.host(event.host);
  const by = acknowledgedBy(key, seen, snapshot, author);
  return {
    kind: 'lasts',
    event: {
      ...rest,
      state: stateOf(seen),
      stateType: seen.isHard ? 'HARD' : 'SOFT',
      attempt: seen.attempt,
      maxAttempts: seen.maxAttempts,
      at,
      inDowntime: seen.inDowntime || host?.inDowntime === true,
      ...(host === undefined || host.isPending || event.service === undefined
        ? {}
        : { hostState: host.isDown ? 'DOWN' : 'UP' }),
      ...(by === undefined ? {} : { acknowledgedBy: by }),
      isFlapping: seen.isFlapping,
    },
  };
}

/** How a service is; undefined: it was not asked for yet. */
export function seeService(
  key: string,
  snapshot: Snapshot,
  nowMs: number,
): SeenService | undefined {
  if (!isBelieved(snapshot, nowMs)) return { kind: 'not-known' };
  const seen = snapshot.state(key);
  if (seen === undefined) return undefined;
  return seen.checkedMs < 0
    ? { kind: 'not-known' }
    : {
        kind: 'seen',
        isGreen: seen.state === 0,
        checkedMs: seen.checkedMs,
        // A verdict looks each second and does not ask for it; it goes through all that is known.
        get aside() {
          return asideOf(seen, snapshot);
        },
      };
}

/** What Icinga knows of a service beside its state; all problems of its host are in the snapshot. */
function asideOf(seen: SeenState, snapshot: Snapshot): SeenAside {
  const host = snapshot.host(seen.host);
  const isDown = host?.isDown === true && !host.isPending;
  const others = [...snapshot.states()].flatMap(([, other]) =>
    other.host === seen.host &&
    other.service !== undefined &&
    other.service !== seen.service &&
    other.isProblem
      ? [`${other.service} is ${stateOf(other)}`]
      : [],
  );
  return {
    inDowntime: seen.inDowntime || host?.inDowntime === true,
    isAcknowledged: seen.isAcknowledged,
    isFlapping: seen.isFlapping,
    troubles: [...(isDown ? ['the host is DOWN'] : []), ...others],
  };
}

/**
 * The event with the author of its acknowledgement, of which Icinga's own words know only that there is one. kicker
 * acknowledges while it heals: that nobody else knows of the problem must not be forgotten for it.
 */
export function withAuthor(
  event: Event,
  snapshot: Snapshot,
  own: string,
): Event {
  const { acknowledgedBy: by, ...rest } = event;
  if (by === undefined) return event;
  const author = snapshot.author(keyOf(event.host, event.service)) ?? by;
  return author === own ? rest : { ...event, acknowledgedBy: author };
}

/** Who acknowledged it; undefined: nobody but kicker itself. */
function acknowledgedBy(
  key: string,
  seen: SeenState,
  snapshot: Snapshot,
  own: string,
): string | undefined {
  if (!seen.isAcknowledged) return undefined;
  const author = snapshot.author(key);
  return author === own ? undefined : author || 'somebody';
}

function isOther(event: Event, seen: SeenState): boolean {
  return (
    event.problem !== undefined &&
    seen.lastWellSeconds > 0 &&
    event.problem !== String(seen.lastWellSeconds)
  );
}

function stateOf({ service, state }: SeenState): State {
  return service === undefined
    ? (hostStates[state] ?? 'DOWN')
    : (serviceStates[state] ?? 'UNKNOWN');
}
