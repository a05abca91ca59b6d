import { showMs, type Finding } from './finding.ts';
import type { ServiceMemory } from './memory.ts';
import type { Rule } from './rules.ts';
import type { Situation } from './situation.ts';

/**
 * Runs that did not help say that this policy cannot repair this service: kicker stops, and calls a person.
 * When the policy has changed one more kick may show whether it can now.
 */
export function judgeFutility(situation: Situation, rule: Rule): Finding {
  const { service, host } = situation;
  const { block, futile } = service;
  if (block === undefined) {
    return futile === 0
      ? undefined
      : {
          kind: 'note',
          reason: `${futile} of the last runs did not help (futility.runs is ${rule.futility.runs})`,
        };
  }
  const what =
    block.why === 'futile'
      ? `${futile} runs in a row did not help`
      : `the noop run would change more than ${rule.noopChanges} resources`;
  if (mayProbe(situation, rule)) {
    return {
      kind: 'note',
      reason:
        block.policy === undefined || host?.policy === undefined
          ? `${what}; one more try after ${showMs(situation.atMs - block.atMs)} (futility.probeAfterSeconds)`
          : `${what}; one more try, as the policy changed from ${block.policy} to ${host.policy}`,
    };
  }
  if (service.open !== undefined) return undefined;
  const reason =
    block.policy === undefined || host?.policy === undefined
      ? `${what}, and the policy tells no version that says whether it changed since`
      : `${what}, and the policy is still ${block.policy}`;
  return {
    kind: 'skip',
    code: block.why,
    reason,
    escalate: { about: 'problem', reason },
  };
}

/** Whether kicker has stopped for the service, and one more kick may be tried. */
export function mayProbe(
  { service: { block }, host, atMs }: Situation,
  rule: Rule,
): boolean {
  return mayProbeBlock(block, host?.policy, atMs, rule);
}

export function mayProbeBlock(
  block: ServiceMemory['block'],
  policy: string | undefined,
  atMs: number,
  { futility }: Rule,
): boolean {
  if (block === undefined) return false;
  if (block.policy !== undefined && policy !== undefined) {
    return policy !== block.policy;
  }
  const { probeAfterSeconds } = futility;
  return probeAfterSeconds > 0 && atMs - block.atMs >= probeAfterSeconds * 1000;
}
