import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { peerOf } from '@kickd/mtls';
import { printableAscii } from '@kickd/protocol';
import type { Clock, Narrator } from '../ports.ts';
import type { Refusal } from '../refusals.ts';
import type { RequestFacts } from './request-facts.ts';

export interface RequestLines {
  /** What is known of the other end of this socket; undefined: the guard has let nobody in there. */
  begin(socket: Socket): RequestFacts | undefined;
  /** This request is the one under way on its socket, and these are the facts of its line. */
  open(request: IncomingMessage, facts: RequestFacts): void;
  /** The request that came last on this socket, answered or not. */
  lastOn(socket: Socket): IncomingMessage | undefined;
  /** how many requests are under way, also of callers that are gone */
  readonly untold: number;
  /** Tells the one line of a request; a second is not told. */
  tell(request: IncomingMessage, status: number): void;
  /** The same for a request that is refused without a framework around it. */
  refuse(
    request: IncomingMessage,
    refusal: Pick<Refusal, 'code' | 'status'>,
  ): void;
  /** Tells that something came on this socket of which no request could be read. */
  tellBare(socket: Socket, answered: BareAnswer): void;
}

interface BareAnswer {
  code: string;
  status: number;
  /** where that much could be read */
  method?: string | undefined;
}

/**
 * One line for each request, accepted or refused, whatever becomes of its socket: a line belongs to the request. Where
 * no request could be read, there is one for the socket.
 */
export function createRequestLines(
  narrator: Narrator,
  clock: Clock,
): RequestLines {
  /** requests whose line is not told yet */
  const open = new WeakMap<IncomingMessage, RequestFacts>();
  let untold = 0;
  const last = new WeakMap<Socket, IncomingMessage>();
  const bare = new WeakSet<Socket>();
  const begin = (socket: Socket): RequestFacts | undefined => {
    const peer = peerOf(socket);
    if (peer?.kind !== 'known') return undefined;
    const { certname, serial, fingerprint } = peer;
    const startedMs = clock.monotonicMs();
    return { ip: ipOf(socket), certname, serial, fingerprint, startedMs };
  };
  const tellLine = (
    { startedMs, decision, isOwnRun: _own, ...facts }: RequestFacts,
    method: string | undefined,
    path: string | undefined,
    status: number,
  ): void => {
    const { isExplicit: _, ...judged } = decision ?? {
      decision: 'none' as const,
    };
    narrator.tell({
      event: 'request',
      ...facts,
      method: printableAscii(method ?? 'unknown', 16),
      path: printableAscii(path ?? 'unknown', 120),
      status,
      ...judged,
      durationMs: Math.round(clock.monotonicMs() - startedMs),
    });
  };
  const tell = (request: IncomingMessage, status: number): void => {
    const facts = open.get(request);
    if (facts === undefined) return;
    open.delete(request);
    untold -= 1;
    tellLine(facts, request.method, request.url, status);
  };
  return {
    begin,
    get untold() {
      return untold;
    },
    open: (request, facts) => {
      open.set(request, facts);
      untold += 1;
      last.set(request.socket, request);
    },
    lastOn: (socket) => last.get(socket),
    tell,
    refuse: (request, { code, status }) => {
      const facts = open.get(request);
      if (facts !== undefined) facts.code = code;
      tell(request, status);
    },
    tellBare: (socket, { code, status, method }) => {
      const facts = begin(socket);
      if (facts === undefined || bare.has(socket)) return;
      bare.add(socket);
      tellLine({ ...facts, code }, method, undefined, status);
    },
  };
}

export function ipOf(socket: { remoteAddress?: string | undefined }): string {
  return printableAscii(socket.remoteAddress ?? 'unknown', 64);
}
