import { printable } from '@kickd/protocol';
import { learn } from '../decide/learn.ts';
import type { RuleSet } from '../decide/rules.ts';
import { isAnother } from '../decide/same-problem.ts';
import { describeOutcome } from '../events/describe-outcome.ts';
import { subjectKey, type Event } from '../events/event.ts';
import { serviceKey } from '../events/keys.ts';
import type { Moment } from '../events/moment.ts';
import { isNotNeeded, type OutcomeRecord } from '../events/outcome-record.ts';
import type { Verdict } from '../events/verdict.ts';
import type {
  EntryKeys,
  OpenRecord,
  Progress,
  VerdictRecord,
} from '../ledger/entry.ts';
import {
  placeOf,
  subjectOfAction,
  type Action,
  type Feedback,
} from '../outbox/action.ts';
import { enqueue, forgetAcknowledgement } from '../outbox/enqueue.ts';
import type { LedgerTransaction } from '../ports.ts';
import {
  life,
  stepKick,
  type KickAction,
  type KickNews,
  type Stage,
} from './life.ts';

/** What telling a kick something needs of the world. */
export interface Telling {
  rules: RuleSet;
  now: Moment;
  /** what a monitor can be told */
  can: (monitor: string, kind: Feedback['kind']) => boolean;
}

/**
 * Tells an open kick what happened: the next stage by the table, with all that follows from it, in one transaction.
 * @returns how its run ended, where this news said so
 */
export function tellKick(
  transaction: LedgerTransaction,
  kick: string,
  news: KickNews,
  telling: Telling,
): OutcomeRecord | undefined {
  const open = transaction.findOpen({ kick });
  if (open === undefined) return undefined;
  const { next, outcome } = step(
    transaction,
    open,
    open.progress,
    news,
    telling,
  );
  if (next === 'closed') transaction.close(kick);
  // Stryker disable next-line ConditionalExpression: the same is written once more
  else if (next !== open.progress) transaction.advance(kick, next);
  return outcome;
}

function step(
  transaction: LedgerTransaction,
  open: OpenRecord,
  at: Progress,
  news: KickNews,
  telling: Telling,
): { next: Progress | 'closed'; outcome?: OutcomeRecord } {
  const found = stepKick(at, news);
  if (found === undefined) return { next: at };
  for (const action of found.actions) act(transaction, open, action, telling);
  const { next } = found;
  switch (next.stage) {
    case 'sending':
      return { next };
    case 'following':
      return at.stage === 'following'
        ? { next }
        : { next: { ...next, since: telling.now } };
    case 'finished':
      return judge(transaction, open, next, telling);
    case 'verifying':
      return { next: at };
    case 'closed':
      return { next: 'closed' };
  }
}

/** The outcome is recorded, and the memory says whether the monitor's word is waited for. */
function judge(
  transaction: LedgerTransaction,
  open: OpenRecord,
  finished: Extract<Stage, { stage: 'finished' }>,
  telling: Telling,
): { next: Progress | 'closed'; outcome: OutcomeRecord } {
  const { outcome } = finished;
  const isAwaited = awaitsVerdict(transaction, open);
  const judged = life.finished.judged(finished, {
    kind: 'judged',
    awaitsVerdict: isAwaited,
  });
  for (const action of judged.actions) act(transaction, open, action, telling);
  return isAwaited
    ? { next: { stage: 'verifying', outcome, since: telling.now }, outcome }
    : { next: 'closed', outcome };
}

/** Whether the engine waits for the monitor's word about this kick: it does so where the problem lasts. */
function awaitsVerdict(
  transaction: LedgerTransaction,
  { kick, target, event }: OpenRecord,
): boolean {
  const key = serviceKey(target.certname, event.service ?? '');
  return transaction.read('service', key)?.verifying?.kick === kick;
}

function act(
  transaction: LedgerTransaction,
  open: OpenRecord,
  action: KickAction,
  telling: Telling,
): void {
  const { kick, problem, event, plan } = open;
  const keys = { kick, problem };
  const { now } = telling;
  const holdSeconds = plan?.holdSeconds ?? 0;
  const tell = (feedback: Feedback): void => {
    const found = actionOf(event, feedback, telling);
    if (found !== undefined)
      enqueue(transaction, [{ action: found, keys }], now);
  };
  const tellHold = (text: string, again: { isAgain?: true } = {}): void => {
    if (holdSeconds <= 0) return;
    const until = new Date(now.wallMs + holdSeconds * 1000).toISOString();
    tell({ kind: 'hold', until, text, ...again });
  };
  switch (action.do) {
    case 'release-place':
      remember(transaction, { kind: 'not-reached', kick }, telling);
      return;
    case 'take-place':
      remember(transaction, { kind: 'accepted', kick }, telling);
      return;
    case 'record-outcome':
      recordOutcome(transaction, keys, action.outcome, telling);
      return;
    case 'record-verdict':
      recordVerdict(transaction, open, action.verdict, action.by, telling);
      return;
    case 'recheck':
      tell({ kind: 'recheck' });
      return;
    case 'comment-outcome':
      if (plan?.comment !== true) return;
      tell({ kind: 'comment', text: commentOf(open, action.outcome) });
      return;
    case 'comment-no-help':
      if (plan?.comment !== true) return;
      tell({
        kind: 'comment',
        text: noHelpComment(open, plan.verifySeconds, action.by),
      });
      return;
    case 'hold-again':
      tellHold(`kicker: healing, kick ${kick}`, { isAgain: true });
      return;
    case 'acknowledge': {
      const text = `kicker: healing, run ${action.run}`;
      tellHold(text);
      if (plan?.acknowledge === true) tell({ kind: 'acknowledge', text });
      return;
    }
    case 'unacknowledge':
      // What said "healing" must not keep a person asleep.
      if (holdSeconds > 0) tell({ kind: 'release' });
      if (plan?.acknowledge === true) tell({ kind: 'unacknowledge' });
      return;
    case 'forget-acknowledge': {
      // A hold hides a relapse as well.
      if (holdSeconds > 0) tell({ kind: 'release' });
      const found = actionOf(event, { kind: 'unacknowledge' }, telling);
      if (found !== undefined) {
        forgetAcknowledgement(transaction, subjectOfAction(found));
      }
      return;
    }
    case 'decide-again':
      decideAgain(transaction, open, action.code, now);
      return;
  }
}

