import type { FleetMemory, Memory } from './memory.ts';
import { elapsedMs, type Moment } from '../events/moment.ts';

/**
 * The ledger's own clock: milliseconds since its first record. It never goes back, and a wall clock that
 * is set an hour or ten years off does not move it, so that every interval in the memory is one subtraction.
 *
 * Across a boot only the wall clock tells how long it was. So a resident kicker tells a `tick` at its
 * start and every minute: a clock that was set and a boot next to it, with no news between them, would look
 * like that much time.
 */
function steadyMs(fleet: FleetMemory | undefined, now: Moment): number {
  if (fleet === undefined) return 0;
  return fleet.steadyMs + elapsedMs(fleet.moment, now);
}

/** The fleet's record as it is at `now`, made where there is none. */
export function fleetAt(memory: Memory, now: Moment): FleetMemory {
  const fleet = memory.read('fleet', '');
  return {
    open: 0,
    kicks: [],
    ...fleet,
    moment: now,
    steadyMs: steadyMs(fleet, now),
  };
}

/** The fleet's record, which `learn` writes before all else. */
export function fleetOf(memory: Memory): FleetMemory {
  const fleet = memory.read('fleet', '');
  if (fleet === undefined) throw new Error('the steady clock was not started');
  return fleet;
}
