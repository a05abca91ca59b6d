import type { Socket } from 'node:net';
import { peerOf } from '@kickd/mtls';
import { printable } from '@kickd/protocol';
import type { Clock, Narrator } from '../ports.ts';
import type { RequestFacts } from './request-facts.ts';

export interface RequestLines {
  /** What is known of the other end of this socket; undefined: the guard has let nobody in there. */
  begin(socket: Socket): RequestFacts | undefined;
  /** Tells the one line of the request on this socket; a second is not told. */
  tell(socket: Socket, answered: Answered): void;
}

interface Answered {
  /** undefined: nothing was found out before the answer */
  facts: RequestFacts | undefined;
  method: string | undefined;
  path: string | undefined;
  status: number;
}

/**
 * One line for each request, accepted or refused, also where no request could be read. There is one
 * request a connection, so there is one line a socket.
 */
export function createRequestLines(
  narrator: Narrator,
  clock: Clock,
): RequestLines {
  const told = new WeakSet<Socket>();
  const begin = (socket: Socket): RequestFacts | undefined => {
    const peer = peerOf(socket);
    if (peer?.kind !== 'known') return undefined;
    const { certname, serial, fingerprint } = peer;
    const startedMs = clock.monotonicMs();
    return { ip: ipOf(socket), certname, serial, fingerprint, startedMs };
  };
  return {
    begin,
    tell: (socket, { facts = begin(socket), method, path, status }) => {
      if (facts === undefined || told.has(socket)) return;
      told.add(socket);
      const { startedMs, decision, ...rest } = facts;
      narrator.tell({
        event: 'request',
        ...rest,
        method: printable(method ?? 'unknown', 16),
        path: printable(path ?? 'unknown', 120),
        status,
        ...(decision ?? { decision: 'none' }),
        durationMs: Math.round(clock.monotonicMs() - startedMs),
      });
    },
  };
}

export function ipOf(socket: { remoteAddress?: string | undefined }): string {
  return printable(socket.remoteAddress ?? 'unknown', 64);
}