/** Feedback about the service of a kick; undefined where there is none, or its monitor cannot be told so. */
function actionOf(
  event: Event,
  feedback: Feedback,
  { can }: Telling,
): Action | undefined {
  const { monitor, service } = event;
  if (service === undefined || !can(monitor, feedback.kind)) return undefined;
  return { to: 'monitor', monitor, place: placeOf(event), feedback };
}

/** Writes how a kick ended, and what decisions remember of it. */
export function recordOutcome(
  transaction: LedgerTransaction,
  keys: EntryKeys & { kick: string },
  outcome: OutcomeRecord,
  telling: Pick<Telling, 'rules' | 'now'>,
): void {
  const { kick } = keys;
  transaction.add([{ entry: { kind: 'outcome', body: outcome }, keys }]);
  remember(transaction, { kind: 'outcome', kick, outcome }, telling);
}

function recordVerdict(
  transaction: LedgerTransaction,
  { kick, problem, event, target }: OpenRecord,
  verdict: Verdict,
  by: string,
  telling: Telling,
): void {
  const seconds =
    verdict === 'healed' ? secondsSince(event, telling.now) : undefined;
  const body: VerdictRecord = {
    verdict,
    by,
    // Stryker disable next-line ConditionalExpression: JSON leaves undefined out
    ...(seconds === undefined ? {} : { seconds }),
  };
  const keys = { kick, problem };
  transaction.add([{ entry: { kind: 'verdict', body }, keys }]);
  const { certname } = target;
  const { service = '' } = event;
  remember(
    transaction,
    { kind: 'verdict', kick, certname, service, verdict },
    telling,
  );
}

/** From the beginning of the problem, as the monitor reported it, to now. */
function secondsSince({ since }: Event, now: Moment): number | undefined {
  if (since === undefined) return undefined;
  const seconds = Math.round((now.wallMs - Date.parse(since)) / 1000);
  return seconds < 0 ? undefined : seconds;
}

/**
 * The problem lasts: it is decided about again at once, since the monitor may never call again. One that is over is
 * not, also where the service is in another by now: that one has its own events.
 */
function decideAgain(
  transaction: LedgerTransaction,
  { problem, event, target }: OpenRecord,
  code: string,
  now: Moment,
): void {
  const subject = subjectKey(event);
  if (transaction.findWaiting(subject) !== undefined) return;
  const key = serviceKey(target.certname, event.service ?? '');
  if (isAnother(transaction.read('service', key)?.problem, event)) return;
  transaction.setWaiting({
    problem,
    subject,
    event,
    code,
    since: now,
    afterMs: 0,
  });
}

function remember(
  transaction: LedgerTransaction,
  news: Parameters<typeof learn>[0],
  { rules, now }: Pick<Telling, 'rules' | 'now'>,
): void {
  transaction.remember(learn(news, { rules, memory: transaction, now }));
}

function noHelpComment(
  { kick, progress }: OpenRecord,
  seconds: number,
  by: string,
): string {
  return progress.stage === 'verifying' && isNotNeeded(progress.outcome)
    ? `kicker: the problem lasts after ${String(seconds)} s (${by}), although the probe on the host was green: the probe or the check may be wrong, kick ${kick}`
    : `kicker: the run did not help within ${String(seconds)} s (${by}), kick ${kick}`;
}

function commentOf(
  { kick, request }: OpenRecord,
  outcome: OutcomeRecord,
): string {
  if (outcome.kind !== 'ended') {
    const { code, message } = outcome;
    return `kicker: the outcome is not known (${code}: ${printable(message)}), kick ${kick}`;
  }
  const { run, durationMs } = outcome;
  const what = describeOutcome(
    {
      run,
      noop: request.noop === true,
      // Stryker disable next-line ConditionalExpression: it means the same
      ...(durationMs === undefined ? {} : { durationMs }),
    },
    outcome.outcome,
  );
  return `kicker: ${what}, kick ${kick}`;
}
