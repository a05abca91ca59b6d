import { shownName } from '../events/name-bytes.ts';
import { showMs, type Finding } from './finding.ts';
import type { GroupFacts } from '../events/facts.ts';
import type { GroupMemory } from './memory.ts';
import type { Guards } from './rules.ts';
import { membersOf, unhealthyOf } from './share.ts';
import type { Situation } from './situation.ts';

/**
 * Many hosts of a group with trouble at once have one cause, and it is not on the hosts: nothing is kicked
 * until the share has been below its limit for a while, and one person is called for all of them.
 */
export function judgeStorm(situation: Situation): Finding {
  const { groups, rules, atMs } = situation;
  for (const { facts, memory } of groups) {
    const storm = stormOf(facts, memory, rules.guards, atMs);
    if (storm === undefined) continue;
    const escalate =
      memory?.storm?.isTold === true
        ? {}
        : {
            escalate: {
              // A key as well: see learn-decision.ts.
              about: `storm of ${facts.name || noGroup}`,
              reason: `storm: ${storm.reason}`,
            },
          };
    if (rules.guards.storm.backlog === 'drop') {
      return { kind: 'skip', code: 'storm', reason: storm.reason, ...escalate };
    }
    return {
      kind: 'wait',
      code: 'storm-waiting',
      reason: storm.reason,
      againAfterMs: storm.leftMs,
      ...escalate,
    };
  }
  return undefined;
}

/** Whether a group is in a storm now, and how long at least it will be. */
function stormOf(
  facts: GroupFacts,
  memory: GroupMemory | undefined,
  guards: Guards,
  atMs: number,
): { reason: string; leftMs: number } | undefined {
  const exitMs = guards.storm.exitDelaySeconds * 1000;
  const unhealthy = unhealthyOf(facts, memory, atMs);
  const members = membersOf(facts, memory);
  const count =
    members === undefined
      ? `${unhealthy} hosts of ${nameOf(facts)}`
      : `${unhealthy} of the ${members} hosts of ${nameOf(facts)}`;
  if (isOver(unhealthy, members, guards)) {
    const limit =
      members === undefined
        ? `guards.share.hostsOfUnknown is ${guards.share.hostsOfUnknown}`
        : `guards.share.percent is ${guards.share.percent}, hosts is ${guards.share.hosts}`;
    return {
      reason: `${count} are unhealthy or in healing (${limit})`,
      // As long as it lasts nobody can tell: a minute at least.
      leftMs: Math.max(exitMs, 60 * 1000),
    };
  }
  if (memory?.storm === undefined) return undefined;
  // Below the limit by time alone (counts grow old), or by this very event: the delay begins now.
  const belowMs = atMs - (memory.storm.belowSinceMs ?? atMs);
  if (belowMs >= exitMs) return undefined;
  return {
    reason: `${count} are unhealthy or in healing, which is below the limit only since ${showMs(belowMs)} (guards.storm.exitDelaySeconds is ${guards.storm.exitDelaySeconds})`,
    leftMs: exitMs - belowMs,
  };
}

/** A single host is no storm, however small its group. */
export function isOver(
  unhealthy: number,
  members: number | undefined,
  { share }: Guards,
): boolean {
  if (members === undefined) return unhealthy > share.hostsOfUnknown;
  return (
    unhealthy >= share.hosts && unhealthy > (members * share.percent) / 100
  );
}

const noGroup = '(no group)';

function nameOf({ name }: GroupFacts): string {
  return name === '' ? noGroup : shownName(name);
}
