import type { Decision, KickRequest } from '../decide/decision.ts';
import type { Facts } from '../events/facts.ts';
import { isAnother } from '../decide/same-problem.ts';
import { judge, type Judged } from '../decide/judge.ts';
import { hostKey, serviceKey } from '../events/keys.ts';
import { learn } from '../decide/learn.ts';
import { lookAgain } from '../decide/look-again.ts';
import type { Memory } from '../decide/memory.ts';
import { pageKey } from '../decide/page.ts';
import type { Moment } from '../events/moment.ts';
import type { Rule } from '../decide/rules.ts';
import { readSituation, ruleOf } from '../decide/situation.ts';
import type { Target } from '../fleet/target.ts';
import type { Entry, OpenRecord, Plan } from '../ledger/entry.ts';
import { problemKey, subjectKey, type Event } from '../events/event.ts';
import type { LedgerTransaction } from '../ports.ts';
import { enqueue } from '../outbox/enqueue.ts';
import { escalationActions } from '../outbox/escalation.ts';
import type { Deciding } from './deciding.ts';
import { endPage } from './end-pages.ts';
import { byEvent } from './life.ts';
import { createRequest } from './request.ts';
import { recordOutcome, tellKick, type Telling } from './tell-kick.ts';

/** How long after it joined the kick of another problem a problem is decided about again. */
const joinedAgainMs = 5000;

/** An event with all that is known about it when it comes. */
export interface EventContext {
  event: Event;
  facts: Facts;
  /** where the host is; absent: then it is not kicked, and the facts name no certname */
  target?: Target;
  /** its file in the spool, by which it is taken only once */
  source?: string;
  /** kicker itself looks at the problem again; nobody told it anything new */
  isAgain?: boolean;
}

/** What the event came to, and who has to send. */
export type Handled =
  /** its file was taken before */
  | { kind: 'known' }
  /** the problem that was to be looked at again is over, or another kicker was faster */
  | { kind: 'gone' }
  | {
      kind: 'told';
      decision: Exclude<Decision, { kind: 'kick' }>;
      /** false: kicker looked again by itself, and all is as it was */
      isNews: boolean;
    }
  /** the ledger holds the kick: now it may be sent */
  | { kind: 'send'; decision: Decision; open: OpenRecord };

/**
 * Decides about an event, in one transaction: what is remembered is read, the decision is made, and event,
 * decision, memory, kick and actions are written, before anything is sent.
 * @throws {Fault} LEDGER_UNWRITABLE: then nothing may be sent
 */
export function handleEvent(
  context: EventContext,
  deciding: Deciding,
): Handled {
  return deciding.ledger.transact((transaction) =>
    handleIn(transaction, context, deciding),
  );
}

