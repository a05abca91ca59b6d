import type { Event } from '../events/event.ts';
import { keysOf } from '../events/keys.ts';
import { decide } from './decide.ts';
import type { Decision } from './decision.ts';
import { learnInto } from './learn.ts';
import type { MemoryChange, WritableMemory } from './memory.ts';
import type { News } from './news.ts';
import { createOverlay } from './overlay.ts';
import type { World } from './situation.ts';

export interface Judged extends Decided {
  /** the records to write, in one transaction with the entries */
  changes: MemoryChange[];
}

interface Decided {
  decision: Decision;
  /** the id of the kick, where it was decided to kick */
  kick?: string;
}

/**
 * Takes in one event, decides about it and takes in the decision. Two of these must not interleave: the
 * memory is read, and its changes written, in one transaction.
 * @param createKick makes the id of a kick; called once, and only for a kick
 */
export function judge(
  event: Event,
  world: World,
  createKick: () => string,
): Judged {
  const memory = createOverlay(world.memory);
  const judged = judgeInto(memory, event, world, createKick);
  return { ...judged, changes: memory.changes() };
}

/** The same, written at once. */
export function judgeInto(
  memory: WritableMemory,
  event: Event,
  world: Omit<World, 'memory'>,
  createKick: () => string,
): Decided {
  const { rules, facts, now, again, keys = keysOf(event, facts) } = world;
  const take = (news: News): void => learnInto(memory, news, rules, now);
  // An event that is looked at again has been taken in before.
  take({ kind: again === true ? 'facts' : 'event', event, facts, keys });
  const decision = decide(event, { ...world, memory, keys });
  if (decision.kind !== 'kick') {
    take({ kind: 'decided', event, facts, keys, decision });
    return { decision };
  }
  const kick = createKick();
  take({ kind: 'decided', event, facts, keys, decision, kick });
  return { decision, kick };
}
