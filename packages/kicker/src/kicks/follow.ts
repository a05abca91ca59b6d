import { backoffMs } from '../decide/backoff.ts';
import type { RuleSet } from '../decide/rules.ts';
import { factsOf, isPassing } from '../fleet/reply-facts.ts';
import { replyRecordOf } from '../ledger/reply-record.ts';
import type { OpenRecord, ReplyRecord } from '../ledger/entry.ts';
import type { OutcomeRecord } from '../events/outcome-record.ts';
import type { AgentClient, Ledger, Log, Timing } from '../ports.ts';
import { awaitOutcome } from './await-outcome.ts';
import { awaitVerdict, type Watch } from './await-verdict.ts';
import { recordReplyOf } from './record-reply.ts';
import { settleOpen } from './finish.ts';

/** What looking after a kick needs of the world. */
export interface Looking {
  client: AgentClient;
  ledger: Ledger;
  rules: RuleSet;
  timing: Timing;
  own: string;
  /** how long an accepted run is followed */
  followMs: number;
  /** whether the monitor takes commands */
  hasMonitor: boolean;
  watch: Watch;
  /** Lets so many send at once; the others wait for their turn. */
  inTurn: <Result>(
    work: () => Promise<Result>,
    failures: number,
  ) => Promise<Result>;
  /** something was charged that is to be done now */
  onErrands: () => void;
  log: Log;
}

/**
 * Looks after one kick to its end, whatever stage it is in: sends it, under its one id, until it is
 * accepted, has expired or the problem is over; follows the run; writes the outcome; waits for the verdict.
 * @param isAdopted another process may have sent it already, and nobody wrote down what came back
 * @returns early where `signal` aborts: the kick stays open for the next process
 */
export async function lookAfter(
  open: OpenRecord,
  looking: Looking,
  signal: AbortSignal,
  isAdopted = false,
): Promise<void> {
  const { ledger, rules, timing, hasMonitor } = looking;
  let isVerifying = open.progress.stage === 'verify';
  if (!isVerifying) {
    const outcome = await reachOutcome(open, looking, signal, isAdopted);
    if (outcome === undefined) return;
    const { kick } = open;
    looking.log('kick-ended', { kick, host: open.target.name, outcome });
    isVerifying = ledger.transact((transaction) =>
      settleOpen(transaction, open, outcome, {
        rules,
        now: timing.clock.moment(),
        hasMonitor,
      }),
    );
    looking.onErrands();
  }
  if (isVerifying) {
    await awaitVerdict(open, looking, signal);
    looking.onErrands();
  }
}

/** @returns undefined where it was told to stop, or another process has taken the kick */
async function reachOutcome(
  open: OpenRecord,
  looking: Looking,
  signal: AbortSignal,
  isAdopted: boolean,
): Promise<OutcomeRecord | undefined> {
  const { client, ledger, timing } = looking;
  const { kick, target } = open;
  const replies = repliesTo(kick, ledger);
  // No reply to a kick of another process: nobody knows whether that one sent it.
  let mayHaveArrived = isAdopted
    ? replies.length === 0 || replies.some(({ kind }) => kind === 'unknown')
    : false;
  const { code: lastCode, message: lastMessage = '' } = replies.at(-1) ?? {};
  let last =
    lastCode === undefined
      ? isAdopted
        ? { code: 'ABANDONED', message: 'its process was gone' }
        : { code: 'EXPIRED', message: 'it expired before it was sent' }
      : { code: lastCode, message: lastMessage };
  for (let failures = 0; ;) {
    if (signal.aborted) return undefined;
    const present = ledger.findOpen({ kick });
    if (present === undefined || present.owner !== looking.own)
      return undefined;
    const { progress } = present;
    if (progress.stage === 'verify') return undefined;
    if (progress.run !== undefined) {
      return followRun(open, progress.run, looking, signal);
    }
    if (progress.stage === 'ended') {
      const message = 'the problem was over before it got through';
      return mayHaveArrived
        ? { kind: 'not-known', ...last }
        : { kind: 'gave-up', code: 'PROBLEM_ENDED', message };
    }
    const leftMs = Date.parse(open.expires) - timing.clock.now().getTime();
    // Adopted: one more try even so. The host tells what it knows of it, and refuses what has expired.
    if (leftMs <= 0 && (failures > 0 || !mayHaveArrived)) {
      return mayHaveArrived
        ? { kind: 'not-known', ...last }
        : { kind: 'gave-up', ...last };
    }
    if (ledger.read('fleet', '')?.stopped !== undefined) {
      last = { code: 'STOPPED', message: 'kicker was stopped' };
      if (leftMs <= 0) failures += 1;
      await timing.pause(Math.min(1000, Math.max(leftMs, 1)), signal);
      continue;
    }
    const reply = await looking.inTurn(
      () => client.postRun(target, open.request, signal),
      failures,
    );
    if (signal.aborted && reply.kind !== 'accepted') return undefined;
    recordReplyOf(ledger, open, reply, looking.hasMonitor);
    looking.log('reply', { kick, host: target.name, ...replyRecordOf(reply) });
    if (reply.kind === 'accepted') {
      looking.onErrands();
      continue;
    }
    const { code, message } = factsOf(reply);
    last = { code, message };
    mayHaveArrived ||= reply.kind === 'unknown';
    const isFinal =
      reply.kind === 'refused-tls' ||
      (reply.kind === 'problem' && !isPassing(reply));
    if (isFinal) return { kind: 'refused', ...last };
    failures += 1;
    const wantedMs =
      reply.kind === 'problem' && reply.retryAfterSeconds !== undefined
        ? reply.retryAfterSeconds * 1000
        : backoffMs(failures, timing.random());
    await timing.pause(Math.min(wantedMs, Math.max(leftMs, 0)), signal);
  }
}

function repliesTo(kick: string, ledger: Ledger): ReplyRecord[] {
  return ledger
    .entriesOf({ kick })
    .flatMap(({ entry }) => (entry.kind === 'reply' ? [entry.body] : []));
}

/** @returns undefined where it was told to stop */
async function followRun(
  { target, request }: OpenRecord,
  run: string,
  { client, timing, followMs }: Looking,
  signal: AbortSignal,
): Promise<OutcomeRecord | undefined> {
  const end = await awaitOutcome(
    client,
    target,
    // All that the first look needs; the host tells the rest.
    {
      run,
      certname: request.certname,
      cm: request.cm ?? '',
      state: 'queued',
      noop: request.noop === true,
      kicks: [],
      queuedAt: timing.clock.now().toISOString(),
    },
    followMs,
    timing,
    signal,
  );
  if (signal.aborted && end.kind !== 'ended') return undefined;
  if (end.kind === 'not-known') {
    return { kind: 'not-known', code: end.code, message: end.message };
  }
  const { outcome, durationMs } = end.run;
  return outcome === undefined
    ? {
        kind: 'not-known',
        code: 'OUTCOME_MISSING',
        message: 'the run has ended, and the host tells no outcome',
      }
    : {
        kind: 'ended',
        run,
        outcome,
        ...(durationMs === undefined ? {} : { durationMs }),
      };
}