function handleIn(
  transaction: LedgerTransaction,
  context: EventContext,
  deciding: Deciding,
): Handled {
  const { event, facts, target, source, isAgain = false } = context;
  if (source !== undefined && transaction.isHandled(source)) {
    return { kind: 'known' };
  }
  const { rules } = deciding;
  const now = deciding.now();
  const problem = problemKey(event);
  const waiting = transaction.findWaiting(subjectKey(event));
  if (isAgain && waiting?.problem !== problem) return { kind: 'gone' };
  forgetLost(transaction, context, { rules, now });

  const before = serviceOf(transaction, event, facts);
  if (isAgain && isAnother(before?.problem, event)) {
    transaction.endWaiting(subjectKey(event));
    return { kind: 'gone' };
  }
  const found = transaction.findOpen({ problem });
  const world = { rules, memory: transaction, facts, now, again: isAgain };
  const isUnremembered =
    found !== undefined &&
    found.progress.stage !== 'verifying' &&
    before?.open?.kick !== found.kick;
  const created = createOnce(context, deciding, now);
  const judged: Judged =
    isUnremembered && event.state !== 'OK'
      ? {
          // A kick of a kicker that kept no memory: it is under way all the same.
          decision: joinedTo(found.kick, facts),
          changes: learn({ kind: 'event', event, facts }, world),
        }
      : judge(event, world, created.kick);
  transaction.remember(judged.changes);
  const { decision } = judged;
  const rule = ruleOf(readSituation(event, world));
  const write = createWriter(transaction, context, {
    deciding,
    rule,
    problem,
  });

  if (decision.kind === 'kick') {
    const request = created.request(decision.request);
    // Stryker disable all: the engine kicks no host without a target, and by no rule
    if (target === undefined || request === undefined || rule === undefined) {
      throw new Error('a kick without a target or a rule was decided');
    }
    // Stryker restore all
    // The engine has judged it by now: only its row was left.
    if (found !== undefined) transaction.close(found.kick);
    const open: OpenRecord = {
      kick: request.kick,
      problem,
      decided: now,
      lifeMs: deciding.forSeconds * 1000,
      target,
      request,
      event,
      plan: planOf(rule),
      progress: { stage: 'sending' },
    };
    transaction.endWaiting(subjectKey(event));
    transaction.open(open, subjectKey(event));
    write(decision, request.kick, [
      { kind: 'kick', body: { target, request } },
    ]);
    return { kind: 'send', decision, open };
  }
  if (found !== undefined && !isAgain && isConfirmed(found.event, event)) {
    const of = { rules, now, can: deciding.ways.can };
    tellKick(transaction, found.kick, { kind: 'confirmed' }, of);
  }
  if (decision.code === 'joined') {
    // The kick was for an earlier problem of the service, or another monitor's: whether it helps this one is looked at.
    if (found === undefined) {
      transaction.setWaiting({
        problem,
        subject: subjectKey(event),
        event,
        code: decision.code,
        since: now,
        afterMs: joinedAgainMs,
      });
      // Stryker disable next-line OptionalChaining: what is looked at again waits
      if (isAgain && waiting?.code === decision.code)
        return { kind: 'told', decision, isNews: false };
    }
    write(decision, decision.kick);
    return { kind: 'told', decision, isNews: true };
  }
  if (decision.code === 'not-a-problem') {
    transaction.endWaiting(subjectKey(event));
    write(decision);
    tellGreen(transaction, event, { rules, now, can: deciding.ways.can });
    if (before?.problem?.isTold === true) {
      endPage(problemPage(transaction, event, facts), transaction, deciding);
    }
    return { kind: 'told', decision, isNews: true };
  }
  if (decision.code === 'other-problem') {
    write(decision);
    // The kicks of that problem hear so; what else is about the service goes on.
    const of = { rules, now, can: deciding.ways.can };
    if (found !== undefined) {
      tellKick(transaction, found.kick, { kind: 'green', by: byEvent }, of);
    }
    return { kind: 'told', decision, isNews: true };
  }
  keepWaiting(transaction, context, decision, deciding, now);
  // Looked at again and nothing new: the ledger does not repeat itself.
  const isNews =
    !isAgain ||
    // Stryker disable next-line OptionalChaining: what is looked at again waits
    waiting?.code !== decision.code ||
    decision.escalate !== undefined;
  if (isNews) write(decision);
  return { kind: 'told', decision, isNews };
}

/** SOFT, when it was kicked, has become HARD. */
function isConfirmed(kicked: Event, event: Event): boolean {
  return (
    kicked.stateType === 'SOFT' &&
    event.stateType === 'HARD' &&
    event.state !== 'OK'
  );
}

/** The monitor says that the service is green: every open kick of it hears so. */
function tellGreen(
  transaction: LedgerTransaction,
  event: Event,
  telling: Telling,
): void {
  for (const { kick } of transaction.openOf(subjectKey(event))) {
    tellKick(transaction, kick, { kind: 'green', by: byEvent }, telling);
  }
}

/** Whether, and when, the problem is decided about again. */
function keepWaiting(
  transaction: LedgerTransaction,
  { event, isAgain }: EventContext,
  decision: Exclude<Decision, { kind: 'kick' }>,
  { policySeconds }: Deciding,
  now: Moment,
): void {
  const subject = subjectKey(event);
  const again = lookAgain(decision, policySeconds);
  if (again.kind === 'after') {
    transaction.setWaiting({
      problem: problemKey(event),
      subject,
      event,
      code: decision.code,
      since: now,
      afterMs: again.ms,
    });
  } else if (isAgain === true || again.kind === 'never') {
    transaction.endWaiting(subject);
  }
}

