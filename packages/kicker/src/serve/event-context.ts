import type { FaultFacts } from '@kickd/protocol';
import type { Facts } from '../events/facts.ts';
import type { FindTarget } from '../fleet/target.ts';
import type { EventContext } from '../kicks/handle-event.ts';
import type { Monitor, SeenEvent } from '../ports.ts';

/** An event with all that is known about it now: by its monitor, and by the inventory. */
export function contextOf(
  seen: SeenEvent,
  monitor: Pick<Monitor, 'facts'> | undefined,
  find: FindTarget,
): { context: EventContext; targetFault?: FaultFacts } {
  const { event, remarks } = seen;
  const found = find(event.host, event.address);
  const facts: Facts = {
    ...(monitor?.facts(seen) ?? { groups: [] }),
    ...(found.kind === 'target'
      ? { certname: found.target.certname }
      : { targetFault: wordsOf(found.fault) }),
    ...(remarks.length === 0 ? {} : { remarks }),
  };
  return found.kind === 'target'
    ? { context: { event, facts, target: found.target } }
    : { context: { event, facts }, targetFault: found.fault };
}

function wordsOf({ message, remedy }: FaultFacts): string {
  return `${message} (fix: ${remedy})`;
}
