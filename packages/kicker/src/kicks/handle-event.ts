import type { Decision, KickRequest } from '../decide/decision.ts';
import type { Facts } from '../events/facts.ts';
import { isAnother } from '../decide/same-problem.ts';
import { judge, type Judged } from '../decide/judge.ts';
import { hostKey, serviceKey } from '../events/keys.ts';
import { learn } from '../decide/learn.ts';
import { lookAgain } from '../decide/look-again.ts';
import type { Memory } from '../decide/memory.ts';
import type { Moment } from '../events/moment.ts';
import type { Rule, RuleSet } from '../decide/rules.ts';
import { readSituation, ruleOf } from '../decide/situation.ts';
import type { Target } from '../fleet/target.ts';
import type { Entry, OpenRecord, Plan } from '../ledger/entry.ts';
import {
  problemKey,
  subjectKey,
  subjectOf,
  type Event,
} from '../events/event.ts';
import type { Ledger, LedgerTransaction } from '../ports.ts';
import {
  endOfEscalation,
  escalationErrands,
  type EscalationWays,
} from '../outbox/escalation.ts';
import { endedByEvent } from './ended-by-event.ts';
import { createRequest } from './request.ts';
import { settleIn } from './finish.ts';

/** How long after it joined the kick of another problem a problem is decided about again. */
const joinedAgainMs = 5000;

/** What deciding needs of the world. */
export interface Deciding {
  ledger: Ledger;
  rules: RuleSet;
  ways: EscalationWays;
  /** how long a kick that did not get through is sent again */
  forSeconds: number;
  /** how long after kicker stopped for a service it is looked at again: the policy may have changed */
  policySeconds: number;
  /** what names this process, to own the kick */
  own: string;
  isAlive: (owner: string) => boolean;
  now: () => Moment;
  /** 10 random bytes */
  random: () => Uint8Array;
}

/** An event with all that is known about it when it comes. */
export interface Incoming {
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
export type Taken =
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
  /** the ledger holds the kick, and this process owns it; now it may be sent */
  | { kind: 'send'; decision: Decision; open: OpenRecord };

/**
 * Decides about an event, in one transaction: what is remembered is read, the decision is made, and event,
 * decision, memory, kick and errands are written, before anything is sent. Kickers that share the ledger
 * come one after the other and see each other's decisions.
 * @throws {Fault} LEDGER_UNWRITABLE: then nothing may be sent
 */
export function takeEvent(incoming: Incoming, deciding: Deciding): Taken {
  return deciding.ledger.transact((transaction) =>
    takeIn(transaction, incoming, deciding),
  );
}

function takeIn(
  transaction: LedgerTransaction,
  incoming: Incoming,
  deciding: Deciding,
): Taken {
  const { event, facts, target, source, isAgain = false } = incoming;
  if (source !== undefined && transaction.isTaken(source)) {
    return { kind: 'known' };
  }
  const { rules } = deciding;
  const now = deciding.now();
  const problem = problemKey(event);
  const waiting = transaction.findWaiting(subjectKey(event));
  if (isAgain && waiting?.problem !== problem) return { kind: 'gone' };
  forgetLost(transaction, incoming, { rules, now });

  const before = serviceOf(transaction, event, facts);
  if (isAgain && isAnother(before?.problem, event)) {
    transaction.endWaiting(subjectKey(event));
    return { kind: 'gone' };
  }
  const found = transaction.findOpen({ problem });
  const world = { rules, memory: transaction, facts, now, again: isAgain };
  const isUnremembered =
    found !== undefined &&
    found.progress.stage !== 'verify' &&
    before?.open?.kick !== found.kick;
  const created = createOnce(incoming, deciding, now);
  const judged: Judged =
    isUnremembered && event.state !== 'OK'
      ? {
          // A kick of a kicker that kept no memory: it is under way all the same.
          decision: joinedTo(found.kick),
          changes: learn({ kind: 'event', event, facts }, world),
        }
      : judge(event, world, created.kick);
  transaction.remember(judged.changes);
  const { decision } = judged;
  const rule = ruleOf(readSituation(event, world));
  const write = createWriter(transaction, incoming, {
    deciding,
    rule,
    problem,
  });

  if (decision.kind === 'kick') {
    const request = created.request(decision.request);
    if (target === undefined || request === undefined) {
      throw new Error('a kick without a target was decided');
    }
    // The engine has judged it by now: only its row was left.
    if (found !== undefined) transaction.close(found.kick);
    const open: OpenRecord = {
      kick: request.kick,
      problem,
      expires: request.expires,
      owner: deciding.own,
      target,
      request,
      event,
      ...(rule === undefined ? {} : { plan: planOf(rule) }),
      progress: { stage: 'open' },
    };
    transaction.endWaiting(subjectKey(event));
    transaction.open(open, subjectKey(event));
    write(decision, request.kick, [
      { kind: 'kick', body: { target, request } },
    ]);
    return { kind: 'send', decision, open };
  }
  if (decision.kind === 'skip' && decision.code === 'joined') {
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
      if (isAgain && waiting?.code === decision.code)
        return { kind: 'told', decision, isNews: false };
    }
    return join(transaction, decision, deciding, now, write);
  }
  if (decision.kind === 'skip' && decision.code === 'not-a-problem') {
    transaction.endWaiting(subjectKey(event));
    write(decision);
    transaction.add(endedByEvent(transaction, event, now));
    if (before?.problem?.isTold === true) {
      const errands = endOfEscalation(
        event.host,
        `${subjectOf(event)} is ${event.state} again`,
        deciding.ways,
      );
      const keys = { problem };
      transaction.charge(errands.map((errand) => ({ errand, keys })));
    }
    return { kind: 'told', decision, isNews: true };
  }
  keepWaiting(transaction, incoming, decision, deciding, now);
  // Looked at again and nothing new: the ledger does not repeat itself.
  const isNews =
    !isAgain ||
    waiting?.code !== decision.code ||
    decision.escalate !== undefined;
  if (isNews) write(decision);
  return { kind: 'told', decision, isNews };
}

