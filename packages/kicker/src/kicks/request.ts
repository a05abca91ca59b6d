import { createUuid7, type Kick } from '@kickd/protocol';
import type { KickRequest } from '../decide/decision.ts';
import type { Target } from '../fleet/target.ts';
import type { Event } from '../events/event.ts';
import { labelOf } from '../events/label.ts';

/**
 * The kick that an event comes to: what the rule asks for, and why.
 * @param forSeconds how long it is sent again before it expires
 * @param random 10 random bytes
 */
export function createRequest(
  event: Event,
  asked: KickRequest,
  target: Target,
  now: Date,
  forSeconds: number,
  random: Uint8Array,
): Kick & { expires: string } {
  const since = instantOf(event.since);
  return {
    kick: createUuid7(now.getTime(), random),
    certname: target.certname,
    ...asked,
    expires: new Date(now.getTime() + forSeconds * 1000).toISOString(),
    because: {
      monitor: event.monitor,
      host: labelOf(event.host),
      ...(event.service === undefined
        ? {}
        : { service: labelOf(event.service) }),
      state: `${event.state} ${event.stateType}`,
      ...(event.problem === undefined
        ? {}
        : { problem: labelOf(event.problem) }),
      ...(since === undefined ? {} : { since }),
    },
  };
}

/** As the wire has it, in milliseconds: an event keeps the fraction of its monitor, which may have any number of digits. */
function instantOf(text: string | undefined): string | undefined {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}
