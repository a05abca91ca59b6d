import type { GroupFacts } from '../events/facts.ts';
import type { GroupMemory } from './memory.ts';

const quarterDayMs = 6 * 60 * 60 * 1000;
/** a host of whose trouble nothing was heard for this long is no longer counted */
const quartersKept = 4;

/** Under which quarter day of the steady clock a host begins to count. */
export function quarterOf(atMs: number): string {
  return String(Math.floor(atMs / quarterDayMs));
}

/**
 * Hosts of a group that are unhealthy or in healing: by the monitor's count or by kicker's own, whichever
 * is more. The own one is at hand at once, but a recovery that was never told would stay in it: hosts
 * of whose trouble nothing was heard for a day are left out.
 */
export function unhealthyOf(
  facts: GroupFacts,
  memory: GroupMemory | undefined,
  atMs: number,
): number {
  const latest = Math.floor(atMs / quarterDayMs);
  let own = 0;
  for (let quarter = latest - quartersKept; quarter <= latest; quarter += 1) {
    own += memory?.counts[quarter] ?? 0;
  }
  return Math.max(own, facts.unhealthy ?? 0);
}

/**
 * How many hosts a group has. A list that was suddenly emptied, or is twice as long as a minute ago, is
 * more likely a fault of the list: until it has held for an hour the old number counts.
 */
export function membersOf(
  facts: GroupFacts,
  memory: GroupMemory | undefined,
): number | undefined {
  const told = facts.members === 0 ? undefined : facts.members;
  const known = memory?.members;
  if (told === undefined || known === undefined) return known ?? told;
  return Math.min(told, known);
}

/**
 * Takes over the number that was told, at once where it is likely, else after it has held.
 * @returns `memory` itself where it stays as it is
 */
export function withMembers(
  memory: GroupMemory,
  facts: GroupFacts,
  atMs: number,
): GroupMemory {
  const { members } = facts;
  const isNew =
    members !== undefined && members !== 0 && members !== memory.members;
  if (!isNew && memory.told === undefined) return memory;
  const { told: before, ...rest } = memory;
  if (!isNew) return rest;
  const known = memory.members;
  const isLikely =
    known === undefined || (members < known * 2 && members * 2 > known);
  const hasHeld =
    before?.members === members && atMs - before.atMs >= 60 * 60 * 1000;
  if (isLikely || hasHeld) return { ...rest, members };
  return {
    ...rest,
    told: before?.members === members ? before : { members, atMs },
  };
}
