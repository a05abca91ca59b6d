import { printable } from '@kickd/protocol';
import type { Decision } from '../../decide/decision.ts';
import { showMs } from '../../decide/finding.ts';
import { subjectOf } from '../../events/event.ts';
import type { EventContext } from '../../kicks/handle-event.ts';
import type { PartRecord, PayloadRecord } from '../explain-payload.ts';
import { viewOfEach } from './view.ts';

/** What an event would come to. */
export interface ExplainRecord extends Pick<EventContext, 'event' | 'facts'> {
  /** where the rules come from */
  rules: string;
  /** whether a ledger was read */
  remembers: boolean;
  decision: Decision;
}

export const explainView = viewOfEach<ExplainRecord | PayloadRecord>(
  (record) =>
    'parts' in record
      ? record.parts.flatMap(linesOfPart)
      : [
          ...linesOf(printable(subjectOf(record.event)), record.decision),
          ...(record.remembers
            ? []
            : ['  nothing is remembered: no ledger was read']),
        ],
);

function linesOfPart({
  at,
  want,
  event,
  why,
  remarks = [],
}: PartRecord): string[] {
  const place = at === undefined ? '' : `${printable(at)}: `;
  const what =
    event === undefined
      ? `${want === 'refusal' ? 'refused' : 'ignored'}: ${printable(why ?? '', 1000)}`
      : `${printable(subjectOf(event))}: ${event.state}, ${event.stateType}, attempt ${String(event.attempt)}`;
  return [
    place + what,
    ...(event === undefined
      ? []
      : Object.entries(event)
          .filter(([name]) => !shownAbove.has(name))
          .map(
            ([name, value]) =>
              `  ${name}: ${printable(typeof value === 'string' ? value : JSON.stringify(value), 500)}`,
          )),
    ...remarks.map((remark) => `  ${printable(remark, 500)}`),
  ];
}

const shownAbove = new Set([
  'host',
  'service',
  'state',
  'stateType',
  'attempt',
]);

function linesOf(subject: string, decision: Decision): string[] {
  const { rule, reasons, escalate } = decision;
  return [
    `${subject}: ${wordsOf(decision)}${rule === undefined ? '' : `, by the rule ${printable(rule)}`}`,
    ...reasons.map((reason) => `  ${printable(reason, 500)}`),
    ...(escalate === undefined
      ? []
      : [`  a person would be told: ${printable(escalate.reason, 500)}`]),
  ];
}

function wordsOf(decision: Decision): string {
  switch (decision.kind) {
    case 'kick':
      return decision.mode === 'noop' ? 'kick, with noop' : 'kick';
    case 'skip':
      return `skip, ${decision.code}`;
    case 'wait':
      return `wait ${showMs(decision.againAfterMs)}, ${decision.code}`;
  }
}
