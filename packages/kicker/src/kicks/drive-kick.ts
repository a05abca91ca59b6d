import type { Kick, Run } from '@kickd/protocol';
import { backoffMs } from '../decide/backoff.ts';
import { elapsedMs, type Moment } from '../events/moment.ts';
import { factsOf, isPassing } from '../fleet/reply-facts.ts';
import type { Target } from '../fleet/target.ts';
import type { Progress } from '../ledger/entry.ts';
import type { AgentReply, Timing, Transport } from '../ports.ts';
import { awaitOutcome } from './await-outcome.ts';
import type { KickNews } from './life.ts';
import type { Limiter } from './limiter.ts';

/** Where a kick's stage is kept: the ledger, or the memory of a command that waits for it. */
export interface KickStore {
  /** undefined: the kick has come to its end */
  read(): Progress | undefined;
  /** Moves the kick on, with all that follows from it. */
  tell(news: KickNews): void;
  /** Records what came back for it, and moves it on. */
  reply(reply: AgentReply<Run>, news: KickNews): void;
}

/** A kick as it is sent: always the same, under one id, so that it is run once however often it is sent. */
export interface SentKick {
  target: Target;
  request: Kick;
  /** it is sent for this long after it was decided */
  decided: Moment;
  lifeMs: number;
}

export interface Driving {
  transport: Transport;
  timing: Timing;
  /** lets only this many send at once */
  limiter: Limiter;
  /** how long an accepted run is followed */
  followMs: number;
  /** nothing is sent as long as `kicker stop` holds */
  isStopped: () => boolean;
  /** whether a kick that did not get through is worth another try */
  mayRetry: (misses: number, mayHaveArrived: boolean) => boolean;
}

/**
 * Drives a kick until its run has an outcome, whatever stage it is in: sends it until it is accepted, has expired or
 * the problem is over, then follows the run. What each step means stands in life.ts.
 * @returns early where `signal` aborts: the stage is in the store, and the next one drives on from there
 */
export async function driveKick(
  kick: SentKick,
  store: KickStore,
  driving: Driving,
  signal: AbortSignal,
): Promise<void> {
  const { timing } = driving;
  let misses = 0;
  while (!signal.aborted) {
    const at = store.read();
    if (at === undefined || at.stage === 'verifying') return;
    if (at.stage === 'following') {
      await followRun(kick, at, store, driving, signal);
      continue;
    }
    const mayHaveArrived = at.mayHaveArrived === true;
    if (at.isOver === true) {
      store.tell({ kind: 'withdrawn' });
      continue;
    }
    const leftMs = kick.lifeMs - elapsedMs(kick.decided, timing.clock.moment());
    // One more try even so where it may have arrived: only the host knows, and it refuses what has expired.
    const isExpired = leftMs <= 0 && (misses > 0 || !mayHaveArrived);
    const isGivenUp = misses > 0 && !driving.mayRetry(misses, mayHaveArrived);
    if (isExpired || isGivenUp) {
      store.tell({ kind: 'expired' });
      continue;
    }
    if (driving.isStopped()) {
      if (leftMs <= 0) misses += 1;
      await timing.pause(Math.min(1000, Math.max(leftMs, 1)), signal);
      continue;
    }
    const { target, request } = kick;
    const reply = await driving.limiter(
      () => driving.transport.submit(target, request, signal),
      misses,
    );
    // Told to stop while it connected: that says nothing of the host.
    if (signal.aborted && reply.kind === 'not-sent') return;
    store.reply(reply, newsOf(reply));
    if (reply.kind === 'accepted' && reply.body.state === 'ended') {
      store.tell(newsOfEnd(reply.body));
      continue;
    }
    const after = store.read();
    if (after?.stage !== 'sending') continue;
    misses += 1;
    const wantedMs =
      // Stryker disable next-line ConditionalExpression: nothing else brings a time
      reply.kind === 'problem' && reply.retryAfterSeconds !== undefined
        ? reply.retryAfterSeconds * 1000
        : backoffMs(misses, timing.random());
    if (driving.mayRetry(misses, after.mayHaveArrived === true)) {
      await timing.pause(Math.min(wantedMs, Math.max(leftMs, 0)), signal);
    }
  }
}

async function followRun(
  { target }: SentKick,
  { run, since }: Extract<Progress, { stage: 'following' }>,
  store: KickStore,
  { transport, timing, followMs }: Driving,
  signal: AbortSignal,
): Promise<void> {
  const goneMs =
    since === undefined ? 0 : elapsedMs(since, timing.clock.moment());
  const withinMs = Math.max(1, followMs - goneMs);
  const end = await awaitOutcome(
    transport,
    target,
    run,
    withinMs,
    timing,
    signal,
    () => store.tell({ kind: 'healed' }),
  );
  if (end.kind === 'not-known') {
    if (signal.aborted) return;
    const { code, message } = end;
    store.tell({ kind: 'lost-sight', fault: { code, message } });
    return;
  }
  store.tell(newsOfEnd(end.run));
}

/** What a run that has ended means for its kick. */
function newsOfEnd({ run, outcome, durationMs }: Run): KickNews {
  if (outcome === undefined) {
    return { kind: 'lost-sight', fault: outcomeMissing };
  }
  const took = durationMs === undefined ? {} : { durationMs };
  return { kind: 'ended', outcome: { kind: 'ended', run, outcome, ...took } };
}

const outcomeMissing = {
  code: 'OUTCOME_MISSING',
  message: 'the run has ended, and the host reports no outcome',
};

/** What a reply to a kick means for it. */
function newsOf(
  reply: AgentReply<Run>,
): Extract<KickNews, { kind: 'accepted' | 'refused' | 'missed' }> {
  if (reply.kind === 'accepted') {
    return { kind: 'accepted', run: reply.body.run };
  }
  const { code, message } = factsOf(reply);
  const fault = { code, message };
  const isFinal =
    reply.kind === 'refused-tls' ||
    (reply.kind === 'problem' && !isPassing(reply));
  return isFinal
    ? { kind: 'refused', isByHost: reply.kind === 'problem', fault }
    : { kind: 'missed', isUnknown: reply.kind === 'unknown', fault };
}
