// node:https, not node:http: as an ES module the latter brings in its WebSocket, 15 ms of start-up.
import { request as httpRequest } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { Fault, type Kick } from '@kickd/protocol';
import type { Material } from '@kickd/mtls';
import type { Target } from '../fleet/target.ts';
import { errors } from '../errors.ts';
import type { AgentClient, AgentReply } from '../ports.ts';
import { connectTo } from './agent-connection.ts';
import { explainAlert, isAlert } from './connect-error.ts';
import { followLog } from './agent-log.ts';
import { codeOf } from './error-code.ts';
import { judgeReply, type WholeReply } from './agent-reply.ts';
import { prepareShape, type ReplyShape } from './reply-shape.ts';

/** More than the longest list of runs; a host cannot fill our memory. */
const replyMaxBytes = 4 * 1024 * 1024;

/**
 * The client of kickd: one request a connection, no session kept, and a success only where the whole
 * reply came, was JSON and had the right shape.
 * @param material own key and certificate, CAs and CRLs, asked for before each request: a follower lives
 *   longer than a renewal. A Fault from it means "not sent".
 * @param timeouts `connectMs` for name, TCP and TLS, `requestMs` from then to the end of the reply
 * @see docs/decisions/0010-kicker-speaks-node-https.md for why not undici
 */
export function createAgentClient(
  material: () => Material,
  timeouts: { connectMs: number; requestMs: number },
): AgentClient {
  async function ask<Body>(
    target: Target,
    ask: { method: 'GET' | 'POST'; path: string; body?: string },
    shape: ReplyShape,
    signal: AbortSignal,
    holdMs = 0,
  ): Promise<AgentReply<Body>> {
    let own: Material;
    try {
      own = material();
    } catch (error) {
      if (error instanceof Fault) return { kind: 'not-sent', fault: error };
      throw error;
    }
    const connection = await connectTo(target, own, timeouts.connectMs, signal);
    if (connection.kind !== 'connected') return connection;
    const whole = AbortSignal.any([
      signal,
      AbortSignal.timeout(Math.ceil(timeouts.requestMs + holdMs)),
    ]);
    const hasShape = prepareShape(shape);
    const reply = await exchange(connection.socket, target, ask, whole);
    if (reply.kind !== 'whole') return reply;
    return judgeReply<Body>(reply, hasShape);
  }
  return {
    submit: (target, kick: Kick, signal) =>
      ask(
        target,
        { method: 'POST', path: '/run', body: JSON.stringify(kick) },
        'new-run',
        signal,
      ),
    follow: (target, run, waitSeconds, signal) =>
      ask(
        target,
        {
          method: 'GET',
          path: `/run/${encodeURIComponent(run)}${waitSeconds > 0 ? `?wait=${waitSeconds}` : ''}`,
        },
        'run',
        signal,
        waitSeconds * 1000,
      ),
    followLog: (target, run, onChunk, signal) =>
      followLog(target, run, onChunk, {
        material: material(),
        connectMs: timeouts.connectMs,
        signal,
      }),
    getRuns: (target, signal) =>
      ask(target, { method: 'GET', path: '/runs' }, 'run-list', signal),
    getStatus: (target, signal) =>
      ask(target, { method: 'GET', path: '/status' }, 'status', signal),
  };
}

type Exchanged =
  WholeReply | Extract<AgentReply<never>, { kind: 'unknown' | 'refused-tls' }>;

function exchange(
  socket: TLSSocket,
  target: Target,
  ask: { method: string; path: string; body?: string },
  signal: AbortSignal,
): Promise<Exchanged> {
  return new Promise((resolve) => {
    const end = (exchanged: Exchanged): void => {
      resolve(exchanged);
      socket.destroy();
    };
    const lost = (error: unknown): void => {
      const code = codeOf(error);
      // The host judges our certificate after our side of the handshake is done; its alert comes here.
      if (isAlert(code)) {
        end({
          kind: 'refused-tls',
          fault: explainAlert(code, target.certname),
        });
      } else if (signal.aborted) {
        end({
          kind: 'unknown',
          fault: errors.replyLost('REPLY_TIMEOUT', 'the time is over'),
        });
      } else {
        const why = error instanceof Error ? error.message : String(error);
        end({
          kind: 'unknown',
          fault: errors.replyLost('REPLY_LOST', code || why),
        });
      }
    };
    const request = httpRequest({
      method: ask.method,
      path: ask.path,
      createConnection: () => socket,
      signal,
      headers: {
        host: `${target.certname}:${target.port}`,
        connection: 'close',
        accept: 'application/json, application/problem+json',
        ...(ask.body === undefined
          ? {}
          : {
              'content-type': 'application/json',
              'content-length': Buffer.byteLength(ask.body),
            }),
      },
    });
    request.on('error', lost);
    socket.on('error', lost);
    request.on('response', (response) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      response.on('data', (part: Buffer) => {
        bytes += part.length;
        if (bytes > replyMaxBytes) {
          end({
            kind: 'unknown',
            fault: errors.replyLost(
              'REPLY_TOO_LONG',
              `over ${replyMaxBytes} bytes`,
            ),
          });
        } else parts.push(part);
      });
      response.on('error', lost);
      response.on('aborted', () => lost(new Error('the reply was cut')));
      response.on('end', () => {
        // A cut reply may end without an error: only `complete` tells.
        if (!response.complete) return lost(new Error('the reply was cut'));
        end({
          kind: 'whole',
          status: response.statusCode ?? 0,
          retryAfter: response.headers['retry-after'],
          body: Buffer.concat(parts),
        });
      });
    });
    request.end(ask.body);
  });
}
