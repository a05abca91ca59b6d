import type { Event } from '../events/event.ts';
import { isSameId } from '../events/problem-id.ts';
import type { ProblemMemory } from './memory.ts';

/**
 * Whether the trouble that a service is in by now is known to be another episode than that of an event. Without ids
 * of the monitor nobody can tell.
 */
export function isAnother(
  present: ProblemMemory | undefined,
  { monitor, problem }: Event,
): boolean {
  const id = present?.ids[monitor];
  return id !== undefined && problem !== undefined && !isSameId(id, problem);
}
