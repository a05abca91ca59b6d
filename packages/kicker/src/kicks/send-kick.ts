import type { Kick, Run } from '@kickd/protocol';
import { backoffMs } from '../decide/backoff.ts';
import type { Target } from '../fleet/target.ts';
import type { AgentClient, AgentReply, Timing } from '../ports.ts';

/** How often a kick with an unknown fate is sent again, before the caller is told. */
const repeatsMost = 3;

/**
 * Sends a kick. Where it is unknown whether it arrived, the same kick is sent again: its id makes that
 * safe, and the reply tells. Once a fate is unknown, only a reply of the host makes it known: a later
 * "could not connect" does not mean that the first did not arrive.
 */
export async function sendKick(
  client: Pick<AgentClient, 'postRun'>,
  target: Target,
  kick: Kick,
  shell: Pick<Timing, 'pause' | 'random'>,
  signal: AbortSignal,
): Promise<AgentReply<Run>> {
  let unknown: Extract<AgentReply<Run>, { kind: 'unknown' }> | undefined;
  for (let sent = 1; ; sent += 1) {
    const reply = await client.postRun(target, kick, signal);
    if (reply.kind === 'accepted' || reply.kind === 'problem') return reply;
    if (reply.kind === 'unknown') unknown = reply;
    if (unknown === undefined) return reply;
    if (sent > repeatsMost || signal.aborted) return unknown;
    await shell.pause(backoffMs(sent, shell.random()), signal);
    if (signal.aborted) return unknown;
  }
}
