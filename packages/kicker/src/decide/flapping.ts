import type { Finding } from './finding.ts';
import { holdStill } from './flap-history.ts';
import type { Situation } from './situation.ts';

/**
 * Nagios runs event handlers of a flapping service as if nothing were; kicker waits until it holds still.
 * The monitor's own word counts, and so does Nagios's algorithm over what kicker saw itself.
 */
export function judgeFlapping({
  event,
  rules: { guards },
  service,
  atMs,
}: Situation): Finding {
  const { low, high, checkSeconds } = guards.flapping;
  const wait = (reason: string): Finding => ({
    kind: 'wait',
    code: 'flapping',
    reason,
    againAfterMs: 5 * checkSeconds * 1000,
  });
  if (event.isFlapping === true) {
    return wait(`${event.monitor} says that the service is flapping`);
  }
  // Stryker disable next-line ConditionalExpression: what is undefined is not high
  if (event.percentChange !== undefined && event.percentChange >= high) {
    return wait(
      `${event.monitor} says that the service changed by ${event.percentChange} % (guards.flapping.high is ${high})`,
    );
  }
  const flap = holdStill(service.flap, atMs, guards.flapping);
  if (flap.isFlapping) {
    return wait(
      `the service is flapping: it changed by ${flap.percent.toFixed(1)} % (from guards.flapping.high ${high} until it is down to low ${low})`,
    );
  }
  return undefined;
}
