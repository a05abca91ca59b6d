import type { Facts } from '../events/facts.ts';
import type { GroupMemory, HostMemory } from './memory.ts';
import type { Overlay } from './overlay.ts';
import type { RuleSet } from './rules.ts';
import { membersOf, quarterOf, unhealthyOf, withMembers } from './share.ts';
import { groupsOf } from './situation.ts';
import { isOver } from './storm.ts';

/** What a piece of news is folded into. */
export interface Recall {
  rules: RuleSet;
  memory: Overlay;
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
  const isCounted = host.bad.length > 0 || host.open !== undefined;
  const groups = host.groups ?? [''];
  const { counted, ...rest } = host;
  const quarter = quarterOf(atMs);
  const isAsCounted =
    counted !== undefined &&
    isSame(counted.groups, groups) &&
    (!isHeard || counted.quarter === quarter);
  if (isCounted && isAsCounted) {
    memory.write('host', key, host);
    return;
  }
  for (const group of counted?.groups ?? []) {
    count(group, counted?.quarter ?? '', -1, recall);
  }
  if (!isCounted) {
    memory.write('host', key, rest);
    return;
  }
  for (const group of groups) count(group, quarter, 1, recall);
  memory.write('host', key, { ...rest, counted: { groups, quarter } });
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
    const { storm, ...rest } = withMembers(
      known ?? { counts: {} },
      group,
      atMs,
    );
    const isOverNow = isOver(
      unhealthyOf(group, rest, atMs),
      membersOf(group, rest),
      rules.guards,
    );
    const belowMs = storm?.belowSinceMs;
    const lasting =
      belowMs !== undefined && atMs - belowMs >= exitMs ? undefined : storm;
    const next = { ...rest };
    if (isOverNow) {
      memory.write('group', group.name, {
        ...next,
        storm: {
          sinceMs: lasting?.sinceMs ?? atMs,
          isTold: lasting?.isTold ?? false,
        },
      });
    } else if (lasting !== undefined) {
      memory.write('group', group.name, {
        ...next,
        storm: { ...lasting, belowSinceMs: belowMs ?? atMs },
      });
    } else {
      memory.write('group', group.name, next);
    }
  }
}

function count(
  group: string,
  quarter: string,
  by: 1 | -1,
  { memory }: Recall,
): void {
  const known: GroupMemory = memory.read('group', group) ?? { counts: {} };
  const hosts = (known.counts[quarter] ?? 0) + by;
  const { [quarter]: _before, ...others } = known.counts;
  memory.write('group', group, {
    ...known,
    counts: hosts > 0 ? { ...others, [quarter]: hosts } : others,
  });
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return (
    one.length === other.length &&
    one.every((name, index) => name === other[index])
  );
}
