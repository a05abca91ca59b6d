import type { Event } from '../events/event.ts';
import { keysOf } from '../events/keys.ts';
import { decide } from './decide.ts';
import type { Decision } from './decision.ts';
import { changesNothing } from './learn-decision.ts';
import { learnInto } from './learn.ts';
import type { MemoryChange, WritableMemory } from './memory.ts';
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
  const {
    rules,
    facts,
    now,
    again = false,
    keys = keysOf(event, facts),
  } = world;
  // An event that is looked at again has been taken in before.
  const kind = again ? 'facts' : 'event';
  learnInto(memory, { kind, event, facts, keys }, rules, now);
  const decision = decide(event, { ...world, memory, keys });
  const kick = decision.kind === 'kick' ? { kick: createKick() } : {};
  // Of a new event nothing else is to be taken in. Looked at again, its window may be over by now.
  // Stryker disable next-line ConditionalExpression: a shortcut
  if (again || !changesNothing(decision)) {
    const news = { kind: 'decided', event, facts, keys, decision } as const;
    learnInto(memory, { ...news, ...kick }, rules, now);
  }
  return { decision, ...kick };
}
