import type { Material } from '@kickd/mtls';
import type { FaultFacts } from '@kickd/protocol';
import { errors } from '../errors.ts';
import type { Target } from '../fleet/target.ts';
import { exchange } from './agent-exchange.ts';
import { isSuccess, judgeProblem } from './agent-reply.ts';

/** Reads `GET /run/ID/log` as it comes. @see AgentClient.followLog */
export async function followLog(
  target: Target,
  run: string,
  onChunk: (chunk: Buffer) => void | Promise<void>,
  material: Material,
  { connectMs, signal }: { connectMs: number; signal: AbortSignal },
): Promise<FaultFacts | undefined> {
  const reply = await exchange(
    target,
    material,
    {
      method: 'GET',
      path: `/run/${encodeURIComponent(run)}/log`,
      connectMs,
      // A log is silent as long as its run, and not even its head comes before the first word.
      replyMs: undefined,
      maxBytes: Infinity,
      onChunk,
    },
    signal,
  );
  if (reply.kind !== 'whole') return reply.fault;
  if (reply.status === 200) return undefined;
  if (isSuccess(reply.status)) {
    return errors.replyLost('REPLY_LOST', `HTTP status ${reply.status}`);
  }
  const { code, title: message, remedy } = judgeProblem(reply);
  return { code, message, remedy, exitCode: 3 };
}
