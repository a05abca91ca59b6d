import type { FleetMemory, HostMemory, KickMemory } from './memory.ts';

/**
 * The places of guards.concurrency. A place is for load on the CM server: it is given back with the outcome, when the
 * host cannot be reached, and after the time that a run is expected to last; a kick that is not accepted yet loads
 * nothing, and keeps its place for moments only. So a host that hangs, or that accepts and never ends its run, keeps
 * nobody else from being healed. A host that kept its place too long gets one of few places the next
 * time, until a run of it has ended.
 *
 * Taken places are counted by the second in which they are given back, so that time alone frees them.
 */
type Places = Readonly<Record<string, number>>;

/** How many of the places that are there are for hosts that kept theirs too long. */
export function probationMost(concurrency: number): number {
  return Math.max(1, Math.floor(concurrency / 4));
}

export function takenAt(places: Places | undefined, atMs: number): number {
  let taken = 0;
  for (const [second, count] of Object.entries(places ?? {})) {
    if (Number(second) * 1000 > atMs) taken += count;
  }
  return taken;
}

/** Until the first runs have ended nobody knows how long they take. */
const unknownMs = 15 * 1000;
const leastMs = 2 * 1000;
/** A host that is well accepts a kick at once. */
const acceptMs = 3 * 1000;
const samples = 20;

/**
 * How long a kick keeps its place: three times what runs took lately, and no longer than the rule expects of one.
 * @param expectMs what the rule says
 */
function holdMs(tookMs: readonly number[] = [], expectMs: number): number {
  const sorted = tookMs.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  const usualMs = median === undefined ? unknownMs : 3 * median;
  return Math.min(expectMs, Math.max(leastMs, usualMs));
}

/** A kick is decided, or its host has accepted it: it takes a place. */
export function takePlace(
  fleet: FleetMemory,
  host: HostMemory,
  { expectMs, isAccepted }: { expectMs: number; isAccepted: boolean },
  atMs: number,
): { fleet: FleetMemory; place: NonNullable<KickMemory['place']> } {
  const heldMs = holdMs(fleet.tookMs, expectMs);
  const untilMs = atMs + (isAccepted ? heldMs : Math.min(heldMs, acceptMs));
  const second = String(Math.ceil(untilMs / 1000));
  const isProbation = host.isSlow === true;
  return {
    fleet: {
      ...fleet,
      places: counted(fleet.places, second, 1, atMs),
      ...(isProbation
        ? { probation: counted(fleet.probation, second, 1, atMs) }
        : {}),
    },
    place: { second, isProbation },
  };
}

/** A kick gives its place back, where it still has one. */
export function releasePlace(
  fleet: FleetMemory,
  place: KickMemory['place'],
  atMs: number,
): FleetMemory {
  if (place === undefined) return fleet;
  const { second, isProbation } = place;
  return {
    ...fleet,
    places: counted(fleet.places, second, -1, atMs),
    ...(isProbation
      ? { probation: counted(fleet.probation, second, -1, atMs) }
      : {}),
  };
}

/** Whether a kick has kept its place longer than it was given. */
export function isOverdue(place: KickMemory['place'], atMs: number): boolean {
  return place !== undefined && Number(place.second) * 1000 <= atMs;
}

/** One run more of which it is known how long it took. */
export function withTook(fleet: FleetMemory, tookMs: number): FleetMemory {
  return {
    ...fleet,
    tookMs: [...(fleet.tookMs ?? []), Math.round(tookMs)].slice(-samples),
  };
}

/** What is given back by time alone is forgotten on the way. */
function counted(
  places: Places | undefined,
  second: string,
  by: 1 | -1,
  atMs: number,
): Record<string, number> {
  const next: Record<string, number> = {};
  for (const [key, count] of Object.entries(places ?? {})) {
    if (Number(key) * 1000 > atMs) next[key] = count;
  }
  const count = (next[second] ?? 0) + by;
  if (count > 0) next[second] = count;
  else delete next[second];
  return next;
}