/** The kick is under way. Where its process is gone, this one looks after it from now on. */
function join(
  transaction: LedgerTransaction,
  decision: Exclude<Decision, { kind: 'kick' }> & { kick?: string },
  { own, isAlive }: Deciding,
  now: Moment,
  write: Write,
): Taken {
  const { kick } = decision;
  const found = kick === undefined ? undefined : transaction.findOpen({ kick });
  const isLeft =
    found !== undefined &&
    !isAlive(found.owner) &&
    Date.parse(found.expires) > now.wallMs;
  if (!isLeft || !transaction.claim(found.kick, found.owner, own)) {
    write(decision, kick);
    return { kind: 'told', decision, isNews: true };
  }
  const told: Decision = {
    kind: 'kick',
    mode: 'automatic',
    request: {},
    reasons: [
      ...decision.reasons,
      `kick ${found.kick} for this problem was left by its process: taken over`,
    ],
  };
  write(told, found.kick);
  return { kind: 'send', decision: told, open: { ...found, owner: own } };
}

/** Whether, and when, the problem is decided about again. */
function keepWaiting(
  transaction: LedgerTransaction,
  { event, isAgain }: Incoming,
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
  { event, facts }: Incoming,
  settling: { rules: RuleSet; now: Moment },
): void {
  const kick = serviceOf(transaction, event, facts)?.open?.kick;
  if (kick === undefined || transaction.findOpen({ kick }) !== undefined)
    return;
  settleIn(
    transaction,
    { kick, problem: problemKey(event) },
    { kind: 'not-known', code: 'LOST', message: 'the ledger has no such kick' },
    settling,
  );
}

type Write = (
  decision: Decision,
  kick?: string,
  more?: readonly Entry[],
) => void;

/** Writes event and decision, and calls a person where the decision says so. */
function createWriter(
  transaction: LedgerTransaction,
  { event, source }: Incoming,
  {
    deciding,
    rule,
    problem,
  }: { deciding: Deciding; rule: Rule | undefined; problem: string },
): Write {
  return (decision, kick, more = []) => {
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
    const wanted = rule?.tell.escalate ?? [];
    const errands = escalationErrands(escalate, event, wanted, deciding.ways);
    transaction.charge(errands.map((errand) => ({ errand, keys })));
  };
}

/** The kick's id is made once, where the engine asks for it, and is the one of the request. */
function createOnce(
  { event, target }: Incoming,
  { forSeconds, random }: Deciding,
  now: Moment,
) {
  const bytes = random();
  const make = (asked: KickRequest) =>
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
  return { kick: () => make({})?.kick ?? '', request: make };
}

function joinedTo(kick: string): Extract<Decision, { kind: 'skip' }> {
  return {
    kind: 'skip',
    code: 'joined',
    kick,
    reasons: [`kick ${kick} for this problem is already under way`],
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
  const { comment, acknowledge, escalate } = tell;
  return { verifySeconds, comment, acknowledge, escalate };
}
