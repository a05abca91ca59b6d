import { errors } from '../errors.ts';
import type { Monitor } from '../ports.ts';
import type { ReadPart, ReadingWorld } from './message-parts.ts';
import { refused } from './message-parts.ts';
import { payloadOfMessage } from './payload.ts';

/** The `read` of the Monitor port from that of a kind. */
export function createRead<Settings>(
  read: ReadPart<Settings>,
  settings: Settings,
  world: ReadingWorld,
): Monitor['read'] {
  return ({ args }) => {
    const found = payloadOfMessage(args);
    return found.kind === 'fault'
      ? [refused(found.fault)]
      : read(found.payload, settings, world);
  };
}

/** A monitor that hands over events by itself and can be neither asked nor told. */
export function createReceived<Settings>(
  name: string,
  kind: string,
  read: ReadPart<Settings>,
  settings: Settings,
  world: ReadingWorld,
): Monitor {
  return {
    name,
    can: new Set(),
    read: createRead(read, settings, world),
    facts: ({ groups }) => ({
      groups: groups.map((group) => ({ name: group })),
    }),
    refresh: () => ({ kind: 'not-known' }),
    see: () => ({ kind: 'not-known' }),
    tell: () =>
      Promise.resolve({
        kind: 'failed',
        fault: errors.monitorDeaf(name, kind),
        isFinal: true,
      }),
    run: (_sink, signal) => untilAborted(signal),
    async *check() {
      yield {
        step: 'monitor',
        ok: true,
        text: `${name} (${kind}) hands over its events; kicker neither asks nor tells it anything`,
      };
    },
  };
}

export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
