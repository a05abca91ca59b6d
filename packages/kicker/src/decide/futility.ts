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
  const { block, futile, notNeeded = 0 } = service;
  if (block === undefined) {
    return futile === 0
      ? undefined
      : {
          kind: 'note',
          reason: `${
            notNeeded === 0
              ? `${futile} of the last runs did not help`
              : noHelp(futile, notNeeded)
          } (futility.runs is ${rule.futility.runs})`,
        };
  }
  const what =
    block.why === 'futile'
      ? stopReason(futile, notNeeded)
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

function stopReason(futile: number, notNeeded: number): string {
  if (notNeeded === 0) return `${futile} runs in a row did not help`;
  return notNeeded < futile
    ? noHelp(futile, notNeeded)
    : `${noHelp(futile, notNeeded)}: the probe or the check is wrong`;
}

/** @param notNeeded at least 1 */
function noHelp(futile: number, notNeeded: number): string {
  if (notNeeded < futile) {
    return `${futile} kicks in a row did not help, ${notNeeded} of them since the probe on the host was green`;
  }
  const times = notNeeded === 1 ? 'once' : `${notNeeded} times`;
  return `the probe on the host was green ${times} while the monitor still saw the problem`;
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
