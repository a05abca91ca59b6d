import type { Event, State } from '../events/event.ts';
import type { FlapMemory } from './memory.ts';
import type { Guards } from './rules.ts';

type Thresholds = Guards['flapping'];

/** @see nagioscore, include/objects.h: MAX_STATE_HISTORY_ENTRIES */
const historyLength = 21;
/** @see nagioscore, base/flapping.c: low_curve_value, high_curve_value */
const lowWeight = 0.75;
const highWeight = 1.25;

/** The history of a service that has always been green. */
export function steadyFlap(atMs: number): FlapMemory {
  return {
    states: 'o'.repeat(historyLength),
    lastMs: atMs,
    isSoft: false,
    isFlapping: false,
    percent: 0,
  };
}

/**
 * Adds what one event says. Only HARD states and recoveries are recorded, as in Nagios; the checks
 * between two events, which changed nothing and so brought none, are filled in.
 */
export function recordEvent(
  flap: FlapMemory,
  event: Pick<Event, 'state' | 'stateType'>,
  atMs: number,
  thresholds: Thresholds,
): FlapMemory {
  const before = { ...holdStill(flap, atMs, thresholds), lastMs: atMs };
  const letter = letters[event.state];
  if (letter === undefined) return before;
  if (event.stateType === 'SOFT' && event.state !== 'OK') {
    return { ...before, isSoft: true };
  }
  return { ...recordState(before, letter, thresholds), isSoft: false };
}

/** One recorded state more: the verdict of Nagios's check_for_service_flapping. */
function recordState(
  flap: FlapMemory,
  letter: string,
  { low, high }: Pick<Thresholds, 'low' | 'high'>,
): FlapMemory {
  const states = flap.states.slice(1) + letter;
  const percent = percentChange(states);
  const isFlapping =
    percent <= low ? false : percent >= high ? true : flap.isFlapping;
  return { ...flap, states, percent, isFlapping };
}

/** The history at a later instant, where nothing has happened since. */
export function holdStill(
  flap: FlapMemory,
  atMs: number,
  thresholds: Thresholds,
): FlapMemory {
  if (flap.isSoft || flap.percent === 0) return flap;
  const checks = Math.floor(
    (atMs - flap.lastMs) / (thresholds.checkSeconds * 1000),
  );
  const last = flap.states.slice(-1);
  let held = flap;
  // After as many checks as the history is long nothing but this state is left in it.
  for (let check = 0; check < Math.min(checks, historyLength); check += 1) {
    held = recordState(held, last, thresholds);
  }
  return held;
}

const letters: Partial<Record<State, string>> = {
  OK: 'o',
  WARNING: 'w',
  CRITICAL: 'c',
  UNKNOWN: 'u',
};

/** Each change weighs 0.75 (the oldest) to 1.25 (the newest); all 20 changes together are 100 %. */
function percentChange(states: string): number {
  let changes = 0;
  for (let at = 1; at < historyLength; at += 1) {
    if (states[at] !== states[at - 1]) {
      changes +=
        ((at - 1) * (highWeight - lowWeight)) / (historyLength - 2) + lowWeight;
    }
  }
  return (changes * 100) / (historyLength - 1);
}
