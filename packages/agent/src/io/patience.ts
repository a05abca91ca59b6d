import type { Socket } from 'node:net';
import { listenerLimits } from './listener-limits.ts';

/**
 * From now on the caller waits for the runner, and is silent for that: the limit of a silent socket is widened by what
 * an answer may take.
 * @param moreMs what the caller asked to wait besides
 */
export function waitsForRunner(socket: Socket, moreMs = 0): void {
  const { idleTimeoutMs, runnerAnswerMs } = listenerLimits;
  socket.setTimeout(idleTimeoutMs + runnerAnswerMs + moreMs);
}
