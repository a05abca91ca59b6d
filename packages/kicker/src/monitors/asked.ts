import type { FaultFacts } from '@kickd/protocol';
import type { Event } from '../events/event.ts';
import type { Monitor, Timing } from '../ports.ts';

/** An API that has not answered for longer says nothing of anything, and may hang. */
const silentMostMs = 5 * 60 * 1000;
/** A verdict is waited for: it is asked so often. */
const watchedPollMs = 1000;
/** A service that nobody has asked for since is not watched. */
export const watchedForMs = 15_000;

/**
 * The `read` and `facts` of a monitor that hands over its events and is asked as well: each event is remembered, and an
 * API that has been silent for long is a trouble of the monitor.
 * @param askedMs when its API answered last, epoch milliseconds; 0: never
 */
export function createRemembering(
  received: Monitor,
  remember: (event: Event) => void,
  { askedMs, nowMs }: { askedMs: () => number; nowMs: () => number },
): Pick<Monitor, 'read' | 'facts'> {
  return {
    read: (message) => {
      const parts = received.read(message);
      for (const part of parts) {
        if (part.kind === 'event') remember(part.seen.event);
      }
      return parts;
    },
    facts: (seen) => {
      remember(seen.event);
      const silentMs = nowMs() - askedMs();
      return {
        ...received.facts(seen),
        ...(askedMs() > 0 && silentMs > silentMostMs
          ? {
              monitorTrouble: `its API has not answered for ${String(Math.round(silentMs / 1000))} s`,
            }
          : {}),
      };
    },
  };
}

/** Asks again and again until `signal` aborts, and puts what nobody told into the spool. */
export async function pollAgain(
  {
    poll,
    newsOf,
    isWatched,
    pollMs,
    onTrouble,
    pause,
  }: {
    /** @returns why it could not be asked */
    poll: (signal: AbortSignal) => Promise<FaultFacts | undefined>;
    /** messages for the spool, by the answer that came last */
    newsOf: () => string[][];
    /** whether somebody waits for a verdict */
    isWatched: () => boolean;
    pollMs: number;
    onTrouble: (why: string) => void;
    pause: Timing['pause'];
  },
  sink: Parameters<Monitor['run']>[0],
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const fault = await poll(signal);
    if (signal.aborted) return;
    if (fault === undefined) for (const args of newsOf()) sink.put(args);
    else onTrouble(fault.message);
    await pause(isWatched() ? watchedPollMs : pollMs, signal);
  }
}

/** Forgets the oldest of a Map or a Set, where it has more than so many. */
export function forgetOldest(
  kept: ReadonlyMap<string, unknown> | ReadonlySet<string>,
  most: number,
  forget: (key: string) => void,
): void {
  const [oldest] = kept.keys();
  if (kept.size > most && oldest !== undefined) forget(oldest);
}
