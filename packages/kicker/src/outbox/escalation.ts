import type { Escalate } from '../decide/decision.ts';
import type { Escalation } from '../decide/rules.ts';
import type { Errand } from './action.ts';
import { subjectOf, type Event } from '../events/event.ts';

/** How a person is called, as kicker.yaml says; which of these, the rule says. */
export interface EscalationWays {
  /** a literal argument list; the facts come on its standard input, as JSON */
  command?: readonly string[];
  /** a service of the monitor that takes passive results; without a host it is one of each host */
  passive?: { host?: string; service: string };
  /** whether the monitor can be told anything at all */
  hasMonitor: boolean;
}

/** What has to be done so that a person knows. Nothing configured: the log and the ledger say it. */
export function escalationErrands(
  { about, reason }: Escalate,
  event: Event,
  wanted: readonly Escalation[],
  ways: EscalationWays,
): Errand[] {
  const subject = subjectOf(event);
  const text = `kicker: ${subject}: a person is wanted (${about}): ${reason}`;
  return wanted.flatMap((way): Errand[] => {
    switch (way) {
      case 'comment':
        return ways.hasMonitor
          ? [{ kind: 'comment', ...placeOf(event), text }]
          : [];
      case 'passive':
        return ways.hasMonitor && ways.passive !== undefined
          ? [{ ...passiveOf(event.host, ways.passive), code: 2, text }]
          : [];
      case 'command': {
        if (ways.command === undefined) return [];
        const input = JSON.stringify({
          version: 1,
          about,
          reason,
          subject,
          event,
        });
        return [{ kind: 'command', argv: [...ways.command], input }];
      }
    }
  });
}

/** What a person was called for is over: the passive service turns green again. */
export function endOfEscalation(
  host: string,
  over: string,
  { hasMonitor, passive }: EscalationWays,
): Errand[] {
  if (!hasMonitor || passive === undefined) return [];
  return [{ ...passiveOf(host, passive), code: 0, text: `kicker: ${over}` }];
}

function placeOf(event: Event): { host: string; service?: string } {
  return {
    host: event.host,
    ...(event.service === undefined ? {} : { service: event.service }),
  };
}

function passiveOf(host: string, passive: { host?: string; service: string }) {
  return {
    kind: 'result',
    host: passive.host ?? host,
    service: passive.service,
  } as const;
}
