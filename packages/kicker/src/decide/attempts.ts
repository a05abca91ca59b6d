import type { SkipCode } from './decision.ts';
import { showMs, type Finding } from './finding.ts';
import { mayProbe } from './futility.ts';
import type { Rule } from './rules.ts';
import type { Situation } from './situation.ts';

/**
 * How often one problem is kicked. The count begins anew with the next problem, and when the policy has
 * changed since kicker stopped. A kick that is under way, or not yet judged, is waited for first.
 */
export function judgeAttempts(situation: Situation, rule: Rule): Finding {
  const kicks = situation.service.problem?.kicks ?? 0;
  const { perProblem } = rule.attempts;
  return limited(situation, kicks, {
    most: mayProbe(situation, rule) ? Number.POSITIVE_INFINITY : perProblem,
    code: 'attempts-used',
    fact: `the problem was kicked ${times(kicks)} (attempts.perProblem is ${perProblem})`,
  });
}

/** How often one service is kicked in a period: what is healed too often is not healthy. */
export function judgePeriod(situation: Situation, rule: Rule): Finding {
  const { service, atMs } = situation;
  const { perPeriod, periodSeconds } = rule.attempts;
  const sinceMs = atMs - periodSeconds * 1000;
  const kicks = service.kicks.filter((kickMs) => kickMs > sinceMs).length;
  return limited(situation, kicks, {
    most: perPeriod,
    code: 'healed-too-often',
    fact: `the service was kicked ${times(kicks)} within ${showMs(periodSeconds * 1000)} (attempts.perPeriod is ${perPeriod})`,
  });
}

function limited(
  situation: Situation,
  kicks: number,
  { most, code, fact }: { most: number; code: SkipCode; fact: string },
): Finding {
  if (kicks < most || isPending(situation)) {
    return kicks === 0 ? undefined : { kind: 'note', reason: fact };
  }
  return {
    kind: 'skip',
    code,
    reason: fact,
    escalate: { about: 'problem', reason: fact },
  };
}

/** How long a kick that has to wait, or did not help, is still wanted. */
export function judgePatience(situation: Situation, rule: Rule): Finding {
  const { service, atMs } = situation;
  const wantedMs = service.problem?.wantedMs;
  if (wantedMs === undefined || isPending(situation)) return undefined;
  const forMs = atMs - wantedMs;
  if (forMs <= rule.patienceSeconds * 1000 || mayProbe(situation, rule)) {
    return undefined;
  }
  const fact = `a kick was due for ${showMs(forMs)} (patienceSeconds is ${rule.patienceSeconds})`;
  return {
    kind: 'skip',
    code: 'gave-up',
    reason: fact,
    escalate: { about: 'problem', reason: fact },
  };
}

function isPending({ service }: Situation): boolean {
  return service.open !== undefined || service.verifying !== undefined;
}

function times(count: number): string {
  return count === 1 ? 'once' : count === 2 ? 'twice' : `${count} times`;
}
