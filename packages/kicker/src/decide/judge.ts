import type { Event } from '../events/event.ts';
import { keysOf, type EventKeys } from '../events/keys.ts';
import { decide } from './decide.ts';
import type { Decision } from './decision.ts';
import { changesNothing } from './learn-decision.ts';
import { learnInto } from './learn.ts';
import type { Memory, MemoryChange, WritableMemory } from './memory.ts';
import { createOverlay } from './overlay.ts';
import { isAnother } from './same-problem.ts';
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
  const other = decideOnOther(event, memory, keys);
  if (other !== undefined) return { decision: other };
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

/**
 * A recovery is believed for the problem that it names. Where the service is in another by now, or two alerts are about
 * one service, it says nothing of that one, and nothing is taken in.
 * @returns undefined: it is no such recovery
 */
function decideOnOther(
  event: Event,
  memory: Memory,
  keys: EventKeys,
): Decision | undefined {
  if (event.state !== 'OK') return undefined;
  const service = memory.read('service', keys.service);
  if (!isAnother(service?.problem, event)) return undefined;
  return {
    kind: 'skip',
    code: 'other-problem',
    reasons: [
      `problem ${event.problem ?? ''} is over, and the service is in another one, ${service?.problem?.ids[event.monitor] ?? ''}`,
    ],
  };
}
