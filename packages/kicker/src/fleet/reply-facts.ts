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

/**
 * Whether a refusal may pass by itself, so that the same kick is worth sending again, and a run worth following. 408: a host under load did not read
 * the request in time.
 */
export function isPassing({ status }: { status: number }): boolean {
  return status === 408 || status === 429 || status >= 500;
}
