import type { FaultFacts } from '@kickd/protocol';
import { errors } from '../errors.ts';
import { findIn } from '../fleet/target.ts';
import type { EventContext } from '../kicks/handle-event.ts';
import type { WaitingRecord } from '../ledger/entry.ts';
import type { Ledger, Log, MessagePart } from '../ports.ts';
import { contextOf } from '../serve/event-context.ts';
import type { ReadSpooled } from '../serve/handle-spool.ts';
import { stillFresh } from '../serve/still-fresh.ts';
import type { Shell } from './command.ts';
import type { InForce } from './in-force.ts';
import { learnPolicyOf } from './policy.ts';

/**
 * The events of one message, each as it stands now. What was refused is logged, and `code` says so: the message is kept
 * for a person.
 */
export function readSpooled(
  message: Parameters<ReadSpooled>[0],
  { config, monitors }: InForce,
  shell: Shell,
  log: Log,
): ReturnType<ReadSpooled> {
  const { name, at } = message;
  const tell = (
    faults: readonly FaultFacts[],
    part: Pick<MessagePart, 'at'> = {},
  ): void => {
    for (const { code, message: what, remedy } of faults) {
      log('event-unusable', { name, ...part, code, message: what, remedy });
    }
  };
  const monitor = monitors.get(message.monitor);
  if (monitor === undefined) {
    const fault = errors.monitorUnknown(message.monitor, [...monitors.keys()]);
    tell([fault]);
    return { contexts: [], code: fault.code };
  }
  const contexts: EventContext[] = [];
  let code: string | undefined;
  const now = shell.clock.now();
  for (const part of monitor.read(message)) {
    const place = part.at === undefined ? {} : { at: part.at };
    switch (part.kind) {
      case 'event': {
        const event = stillFresh(part.seen.event, monitor, at, now);
        const found = contextOf(
          { ...part.seen, event },
          monitor,
          findIn(config),
        );
        if (found.targetFault !== undefined) tell([found.targetFault], place);
        contexts.push(found.context);
        break;
      }
      case 'ignored':
        log('event-ignored', { name, ...place, why: part.why });
        break;
      case 'refused':
        tell(part.faults, place);
        code ??= part.faults[0]?.code ?? 'USAGE';
        break;
    }
  }
  return { contexts, ...(code === undefined ? {} : { code }) };
}

/** A problem that waits, as it stands by now. */
export async function refreshWaiting(
  record: WaitingRecord,
  inForce: InForce,
  {
    ledger,
    shell,
    signal,
  }: { ledger: Ledger; shell: Shell; signal: AbortSignal },
): Promise<EventContext> {
  const { config, rules, client, limiter, monitors } = inForce;
  await learnPolicyOf(
    record,
    { client, ledger, clock: shell.clock, limiter },
    { config, rules },
    signal,
  );
  const monitor = monitors.get(record.event.monitor);
  const refreshed = monitor?.refresh(record.event, record.since.wallMs);
  const event =
    refreshed === undefined || refreshed.kind === 'not-known'
      ? record.event
      : refreshed.event;
  const seen = { event, groups: [], remarks: [] };
  return contextOf(seen, monitor, findIn(config)).context;
}
