import type { Decision, SkipCode } from './decision.ts';

/** Whether, and when, kicker decides about a problem again by itself. */
export type Again =
  | { kind: 'after'; ms: number }
  /** whoever waited waits on: the decision said nothing about a kick that is still wanted */
  | { kind: 'as-before' }
  | { kind: 'never' };

/** How long at most after a hold has ended it is noticed. */
const onHoldMs = 60 * 1000;

const stoppedFor: ReadonlySet<string> = new Set<SkipCode>([
  'futile',
  'too-many-changes',
  'attempts-used',
  'healed-too-often',
  'gave-up',
]);
const onHold: ReadonlySet<string> = new Set<SkipCode>([
  'in-downtime',
  'acknowledged',
  'host-down',
]);
const saysNothing: ReadonlySet<string> = new Set<SkipCode>([
  'other-problem',
  'stale',
  'attempt-not-reached',
]);

/**
 * A monitor calls for HARD once. So what passes by itself is waited for; where kicker has stopped, the policy
 * is asked for now and then. And the end of a downtime, of an acknowledgement, and of a host's own trouble is no
 * event of the service: kicker looks for it, or a host that comes back without its service would stay so.
 * @param policySeconds how often a host is asked for its policy
 */
export function lookAgain(
  decision: Exclude<Decision, { kind: 'kick' }>,
  policySeconds: number,
): Again {
  if (decision.kind === 'wait') {
    return { kind: 'after', ms: decision.againAfterMs };
  }
  const { code } = decision;
  const policyMs = policySeconds * 1000;
  if (isStopped(code)) return { kind: 'after', ms: policyMs };
  if (isOnHold(code)) {
    return { kind: 'after', ms: Math.min(onHoldMs, policyMs) };
  }
  return saysNothing.has(code) ? { kind: 'as-before' } : { kind: 'never' };
}

/** Whether a decision's code says that only another policy, or time, can change it. */
export function isStopped(code: string): boolean {
  return stoppedFor.has(code);
}

/** Whether a decision's code says that it is not kicker's now: a person has it, or the host is away. */
export function isOnHold(code: string): boolean {
  return onHold.has(code);
}