/** A kick that the memory knows and the ledger does not: it ended, and nobody said how. */
function forgetLost(
  transaction: LedgerTransaction,
  { event, facts }: EventContext,
  telling: Pick<Telling, 'rules' | 'now'>,
): void {
  const kick = serviceOf(transaction, event, facts)?.open?.kick;
  if (kick === undefined || transaction.findOpen({ kick }) !== undefined)
    return;
  recordOutcome(
    transaction,
    { kick, problem: problemKey(event) },
    { kind: 'not-known', code: 'LOST', message: 'the ledger has no such kick' },
    telling,
  );
}

/** The key of the call of a person about a service; one from before such calls were kept is written now. */
function problemPage(
  transaction: LedgerTransaction,
  { monitor, host, ...event }: Event,
  facts: Facts,
): string {
  const service = serviceKey(hostKey({ host }, facts), event.service ?? '');
  const about = { kind: 'problem', service } as const;
  const key = pageKey(about, '');
  if (transaction.read('page', key) === undefined) {
    const value = { monitor, host, about };
    transaction.remember([{ kind: 'page', key, value }]);
  }
  return key;
}

type Write = (
  decision: Decision,
  kick?: string,
  more?: readonly Entry[],
) => void;

/** Writes event and decision, and calls a person where the decision says so. */
function createWriter(
  transaction: LedgerTransaction,
  { event, source }: EventContext,
  {
    deciding,
    rule,
    problem,
  }: { deciding: Deciding; rule: Rule | undefined; problem: string },
): Write {
  return (decision, kick, more = []) => {
    // Stryker disable next-line ConditionalExpression: a key that is undefined is none in the ledger
    const keys = { problem, ...(kick === undefined ? {} : { kick }) };
    const { escalate } = decision;
    const entries: Entry[] = [
      { kind: 'event', body: event },
      { kind: 'decision', body: decision },
      ...more,
      ...(escalate === undefined
        ? []
        : [{ kind: 'escalation', body: escalate } as const]),
    ];
    transaction.add(
      entries.map((entry) => ({ entry, keys })),
      source,
    );
    if (escalate === undefined) return;
    // Stryker disable next-line OptionalChaining,ArrayDeclaration: where no rule matches no person is called
    const wanted = rule?.tell.escalate ?? [];
    const actions = escalationActions(escalate, event, wanted, deciding.ways);
    enqueue(
      transaction,
      actions.map((action) => ({ action, keys })),
      deciding.now(),
    );
  };
}

/** The kick's id is made once, where the engine asks for it, and is the one of the request. */
function createOnce(
  { event, target }: EventContext,
  { forSeconds, random }: Deciding,
  now: Moment,
) {
  const bytes = random();
  const make = (asked: KickRequest) =>
    // Stryker disable next-line ConditionalExpression: the engine asks for no kick without a target
    target === undefined
      ? undefined
      : createRequest(
          event,
          asked,
          target,
          new Date(now.wallMs),
          forSeconds,
          bytes,
        );
  // Stryker disable next-line OptionalChaining: the same
  return { kick: () => make({})?.kick ?? '', request: make };
}

function joinedTo(
  kick: string,
  { remarks = [] }: Facts,
): Extract<Decision, { kind: 'skip' }> {
  return {
    kind: 'skip',
    code: 'joined',
    kick,
    reasons: [`kick ${kick} for this problem is already under way`, ...remarks],
  };
}

function serviceOf(memory: Memory, event: Event, facts: Facts) {
  if (event.service === undefined) return undefined;
  return memory.read(
    'service',
    serviceKey(hostKey(event, facts), event.service),
  );
}

function planOf({ verifySeconds, tell }: Rule): Plan {
  const { comment, acknowledge, holdSeconds, escalate } = tell;
  return { verifySeconds, comment, acknowledge, holdSeconds, escalate };
}
