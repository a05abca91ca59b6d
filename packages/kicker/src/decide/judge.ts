import type { Event } from '../events/event.ts';
import { decide } from './decide.ts';
import type { Decision } from './decision.ts';
import { learnInto } from './learn.ts';
import type { MemoryChange } from './memory.ts';
import type { News } from './news.ts';
import { createOverlay } from './overlay.ts';
import type { World } from './situation.ts';

export interface Judged {
  decision: Decision;
  /** the id of the kick, where it was decided to kick */
  kick?: string;
  /** the records to write, in one transaction with the entries */
  changes: MemoryChange[];
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
  const { facts, rules, now } = world;
  const memory = createOverlay(world.memory);
  const take = (news: News): void => learnInto(memory, news, rules, now);
  // An event that is looked at again has been taken in before.
  take({ kind: world.again === true ? 'facts' : 'event', event, facts });
  const decision = decide(event, { ...world, memory });
  const kick = decision.kind === 'kick' ? { kick: createKick() } : {};
  take({ kind: 'decided', event, facts, decision, ...kick });
  return { decision, ...kick, changes: memory.changes() };
}
