import type { FaultFacts } from '@kickd/protocol';
import { errors } from '../errors.ts';
import { findIn } from '../fleet/target.ts';
import type { EventContext } from '../kicks/handle-event.ts';
import type { WaitingRecord } from '../ledger/entry.ts';
import type { Ledger, Log, ReadMessage } from '../ports.ts';
import { contextOf } from '../serve/event-context.ts';
import type { ReadSpooled } from '../serve/handle-spool.ts';
import { stillFresh } from '../serve/still-fresh.ts';
import type { Shell } from './command.ts';
import type { InForce } from './in-force.ts';
import { learnPolicyOf } from './policy.ts';

/** The events of one message, each as it stands now; `code`: none can be used, and the reason is logged. */
export function readSpooled(
  message: Parameters<ReadSpooled>[0],
  { config, monitors }: InForce,
  shell: Shell,
  log: Log,
): ReturnType<ReadSpooled> {
  const { name, at } = message;
  const tell = (faults: readonly FaultFacts[]): void => {
    for (const { code, message: what, remedy } of faults) {
      log('event-unusable', { name, code, message: what, remedy });
    }
  };
  const monitor = monitors.get(message.monitor);
  const read: ReadMessage =
    monitor === undefined
      ? {
          kind: 'faults',
          faults: [
            errors.monitorUnknown(message.monitor, [...monitors.keys()]),
          ],
        }
      : monitor.read(message);
  if (read.kind === 'faults' || monitor === undefined) {
    const faults = read.kind === 'faults' ? read.faults : [];
    tell(faults);
    return { code: faults[0]?.code ?? 'USAGE' };
  }
  const now = shell.clock.now();
  return {
    contexts: read.seen.map((seen) => {
      const event = stillFresh(seen.event, monitor, at, now);
      const found = contextOf({ ...seen, event }, monitor, findIn(config));
      if (found.targetFault !== undefined) tell([found.targetFault]);
      return found.context;
    }),
  };
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
