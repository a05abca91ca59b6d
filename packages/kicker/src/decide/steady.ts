import type { FleetMemory, Memory } from './memory.ts';
import { elapsedMs, type Moment } from '../events/moment.ts';

/**
 * The fleet's record as it is at `now`, made where there is none. With it goes the ledger's own clock: milliseconds since
 * its first record. It never goes back, and a wall clock that is set an hour or ten years off does not move it, so that
 * every interval in the memory is one subtraction.
 *
 * Across a boot only the wall clock tells how long it was. So a resident kicker tells a `tick` at its
 * start and every minute: a clock that was set and a boot next to it, with no news between them, would look
 * like that much time.
 */
export function fleetAt(memory: Memory, now: Moment): FleetMemory {
  const fleet = memory.read('fleet', '');
  // Of this very instant: all news of one event come in it.
  if (fleet?.moment === now) return fleet;
  if (fleet === undefined) {
    return { open: 0, kicks: [], moment: now, steadyMs: 0 };
  }
  const steadyMs = fleet.steadyMs + elapsedMs(fleet.moment, now);
  return { ...fleet, moment: now, steadyMs };
}

/** The fleet's record, which `learn` writes before all else. */
export function fleetOf(memory: Memory): FleetMemory {
  const fleet = memory.read('fleet', '');
  if (fleet === undefined) throw new Error('the steady clock was not started');
  return fleet;
}
