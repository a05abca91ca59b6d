import { steadyFlap } from './flap-history.ts';
import type { ServiceMemory } from './memory.ts';

/** A service of which nothing is known: green, never kicked. */
export function emptyService(atMs: number): ServiceMemory {
  return { kicks: [], futile: 0, flap: steadyFlap(atMs) };
}
