import { printable } from '@kickd/protocol';
import type { Decision } from '../../decide/decision.ts';
import { describeOutcome } from '../../events/describe-outcome.ts';
import { subjectOf, type Event } from '../../events/event.ts';
import { shownName } from '../../events/name-bytes.ts';
import type { DrillEntry, Entry } from '../../ledger/entry.ts';
import type { OutcomeRecord } from '../../events/outcome-record.ts';
import type { Action, ActionResult } from '../../outbox/action.ts';

/** One entry of the ledger in plain words, on one line; foreign text is made printable. */
export function wordsOf(entry: Entry): string {
  switch (entry.kind) {
    case 'event':
      return wordsOfEvent(entry.body);
    case 'decision':
      return wordsOfDecision(entry.body);
    case 'kick': {
      const { target, request } = entry.body;
      const noop = request.noop === true ? ', noop' : '';
      return `kick ${request.kick} for ${printable(shownName(target.name))} (${printable(target.certname)} at ${printable(target.address)}${noop}), until ${request.expires ?? 'it is done'}`;
    }
    case 'reply': {
      const { kind, code, message, run } = entry.body;
      return run === undefined
        ? `not taken (${kind}): ${code ?? ''}: ${printable(message ?? '')}`
        : `the host has taken it: run ${run.run}`;
    }
    case 'outcome':
      return wordsOfOutcome(entry.body);
    case 'verdict': {
      const { verdict, by, seconds } = entry.body;
      const took =
        seconds === undefined ? '' : `, ${seconds} s after the problem began`;
      const said = {
        healed: 'healed',
        'still-broken': 'still broken',
        unknown: 'not known whether it helped',
      }[verdict];
      return `${said} (by ${by})${took}`;
    }
    case 'escalation':
      return `a person is needed (${printable(shownName(entry.body.about))}): ${printable(entry.body.reason, 500)}`;
    case 'errand': {
      const { errand, result, code } = entry.body;
      const kind =
        errand.kind === 'remove-acknowledgement'
          ? 'unacknowledge'
          : errand.kind;
      const { text } = errand;
      return wordsOfAction(actionWords[kind], text, { result, code });
    }
    case 'action': {
      const { action, ...end } = entry.body;
      return wordsOfAction(actionWords[kindOf(action)], textOf(action), end);
    }
    case 'recheck':
      return entry.body.kind === 'asked'
        ? 'the monitor was asked to look again'
        : `the monitor could not be asked to look again: ${entry.body.code}`;
    case 'stop':
      return `stopped by ${printable(entry.body.by)}: ${printable(entry.body.reason, 500)}`;
    case 'resume': {
      const { by, reason, storm } = entry.body;
      const what =
        storm === undefined
          ? 'resumed'
          : `storm of ${printable(shownName(storm))} ended`;
      return `${what} by ${printable(by)}${reason === '' ? '' : `: ${printable(reason, 500)}`}`;
    }
    case 'drill':
      return wordsOfDrill(entry.body);
    case 'policy':
      return `${printable(entry.body.certname)} has another policy now: ${printable(entry.body.configVersion)}`;
  }
}

function wordsOfDrill(drill: DrillEntry): string {
  if (drill.phase === 'began') {
    const { by, reason, profile, until } = drill;
    return `DRILL: ${printable(by)} breaks this on purpose (profile ${printable(profile)}, until ${until}): ${printable(reason, 500)}`;
  }
  switch (drill.result) {
    case 'passed':
      return `DRILL passed: green ${drill.seconds ?? '?'} s after the breakage`;
    case 'failed':
      return `DRILL failed: ${printable(drill.why ?? '', 500)}`;
    case 'not-begun':
      return `DRILL not begun, nothing is broken: ${printable(drill.why ?? '', 500)}`;
  }
}

function wordsOfEvent(event: Event): string {
  const { state, stateType, attempt, maxAttempts, monitor } = event;
  const of = maxAttempts === undefined ? '' : ` of ${maxAttempts}`;
  return `${printable(monitor)}: ${printable(subjectOf(event))} is ${state} ${stateType}, attempt ${attempt}${of}`;
}

function wordsOfDecision(decision: Decision): string {
  const why = printable(decision.reasons.join('; '), 2000);
  const rule =
    decision.rule === undefined ? '' : `, rule ${printable(decision.rule)}`;
  switch (decision.kind) {
    case 'kick':
      return `kick${decision.mode === 'noop' ? ' (noop)' : ''}, because ${why}${rule}`;
    case 'skip':
      return `no kick (${decision.code}): ${why}${rule}`;
    case 'wait':
      return `not yet (${decision.code}), again in ${Math.round(decision.againAfterMs / 1000)} s: ${why}${rule}`;
  }
}

function wordsOfOutcome(record: OutcomeRecord): string {
  switch (record.kind) {
    case 'ended': {
      const { run, outcome, durationMs } = record;
      return describeOutcome(
        {
          run,
          noop: false,
          ...(durationMs === undefined ? {} : { durationMs }),
        },
        outcome,
      );
    }
    case 'refused':
      return `refused: ${record.code}: ${printable(record.message)}`;
    case 'gave-up':
      return `never got through: ${record.code}: ${printable(record.message)}`;
    case 'not-known':
      return `outcome not known: ${record.code}: ${printable(record.message)}`;
  }
}

const actionWords = {
  recheck: 'asked the monitor to look again',
  comment: 'commented in the monitor',
  acknowledge: 'acknowledged in the monitor',
  unacknowledge: 'took the acknowledgement back',
  hold: 'held the page back',
  release: 'let pages go out again',
  result: 'told the monitor a passive result',
  command: 'ran the command that calls a person',
} as const;

function kindOf(action: Action): keyof typeof actionWords {
  return action.to === 'person' ? 'command' : action.feedback.kind;
}

function textOf(action: Action): string | undefined {
  return action.to === 'monitor' && 'text' in action.feedback
    ? action.feedback.text
    : undefined;
}

function wordsOfAction(
  what: string,
  text: string | undefined,
  {
    result,
    code,
  }: Pick<ActionResult, 'result'> & { code?: string | undefined },
): string {
  const about = text === undefined ? '' : `: ${printable(text, 300)}`;
  return result === 'done'
    ? `${what}${about}`
    : `could not: ${what} (${code ?? ''})${about}`;
}
