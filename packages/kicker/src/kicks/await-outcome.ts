import { waitMaxSeconds, type Healed, type Run } from '@kickd/protocol';
import { backoffMs } from '../decide/backoff.ts';
import { factsOf, isPassing } from '../fleet/reply-facts.ts';
import type { Target } from '../fleet/target.ts';
import type { Timing, Transport } from '../ports.ts';

/** Two looks are at least this far apart, should the host not hold its reply. */
const looksApartMs = 1000;

/** How following a run came to an end. */
export type Followed =
  | { kind: 'ended'; run: Run }
  | { kind: 'not-known'; code: string; message: string; remedy: string };

/**
 * Follows a run until it has ended or the time is over: long polls, and again after each cut. The time is one
 * deadline: it also cuts a reply that comes a byte at a time.
 */
export async function awaitOutcome(
  transport: Pick<Transport, 'follow'>,
  target: Target,
  run: string,
  withinMs: number,
  timing: Timing,
  signal: AbortSignal,
  onHealed: (healed: Healed) => void = () => {},
): Promise<Followed> {
  const startMs = timing.clock.monotonicMs();
  let failures = 0;
  let until: 'healed' | 'ended' = 'healed';
  let last = {
    code: 'WAIT_OVER',
    message: 'the run has not ended within the time',
    remedy: `look again: kicker ping ${target.name}`,
  };
  for (;;) {
    const askedMs = timing.clock.monotonicMs();
    const leftMs = startMs + withinMs - askedMs;
    if (leftMs <= 0 || signal.aborted) return { kind: 'not-known', ...last };
    const waitSeconds = Math.min(waitMaxSeconds, Math.ceil(leftMs / 1000));
    const reply = await transport.follow(
      target,
      run,
      { seconds: waitSeconds, until },
      signal,
    );
    if (reply.kind === 'accepted') {
      failures = 0;
      if (reply.body.state === 'ended') {
        return { kind: 'ended', run: reply.body };
      }
      if (reply.body.healed !== undefined && until === 'healed') {
        until = 'ended';
        onHealed(reply.body.healed);
        continue;
      }
      const tookMs = timing.clock.monotonicMs() - askedMs;
      if (tookMs < looksApartMs) {
        await timing.pause(looksApartMs - tookMs, signal);
      }
      continue;
    }
    last = factsOf(reply);
    if (until === 'healed' && last.code === 'QUERY_INVALID') {
      // an older kickd: its runs have one step
      until = 'ended';
      continue;
    }
    if (reply.kind === 'problem' && !isPassing(reply))
      return { kind: 'not-known', ...last };
    failures += 1;
    await timing.pause(
      Math.min(backoffMs(failures, timing.random()), Math.max(leftMs, 0)),
      signal,
    );
  }
}
