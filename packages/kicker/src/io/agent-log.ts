import { request as httpRequest } from 'node:https';
import type { Material } from '@kickd/mtls';
import type { FaultFacts } from '@kickd/protocol';
import { errors } from '../errors.ts';
import type { Target } from '../fleet/target.ts';
import { connectTo } from './agent-connection.ts';
import { isSuccess, judgeProblem } from './agent-reply.ts';
import { codeOf } from './error-code.ts';

/** A refusal is a small body; the output itself is never kept. */
const refusalMaxBytes = 64 * 1024;

/** Reads `GET /run/ID/log` as it comes. @see AgentClient.followLog */
export async function followLog(
  target: Target,
  run: string,
  onChunk: (chunk: Buffer) => void,
  how: { material: Material; connectMs: number; signal: AbortSignal },
): Promise<FaultFacts | undefined> {
  const { material, connectMs, signal } = how;
  const connection = await connectTo(target, material, connectMs, signal);
  if (connection.kind !== 'connected') return connection.fault;
  const { socket } = connection;
  return new Promise((resolve) => {
    const end = (fault?: FaultFacts): void => {
      resolve(fault);
      socket.destroy();
    };
    const lost = (error: unknown): void => {
      end(errors.replyLost('REPLY_LOST', codeOf(error) || String(error)));
    };
    const request = httpRequest({
      path: `/run/${encodeURIComponent(run)}/log`,
      createConnection: () => socket,
      signal,
      headers: {
        host: `${target.certname}:${String(target.port)}`,
        connection: 'close',
      },
    });
    request.on('error', lost);
    socket.on('error', lost);
    request.on('response', (response) => {
      const status = response.statusCode ?? 0;
      const isLog = status === 200;
      let refusal = Buffer.alloc(0);
      response.on('data', (chunk: Buffer) => {
        if (isLog) onChunk(chunk);
        else if (refusal.length < refusalMaxBytes) {
          refusal = Buffer.concat([refusal, chunk]);
        }
      });
      response.on('error', lost);
      response.on('end', () => {
        if (isLog) return end();
        if (isSuccess(status)) {
          return lost(new Error(`HTTP status ${String(status)}`));
        }
        const {
          code,
          title: message,
          remedy,
        } = judgeProblem({
          kind: 'whole',
          status,
          retryAfter: undefined,
          body: refusal,
        });
        end({ code, message, remedy, exitCode: 3 });
      });
    });
    request.end();
  });
}
