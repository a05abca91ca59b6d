import type { TLSSocket } from 'node:tls';
import Client from 'undici/lib/dispatcher/client.js';
import type { Material } from '@kickd/mtls';
import { acceptOutcome, Fault, type FaultFacts } from '@kickd/protocol';
import { errors } from '../errors.ts';
import type { Target } from '../fleet/target.ts';
import { connectTo, type NotConnected } from './agent-connection.ts';
import { isSuccess, type WholeReply } from './agent-reply.ts';
import { explainAlert, isAlert } from './connect-error.ts';
import { startDeadline } from './deadline.ts';
import { codeOf } from './error-code.ts';

/** One request, and how much of its reply is taken. */
export interface Ask {
  method: 'GET' | 'POST';
  path: string;
  /** JSON */
  body?: string;
  /** for name, TCP and TLS together */
  connectMs: number;
  /** from the connection to the end of the reply; undefined: as long as the caller waits */
  replyMs: number | undefined;
  /** the longest body of a reply that says yes; one that says no has its own limit */
  maxBytes: number;
  /**
   * Takes the body of a reply that says yes as it comes; nothing of it is kept. Nothing more is read from the host until
   * a promise that it gives has resolved.
   */
  onChunk?: (chunk: Buffer) => void | Promise<void>;
}

export type Exchanged =
  | WholeReply
  | NotConnected
  /** sent, and no whole reply came */
  | { kind: 'unknown'; fault: FaultFacts };

/** A refusal is a few lines. */
const problemMaxBytes = 64 * 1024;
/** The head of a reply of kickd takes some 300 bytes. */
const headMaxBytes = 16 * 1024;

/**
 * Sends one request to a kickd, on a connection of its own that ends with the reply: HTTP/1.1, no proxy, no redirect,
 * nothing sent twice. The connection is made by `connectTo`, and undici speaks over what that gave.
 * @see docs/decisions/0026-one-http-client.md
 */
export async function exchange(
  target: Target,
  material: Material,
  ask: Ask,
  signal: AbortSignal,
): Promise<Exchanged> {
  const { connectMs, replyMs } = ask;
  const deadline = startDeadline(signal, connectMs);
  try {
    const { signal: inTime } = deadline;
    const connection = await connectTo(target, material, connectMs, inTime);
    if (connection.kind !== 'connected') return connection;
    deadline.restart(replyMs);
    // Nothing may wait between here and `send`: undici takes bytes that come before it has sent for no reply.
    return await send(connection.socket, target, ask, inTime);
  } finally {
    deadline.end();
  }
}

/** A client that speaks over this one connection and makes no other. */
function clientOver(socket: TLSSocket): Client {
  let isFree = true;
  return new Client('https://kickd', {
    connect: (_options, done) => {
      // undici asks again where it lost a connection before the request went out; here that is the end.
      const isFirst = isFree;
      isFree = false;
      queueMicrotask(() =>
        isFirst ? done(null, socket) : done(new Error('it was cut'), null),
      );
    },
    allowH2: false,
    useMilo: false,
    maxHeaderSize: headMaxBytes,
    // Each byte would begin them anew; the one deadline is the caller's.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

function send(
  socket: TLSSocket,
  target: Target,
  ask: Ask,
  signal: AbortSignal,
): Promise<Exchanged> {
  return new Promise((resolve) => {
    let status = 0;
    let retryAfter: string | undefined;
    const parts: Buffer[] = [];
    let bytes = 0;
    let taking: Promise<void> | undefined;
    let giveUp = (): void => {};
    const end = (exchanged: Exchanged): void => {
      signal.removeEventListener('abort', giveUp);
      resolve(exchanged);
    };
    // An alert is followed by the end of the connection, and undici tells only of that.
    let firstError: Error | undefined;
    socket.once('error', (error) => {
      firstError = error;
    });
    const fail = (error: Error): void => {
      const cause = error instanceof Fault ? error : (firstError ?? error);
      end(explain(cause, target));
    };
    clientOver(socket).dispatch(
      {
        method: ask.method,
        path: ask.path,
        reset: true,
        headers: {
          host: `${target.certname}:${target.port}`,
          ...(ask.onChunk === undefined && {
            accept: 'application/json, application/problem+json',
            [acceptOutcome.header]: acceptOutcome.all,
          }),
          ...(ask.body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(ask.body !== undefined && { body: ask.body }),
      },
      {
        onRequestStart(controller) {
          giveUp = () => {
            controller.abort(timeIsOver());
            // The reply is whole by now, and who takes it does not get on.
            fail(timeIsOver());
          };
          signal.addEventListener('abort', giveUp);
          if (signal.aborted) giveUp();
        },
        onResponseStart(_controller, code, headers) {
          status = code;
          const given = headers['retry-after'];
          retryAfter = typeof given === 'string' ? given : undefined;
        },
        onResponseData(controller, chunk) {
          // undici gives some where it goes on after a pause
          if (chunk.length === 0) return;
          const isYes = isSuccess(status);
          bytes += chunk.length;
          const most = isYes ? ask.maxBytes : problemMaxBytes;
          if (bytes > most) return controller.abort(tooLong(most));
          if (!isYes || ask.onChunk === undefined) {
            parts.push(chunk);
            return;
          }
          taking = ask.onChunk(chunk) ?? undefined;
          if (taking === undefined) return;
          controller.pause();
          taking.then(
            () => controller.resume(),
            (error: unknown) => controller.abort(asError(error)),
          );
        },
        onResponseEnd() {
          const body = Buffer.concat(parts);
          const whole = { kind: 'whole', status, retryAfter, body } as const;
          if (taking === undefined) end(whole);
          else
            taking.then(
              () => end(whole),
              (error: unknown) => fail(asError(error)),
            );
        },
        onResponseError: (_controller, error) => fail(error),
      },
    );
  });
}

function timeIsOver(): Fault {
  return new Fault(errors.replyLost('REPLY_TIMEOUT', 'the time is over'));
}

function tooLong(most: number): Fault {
  return new Fault(errors.replyLost('REPLY_TOO_LONG', `over ${most} bytes`));
}

/** Puts an error from behind the handshake into words: the request, or a part of it, may have arrived. */
function explain(
  error: Error,
  target: Target,
): Extract<Exchanged, { kind: 'unknown' | 'refused-tls' }> {
  if (error instanceof Fault) return { kind: 'unknown', fault: error };
  const code = codeOf(error);
  // The host judges our certificate after our side of the handshake is done; its alert comes here.
  if (isAlert(code)) {
    return { kind: 'refused-tls', fault: explainAlert(code, target.certname) };
  }
  // Of undici and its parser the message says more than the code.
  const why = /^(UND_|HPE_|$)/.test(code) ? error.message : code;
  return { kind: 'unknown', fault: errors.replyLost('REPLY_LOST', why) };
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
