import type { Finding } from './finding.ts';
import type { Rule } from './rules.ts';
import type { Situation } from './situation.ts';

export function judgeState({ event }: Situation, { when }: Rule): Finding {
  const wanted = `when.states is ${when.states.join(', ')}`;
  if (when.states.includes(event.state)) {
    return { kind: 'note', reason: `the state is ${event.state} (${wanted})` };
  }
  return {
    kind: 'skip',
    code: 'state-not-configured',
    reason: `the state is ${event.state} (${wanted})`,
  };
}

export function judgeAttempt({ event }: Situation, { when }: Rule): Finding {
  const most =
    event.maxAttempts === undefined ? '' : ` of ${event.maxAttempts}`;
  const where = `${event.stateType}, attempt ${event.attempt}${most}`;
  if (event.stateType === 'HARD') {
    return { kind: 'note', reason: `${where}: HARD kicks` };
  }
  const soft = softAttemptOf(when.softAttempt, event.maxAttempts);
  const because = `(when.softAttempt is ${when.softAttempt})`;
  if (soft === undefined) {
    const relative = most === '' ? '' : `, made relative to the maximum${most}`;
    return {
      kind: 'skip',
      code: 'attempt-not-reached',
      reason: `${where}: no SOFT attempt kicks (when.softAttempt is ${when.softAttempt}${relative})`,
    };
  }
  // The attempt itself may have been WARNING, or its event was lost: with a high maximum HARD is far away.
  if (event.attempt > soft) {
    return {
      kind: 'note',
      reason: `${where}: past attempt ${soft}, from which SOFT kicks ${because}`,
    };
  }
  const reason = `${where}: SOFT kicks from attempt ${soft} ${because}`;
  return event.attempt === soft
    ? { kind: 'note', reason }
    : { kind: 'skip', code: 'attempt-not-reached', reason };
}

/**
 * The SOFT attempt from which on SOFT kicks, or undefined where none does.
 * With a maximum of 3 the third attempt is already HARD, so the second is the last SOFT one.
 */
function softAttemptOf(
  softAttempt: number,
  maxAttempts: number | undefined,
): number | undefined {
  const attempt =
    maxAttempts === undefined
      ? softAttempt
      : Math.min(softAttempt, maxAttempts - 1);
  return attempt >= 1 ? attempt : undefined;
}
