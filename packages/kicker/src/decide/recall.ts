import type { Facts } from '../events/facts.ts';
import type { GroupMemory, HostMemory, WritableMemory } from './memory.ts';
import type { RuleSet } from './rules.ts';
import { membersOf, quarterOf, unhealthyOf, withMembers } from './share.ts';
import { groupsOf } from './situation.ts';
import { isOver } from './storm.ts';

/** What a piece of news is folded into. */
export interface Recall {
  rules: RuleSet;
  memory: WritableMemory;
  /** now, on the steady clock */
  atMs: number;
}

/**
 * Writes a host, and lets its groups count it as long as it is unhealthy or in healing.
 * @param isHeard whether trouble was heard of just now: a host that was counted long ago counts anew
 */
export function writeHost(
  key: string,
  host: HostMemory,
  recall: Recall,
  isHeard: boolean,
): void {
  const { memory, atMs } = recall;
  if (isCountedNow(host, isHeard, recall)) {
    memory.write('host', key, host);
    return;
  }
  const { counted } = host;
  const quarter = quarterOf(atMs);
  for (const group of counted?.groups ?? []) {
    // Stryker disable next-line OptionalChaining: its groups are there
    count(group, counted?.quarter ?? '', -1, recall);
  }
  const { counted: _before, ...rest } = host;
  if (!isUnhealthy(host)) {
    memory.write('host', key, rest);
    return;
  }
  const groups = host.groups ?? noGroup;
  for (const group of groups) count(group, quarter, 1, recall);
  memory.write('host', key, { ...rest, counted: { groups, quarter } });
}

/** Whether its groups count the host as they should, or not at all where they should not. */
export function isCountedNow(
  host: HostMemory,
  isHeard: boolean,
  { atMs }: Pick<Recall, 'atMs'>,
): boolean {
  const { counted } = host;
  if (!isUnhealthy(host)) return counted === undefined;
  return (
    counted !== undefined &&
    isSame(counted.groups, host.groups ?? noGroup) &&
    (!isHeard || counted.quarter === quarterOf(atMs))
  );
}

const noGroup = [''];

/** Unhealthy, or in healing. */
function isUnhealthy({ bad, open }: HostMemory): boolean {
  return bad.length > 0 || open !== undefined;
}

/** Takes in what is told of the groups, and whether a storm begins or ends. */
export function updateGroups(
  facts: Facts,
  host: HostMemory | undefined,
  recall: Recall,
): void {
  const { memory, atMs, rules } = recall;
  const exitMs = rules.guards.storm.exitDelaySeconds * 1000;
  for (const group of groupsOf(facts, host)) {
    const known = memory.read('group', group.name);
    const next = withMembers(known ?? { counts: {} }, group, atMs);
    const isOverNow = isOver(
      unhealthyOf(group, next, atMs),
      membersOf(group, next),
      rules.guards,
    );
    const storm = stormAfter(next.storm, isOverNow, exitMs, atMs);
    // Most events change nothing about their groups.
    if (next === known && storm === known.storm) continue;
    const { storm: _before, ...rest } = next;
    memory.write('group', group.name, {
      ...rest,
      ...(storm === undefined ? {} : { storm }),
    });
  }
}

/** @returns `storm` itself where it goes on as it is */
function stormAfter(
  storm: Storm | undefined,
  isOverNow: boolean,
  exitMs: number,
  atMs: number,
): Storm | undefined {
  const belowMs = storm?.belowSinceMs;
  // Stryker disable next-line ConditionalExpression: what is undefined is not past
  const isPast = belowMs !== undefined && atMs - belowMs >= exitMs;
  if (storm === undefined || isPast) {
    return isOverNow ? { sinceMs: atMs, isTold: false } : undefined;
  }
  if (isOverNow === (belowMs === undefined)) return storm;
  const { sinceMs, isTold } = storm;
  return isOverNow
    ? { sinceMs, isTold }
    : { sinceMs, isTold, belowSinceMs: atMs };
}

type Storm = NonNullable<GroupMemory['storm']>;

function count(
  group: string,
  quarter: string,
  by: 1 | -1,
  { memory }: Recall,
): void {
  const known: GroupMemory = memory.read('group', group) ?? { counts: {} };
  const hosts = (known.counts[quarter] ?? 0) + by;
  const counts = { ...known.counts };
  if (hosts > 0) counts[quarter] = hosts;
  else delete counts[quarter];
  memory.write('group', group, { ...known, counts });
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return (
    one.length === other.length &&
    one.every((name, index) => name === other[index])
  );
}
