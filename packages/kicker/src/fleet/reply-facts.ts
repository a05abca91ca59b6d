import type { FaultFacts } from '@kickd/protocol';
import type { AgentReply } from '../ports.ts';

/** Code, message and remedy of such a reply. */
export function factsOf(
  reply: Exclude<AgentReply<unknown>, { kind: 'accepted' }>,
): Omit<FaultFacts, 'exitCode'> {
  if (reply.kind === 'problem') {
    return { code: reply.code, message: reply.title, remedy: reply.remedy };
  }
  const { code, message, remedy } = reply.fault;
  return { code, message, remedy };
}

/** Whether a refusal may pass by itself, so that the same kick is worth sending again. */
export function isPassing(reply: { status: number }): boolean {
  return reply.status === 429 || reply.status >= 500;
}
