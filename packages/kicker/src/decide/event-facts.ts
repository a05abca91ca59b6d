import { shownName } from '../events/name-bytes.ts';
import type { Finding } from './finding.ts';
import type { Situation } from './situation.ts';
import type { Rule } from './rules.ts';

/** A host that does not answer cannot be kicked, and its services say nothing. */
export function judgeHost({ event, host }: Situation): Finding {
  if (event.service === undefined) {
    return {
      kind: 'skip',
      code: 'host-event',
      reason: `the event is about the host itself (${event.state}), and a host that does not answer cannot be kicked`,
    };
  }
  const state = event.hostState ?? host?.state ?? 'UP';
  if (state === 'UP') return undefined;
  return {
    kind: 'skip',
    code: 'host-down',
    reason: `the host is ${state}: it cannot be kicked, and its services say nothing`,
  };
}

/** Without one exact host nothing is kicked: nobody is never everybody. */
export function judgeTarget({ event, facts }: Situation): Finding {
  const isWild = /[*?]/.test(event.host) || event.host.trim() === '';
  if (facts.certname !== undefined && !isWild) return undefined;
  return {
    kind: 'skip',
    code: 'no-target',
    reason:
      facts.targetFault ??
      `${event.host === '' ? 'the empty name' : shownName(event.host)} is not the name of one host that can be kicked`,
  };
}

export function judgeDowntime({ event }: Situation): Finding {
  if (!event.inDowntime) return undefined;
  return {
    kind: 'skip',
    code: 'in-downtime',
    reason: 'the host or the service is in scheduled downtime',
  };
}

export function judgeAcknowledged({ event }: Situation, rule: Rule): Finding {
  if (event.acknowledgedBy === undefined || rule.when.acknowledged) {
    return undefined;
  }
  return {
    kind: 'skip',
    code: 'acknowledged',
    reason: `the problem is acknowledged by ${shownName(event.acknowledgedBy)} (when.acknowledged is false)`,
  };
}

/** Late or ahead: a clock far ahead is as bad as a late event. */
export function judgeAge(
  { event, wallMs, again }: Situation,
  { when }: Rule,
): Finding {
  if (event.at === undefined || again) return undefined;
  const seconds = Math.round(Math.abs(wallMs - Date.parse(event.at)) / 1000);
  if (seconds <= when.staleSeconds) return undefined;
  return {
    kind: 'skip',
    code: 'stale',
    reason: `the event was made ${seconds} s away from now (when.staleSeconds is ${when.staleSeconds})`,
  };
}

/** Looked at again after the service turned green: the event is history. */
export function judgeEnded({ service, again }: Situation): Finding {
  if (!again || service.problem !== undefined) return undefined;
  return {
    kind: 'skip',
    code: 'ended',
    reason: 'the problem has ended: the service is green again',
  };
}
