import { waitMaxSeconds, type Run } from '@kickd/protocol';
import { backoffMs } from '../decide/backoff.ts';
import type { Target } from '../fleet/target.ts';
import type { AgentClient, AgentReply, Timing } from '../ports.ts';

/** Two looks are at least this far apart, should the host not hold its reply. */
const looksApartMs = 1000;

/**
 * Follows a run until it has ended or the time is over: long polls, and again after each cut.
 * @returns the run, ended or as it last stood; or why nothing more can be learned
 */
export async function awaitOutcome(
  client: Pick<AgentClient, 'getRun'>,
  target: Target,
  first: Run,
  withinMs: number,
  shell: Timing,
  signal: AbortSignal,
): Promise<
  | { kind: 'ended'; run: Run }
  | {
      kind: 'not-known';
      run: Run;
      code: string;
      message: string;
      remedy: string;
    }
> {
  const startMs = shell.clock.monotonicMs();
  let run = first;
  let failures = 0;
  let last = {
    code: 'WAIT_OVER',
    message: 'the run has not ended within the time',
    remedy: `look again: kicker ping ${target.name}`,
  };
  while (run.state !== 'ended') {
    const leftMs = startMs + withinMs - shell.clock.monotonicMs();
    if (leftMs <= 0 || signal.aborted) {
      return { kind: 'not-known', run, ...last };
    }
    const waitSeconds = Math.min(waitMaxSeconds, Math.ceil(leftMs / 1000));
    const askedMs = shell.clock.monotonicMs();
    const reply = await client.getRun(target, run.run, waitSeconds, signal);
    if (reply.kind === 'accepted') {
      failures = 0;
      run = reply.body;
      const tookMs = shell.clock.monotonicMs() - askedMs;
      if (run.state !== 'ended' && tookMs < looksApartMs) {
        await shell.pause(looksApartMs - tookMs, signal);
      }
      continue;
    }
    last = told(reply);
    const isFinal =
      reply.kind === 'problem' && reply.status < 500 && reply.status !== 429;
    if (isFinal) return { kind: 'not-known', run, ...last };
    failures += 1;
    await shell.pause(
      Math.min(backoffMs(failures, shell.random()), Math.max(leftMs, 0)),
      signal,
    );
  }
  return { kind: 'ended', run };
}

function told(reply: Exclude<AgentReply<Run>, { kind: 'accepted' }>) {
  if (reply.kind === 'problem') {
    const { code, title: message, remedy } = reply;
    return { code, message, remedy };
  }
  const { code, message, remedy } = reply.fault;
  return { code, message, remedy };
}
