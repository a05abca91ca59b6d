import type { Escalate } from '../decide/decision.ts';
import type { Escalation } from '../decide/rules.ts';
import { subjectOf, type Event } from '../events/event.ts';
import { placeOf, type Action, type Feedback } from './action.ts';

/** How a person is called, as kicker.yaml says; which of these, the rule says. */
export interface EscalationWays {
  /** a literal argument list; the facts come on its standard input, as JSON */
  command?: readonly string[];
  /** a service of the monitor that takes passive results; without a host it is one of each host */
  passive?: { host?: string; service: string };
  /** what a monitor can be told */
  can: (monitor: string, kind: Feedback['kind']) => boolean;
}

/** What has to be done so that a person knows. Nothing configured: the log and the ledger say it. */
export function escalationActions(
  { about, reason }: Escalate,
  event: Event,
  wanted: readonly Escalation[],
  ways: EscalationWays,
): Action[] {
  const subject = subjectOf(event);
  const text = `kicker: ${subject}: a person is needed (${about}): ${reason}`;
  const { monitor, host } = event;
  return wanted.flatMap((way): Action[] => {
    switch (way) {
      case 'comment':
        return ways.can(monitor, 'comment')
          ? [
              {
                to: 'monitor',
                monitor,
                place: placeOf(event),
                feedback: { kind: 'comment', text },
                isForPerson: true,
              },
            ]
          : [];
      case 'passive':
        return passiveResult(monitor, host, 'CRITICAL', text, ways);
      case 'command':
        return commandCall({ about, reason }, subject, ways, event);
    }
  });
}

/** The operator's command, with what it finds on its standard input; none where none is configured. */
export function commandCall(
  { about, reason }: Escalate,
  subject: string,
  { command }: Pick<EscalationWays, 'command'>,
  event?: Event,
): Action[] {
  if (command === undefined) return [];
  const input = JSON.stringify({ version: 1, about, reason, subject, event });
  return [{ to: 'person', subject, argv: [...command], input }];
}

/** The passive service that a person looks at, red or green; none where none is configured. */
export function passiveResult(
  monitor: string,
  host: string,
  state: 'OK' | 'CRITICAL',
  text: string,
  { passive, can }: EscalationWays,
): Action[] {
  if (passive === undefined || !can(monitor, 'result')) return [];
  return [
    {
      to: 'monitor',
      monitor,
      place: { host: passive.host ?? host, service: passive.service },
      feedback: { kind: 'result', state, text },
      isForPerson: true,
    },
  ];
}
