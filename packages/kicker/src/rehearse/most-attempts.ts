import type { Event } from '../events/event.ts';

/** What is known of how many attempts a service has before HARD. */
export interface SeenAttempts {
  /** max_check_attempts, as the monitor's objects have it today */
  configured: number | undefined;
  /** by the last problem that became HARD */
  learnt: number | undefined;
  /** the highest attempt that was SOFT still, since the configuration was last read */
  softMost: number;
  /** when that was: see `createStarts` */
  softOrder: number;
}

type Told = Pick<Event, 'stateType' | 'attempt'>;

/**
 * Takes in a problem that an alert tells of. HARD comes at the last attempt; but where the host is down a service is HARD
 * at once, at whatever attempt. One such line would make each later blip of the service the last attempt before HARD.
 * @param order when the line came
 * @param startOrder when the monitor last read its configuration
 * @see https://github.com/NagiosEnterprises/nagioscore/issues/651
 */
export function noteAttempt(
  seen: SeenAttempts,
  { stateType, attempt }: Told,
  isHostUp: boolean,
  order: number,
  startOrder: number,
): void {
  if (seen.softOrder < startOrder) seen.softMost = 0;
  if (stateType === 'SOFT') {
    if (attempt < seen.softMost) return;
    seen.softMost = attempt;
    seen.softOrder = order;
  } else if (isHostUp && attempt > 1 && attempt > seen.softMost) {
    seen.learnt = attempt;
  }
}

/** The most attempts of a service, as an event tells them; undefined where nobody knows. */
export function mostAttempts(
  { configured, learnt, softMost }: SeenAttempts,
  attempt: number,
): number | undefined {
  const known = configured ?? learnt;
  // Behind a SOFT attempt there is one more.
  return known === undefined
    ? undefined
    : Math.max(known, softMost + 1, attempt);
}
