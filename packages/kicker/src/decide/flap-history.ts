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
  const held = holdStill(flap, atMs, thresholds);
  const letter = letters[event.state];
  if (letter === undefined) return { ...held, lastMs: atMs };
  const isSoft = event.stateType === 'SOFT' && event.state !== 'OK';
  return isSoft
    ? { ...held, lastMs: atMs, isSoft }
    : recordStates(held, letter, 1, { lastMs: atMs, isSoft }, thresholds);
}

/**
 * The same state recorded this many times more, at least once: the verdict of Nagios's check_for_service_flapping. The
 * share of changes is the highest behind the first, and falls from there on: what lies between changes no verdict.
 */
function recordStates(
  flap: FlapMemory,
  letter: string,
  times: number,
  at: Pick<FlapMemory, 'lastMs' | 'isSoft'>,
  { low, high }: Pick<Thresholds, 'low' | 'high'>,
): FlapMemory {
  const { lastMs, isSoft } = at;
  // Nothing but this state is in it, as in most: one more is the same.
  // Stryker disable next-line ConditionalExpression,MethodExpression,BlockStatement: a shortcut
  if (flap.percent === 0 && flap.states.endsWith(letter)) {
    return {
      states: flap.states,
      lastMs,
      isSoft,
      isFlapping: false,
      percent: 0,
    };
  }
  // Stryker disable next-line ConditionalExpression: a shortcut
  const longer = flap.states + (times === 1 ? letter : letter.repeat(times));
  const first = percentChange(longer, 1);
  // Stryker disable next-line ConditionalExpression: a shortcut
  const percent = times === 1 ? first : percentChange(longer, times);
  return {
    states: longer.slice(times),
    lastMs,
    isSoft,
    isFlapping: percent > low && (first >= high || flap.isFlapping),
    percent,
  };
}

/** The history at a later instant, where nothing has happened since. */
export function holdStill(
  flap: FlapMemory,
  atMs: number,
  thresholds: Thresholds,
): FlapMemory {
  if (flap.isSoft) return flap;
  // Stryker disable next-line ConditionalExpression: a shortcut
  if (flap.percent === 0) return flap;
  const checks = Math.floor(
    (atMs - flap.lastMs) / (thresholds.checkSeconds * 1000),
  );
  if (checks < 1) return flap;
  // After as many checks as the history is long nothing but this state is left in it.
  const times = Math.min(checks, historyLength);
  return recordStates(flap, flap.states.slice(-1), times, flap, thresholds);
}

const letters: Partial<Record<State, string>> = {
  OK: 'o',
  WARNING: 'w',
  CRITICAL: 'c',
  UNKNOWN: 'u',
};

/**
 * Each change weighs 0.75 (the oldest) to 1.25 (the newest); all 20 changes together are 100 %.
 * @param from where the history begins in `states`
 */
function percentChange(states: string, from: number): number {
  let changes = 0;
  for (let at = 1; at < historyLength; at += 1) {
    if (states.charCodeAt(from + at) !== states.charCodeAt(from + at - 1)) {
      changes +=
        ((at - 1) * (highWeight - lowWeight)) / (historyLength - 2) + lowWeight;
    }
  }
  return (changes * 100) / (historyLength - 1);
}
