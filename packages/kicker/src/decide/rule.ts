import type { State } from '../monitors/event.ts';

/** When an event calls for a repair run. */
export interface Rule {
  /** the states that are worth a run */
  states: State[];
  /** which SOFT attempt kicks already, made relative to the service's maximum; 0: none, HARD alone */
  softAttempt: number;
  /** whether an acknowledged problem is still kicked */
  acknowledged: boolean;
  /** how old an event may be, where the monitor says when it called */
  staleSeconds: number;
}

/** The rule of the classic event handler: CRITICAL, and HARD or the third SOFT attempt. */
export const defaultRule: Rule = {
  states: ['CRITICAL'],
  softAttempt: 3,
  acknowledged: false,
  staleSeconds: 5 * 60,
};

/**
 * The SOFT attempt that kicks, or undefined where none does.
 * With a maximum of 3 the third attempt is already HARD, so the second is the last SOFT one.
 */
export function softAttemptOf(
  rule: Rule,
  maxAttempts: number | undefined,
): number | undefined {
  const attempt =
    maxAttempts === undefined
      ? rule.softAttempt
      : Math.min(rule.softAttempt, maxAttempts - 1);
  return attempt >= 1 ? attempt : undefined;
}
