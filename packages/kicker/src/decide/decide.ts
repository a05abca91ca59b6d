import type { Event } from '../monitors/event.ts';
import { softAttemptOf, type Rule } from './rule.ts';

type SkipCode =
  | 'not-a-problem'
  | 'host-down'
  | 'host-event'
  | 'in-downtime'
  | 'acknowledged'
  | 'stale'
  | 'state-not-configured'
  | 'attempt-not-reached'
  | 'joined';

/** Kick, or skip with a code; each reason is one fact or rule that mattered, in plain words. */
export type Decision =
  | { kind: 'kick'; reasons: string[] }
  | { kind: 'skip'; code: SkipCode; reasons: string[] };

/**
 * Whether this event calls for a repair run. Pure; never throws.
 * All that forbids is looked at, so that the reasons name each of them; the code is that of the first.
 * @param now the wall clock, only to judge an event that says when it was made
 */
export function decide(event: Event, rule: Rule, now: Date): Decision {
  if (event.state === 'OK' || event.state === 'UP') {
    return {
      kind: 'skip',
      code: 'not-a-problem',
      reasons: [`the state is ${event.state}: nothing to repair`],
    };
  }
  const against: { code: SkipCode; reason: string }[] = [];
  if (event.service === undefined) {
    against.push({
      code: event.state === 'DOWN' ? 'host-down' : 'host-event',
      reason: `the event is about the host itself (${event.state}), and a host that does not answer cannot be kicked`,
    });
  } else if (event.hostState !== undefined && event.hostState !== 'UP') {
    against.push({
      code: 'host-down',
      reason: `the host is ${event.hostState}: it cannot be kicked, and its services say nothing`,
    });
  }
  if (event.inDowntime) {
    against.push({
      code: 'in-downtime',
      reason: 'the host or the service is in scheduled downtime',
    });
  }
  if (event.acknowledgedBy !== undefined && !rule.acknowledged) {
    against.push({
      code: 'acknowledged',
      reason: `the problem is acknowledged by ${event.acknowledgedBy} (rule.acknowledged is false)`,
    });
  }
  const staleBySeconds = ageSeconds(event, now);
  if (staleBySeconds > rule.staleSeconds) {
    against.push({
      code: 'stale',
      reason: `the event was made ${staleBySeconds} s away from now (rule.staleSeconds is ${rule.staleSeconds})`,
    });
  }
  if (event.service !== undefined && !rule.states.includes(event.state)) {
    against.push({
      code: 'state-not-configured',
      reason: `the state is ${event.state} (rule.states is ${rule.states.join(', ')})`,
    });
  }
  const reached = judgeAttempt(event, rule);
  if (!reached.isReached) {
    against.push({ code: 'attempt-not-reached', reason: reached.reason });
  }
  const first = against[0];
  if (first !== undefined) {
    return {
      kind: 'skip',
      code: first.code,
      reasons: against.map(({ reason }) => reason),
    };
  }
  return {
    kind: 'kick',
    reasons: [
      `the state is ${event.state} (rule.states is ${rule.states.join(', ')})`,
      reached.reason,
    ],
  };
}

function judgeAttempt(
  event: Event,
  rule: Rule,
): { isReached: boolean; reason: string } {
  const most =
    event.maxAttempts === undefined ? '' : ` of ${event.maxAttempts}`;
  const where = `${event.stateType}, attempt ${event.attempt}${most}`;
  if (event.stateType === 'HARD') {
    return { isReached: true, reason: `${where}: HARD kicks` };
  }
  const soft = softAttemptOf(rule, event.maxAttempts);
  if (soft === undefined) {
    return {
      isReached: false,
      reason: `${where}: no SOFT attempt kicks (rule.softAttempt is ${rule.softAttempt}${most === '' ? '' : `, made relative to the maximum${most}`})`,
    };
  }
  return {
    isReached: event.attempt === soft,
    reason: `${where}: SOFT kicks at attempt ${soft} (rule.softAttempt is ${rule.softAttempt})`,
  };
}

/** Whole seconds between the event and now, either way: a clock far ahead is as bad as a late event. */
function ageSeconds(event: Event, now: Date): number {
  if (event.at === undefined) return 0;
  return Math.round(Math.abs(now.getTime() - Date.parse(event.at)) / 1000);
}
