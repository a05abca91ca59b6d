import { printable } from '@kickd/protocol';
import { serviceKey } from '../events/keys.ts';
import { learn } from '../decide/learn.ts';
import { isAnother } from '../decide/same-problem.ts';
import type { Moment } from '../events/moment.ts';
import type { Verdict } from '../events/verdict.ts';
import type { RuleSet } from '../decide/rules.ts';
import { describeOutcome } from '../events/describe-outcome.ts';
import type { EntryKeys, OpenRecord, VerdictRecord } from '../ledger/entry.ts';
import type { OutcomeRecord } from '../events/outcome-record.ts';
import type { Errand } from '../outbox/action.ts';
import { subjectKey } from '../events/event.ts';
import type { Keyed, LedgerTransaction } from '../ports.ts';
import { healed } from './ended-by-event.ts';

interface Settling {
  rules: RuleSet;
  now: Moment;
}

/** Writes how a kick ended, with all that follows from it, into one transaction. */
export function settleIn(
  transaction: LedgerTransaction,
  keys: EntryKeys & { kick: string },
  outcome: OutcomeRecord,
  { rules, now }: Settling,
): void {
  transaction.add([{ entry: { kind: 'outcome', body: outcome }, keys }]);
  transaction.remember(
    learn(
      { kind: 'outcome', kick: keys.kick, outcome },
      { rules, memory: transaction, now },
    ),
  );
}

/**
 * The same for a kick of an event: the monitor is asked to look and told what was done, and the kick waits
 * for its verdict. Where nothing ran, or it is green already, the kick is at its end.
 * @param hasMonitor whether the monitor takes commands
 * @returns whether there is a verdict to wait for
 */
export function settleOpen(
  transaction: LedgerTransaction,
  open: OpenRecord,
  outcome: OutcomeRecord,
  settling: Settling & { hasMonitor: boolean },
): boolean {
  const { kick, problem, event, target } = open;
  const keys = { kick, problem };
  // What another process has brought to its end meanwhile stays as it is.
  const present = transaction.findOpen({ kick });
  if (present === undefined || present.progress.stage === 'verify') {
    return present !== undefined;
  }
  settleIn(transaction, keys, outcome, settling);
  const { now, hasMonitor } = settling;
  const service = transaction.read(
    'service',
    serviceKey(target.certname, event.service ?? ''),
  );
  const errands: Errand[] = [];
  const ran = outcome.kind === 'ended' || outcome.kind === 'not-known';
  if (hasMonitor && event.service !== undefined && ran) {
    const place = { host: event.host, service: event.service };
    errands.push({ kind: 'recheck', ...place });
    if (open.plan?.comment === true) {
      errands.push({ kind: 'comment', ...place, text: wordsOf(open, outcome) });
    }
  }
  const isVerifying = service?.verifying?.kick === kick;
  if (isVerifying) {
    transaction.advance(kick, undefined, {
      stage: 'verify',
      outcome,
      since: now,
    });
  } else {
    transaction.close(kick);
    const isOver = present.progress.stage === 'ended';
    if (isOver && ran) {
      const body = healed('the monitor’s event', event, now);
      transaction.add([{ entry: { kind: 'verdict', body }, keys }]);
    }
    if (!isOver) {
      if (hasMonitor) errands.push(...takenBack(present));
      decideAgain(transaction, open, 'kick-ended', now);
    }
  }
  transaction.charge(errands.map((errand) => ({ errand, keys })));
  return isVerifying;
}

/** Writes what the monitor saw after the run. @returns false: somebody else did so already */
export function settleVerdict(
  transaction: LedgerTransaction,
  open: OpenRecord,
  verdict: Verdict,
  by: string,
  { rules, now, hasMonitor }: Settling & { hasMonitor: boolean },
): boolean {
  const { kick, problem, event, target } = open;
  const present = transaction.findOpen({ kick });
  if (present?.progress.stage !== 'verify') return false;
  const { service = '' } = event;
  const keys = { kick, problem };
  const body: VerdictRecord =
    verdict === 'healed' ? healed(by, event, now) : { verdict, by };
  const entries: Keyed[] = [{ entry: { kind: 'verdict', body }, keys }];
  transaction.add(entries);
  transaction.remember(
    learn(
      { kind: 'verdict', kick, certname: target.certname, service, verdict },
      { rules, memory: transaction, now },
    ),
  );
  transaction.close(kick);
  if (verdict === 'healed') return true;
  if (hasMonitor) {
    const errands = takenBack(present);
    if (open.plan?.comment === true && event.service !== undefined) {
      errands.push({
        kind: 'comment',
        host: event.host,
        service,
        text: `kicker: the run did not help within ${String(open.plan.verifySeconds)} s (${by}), kick ${kick}`,
      });
    }
    transaction.charge(errands.map((errand) => ({ errand, keys })));
  }
  decideAgain(transaction, open, 'not-healed', now);
  return true;
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

/** The acknowledgement that said "healing" must not keep a person asleep. */
function takenBack({ plan, progress, event }: OpenRecord): Errand[] {
  const wasTaken = progress.stage === 'verify' || progress.run !== undefined;
  if (plan?.acknowledge !== true || !wasTaken || event.service === undefined) {
    return [];
  }
  const { host, service } = event;
  return [{ kind: 'remove-acknowledgement', host, service }];
}

function wordsOf(
  { kick, request }: OpenRecord,
  outcome: OutcomeRecord,
): string {
  if (outcome.kind === 'ended') {
    const { run, durationMs } = outcome;
    const what = describeOutcome(
      {
        run,
        noop: request.noop === true,
        ...(durationMs === undefined ? {} : { durationMs }),
      },
      outcome.outcome,
    );
    return `kicker: ${what}, kick ${kick}`;
  }
  const { code, message } = outcome;
  return `kicker: the outcome is not known (${code}: ${printable(message)}), kick ${kick}`;
}
