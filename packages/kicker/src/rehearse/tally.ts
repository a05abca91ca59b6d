import type { Event } from '../events/event.ts';
import type { Decision, SkipCode } from '../decide/decision.ts';
import type { RehearsedKick } from './rehearsal.ts';

/** What a replay came to, for one service. */
export interface ServiceTally {
  host: string;
  service: string;
  alerts: number;
  kicks: number;
  /** calls for a problem whose kick was under way */
  joined: number;
  /** calls that came to no kick, for good */
  refused: number;
  /** calls that were to be decided about again */
  waited: number;
  healed: number;
  pages: number;
}

export interface Tally {
  services: Map<string, ServiceTally>;
  /** how often each code was the answer to an alert */
  codes: Map<string, number>;
  /** storms of each group */
  storms: Map<string, number>;
  addDecision(event: Event, decision: Decision, again: boolean): void;
  addKick(kick: RehearsedKick): void;
  addVerdict(kick: RehearsedKick, isHealed: boolean): void;
}

/** One small record a service and a counter a code: as large after a year as after a day. */
export function createTally(): Tally {
  const services: Tally['services'] = new Map();
  const codes: Tally['codes'] = new Map();
  const storms: Tally['storms'] = new Map();
  const count = (counts: Map<string, number>, key: string): void => {
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  // By the very names first: a key in lower case is made once for each of them.
  const ofHost = new Map<string, Map<string, ServiceTally>>();
  const tallyOf = (host: string, service: string): ServiceTally => {
    let ofService = ofHost.get(host);
    if (ofService === undefined) {
      ofService = new Map();
      ofHost.set(host, ofService);
    }
    let found = ofService.get(service);
    if (found === undefined) {
      const key = `${host.toLowerCase()}\t${service}`;
      found = services.get(key) ?? emptyTally(host, service);
      services.set(key, found);
      ofService.set(service, found);
    }
    return found;
  };
  return {
    services,
    codes,
    storms,
    addDecision: (event, decision, again) => {
      const { escalate } = decision;
      const about = escalate?.about ?? '';
      if (about.startsWith('storm of ')) {
        count(storms, about.slice('storm of '.length));
      }
      if (event.service === undefined) return;
      const tally = tallyOf(event.host, event.service);
      if (escalate !== undefined) tally.pages += 1;
      if (again) return;
      tally.alerts += 1;
      if (decision.kind === 'kick') return;
      count(codes, decision.code);
      if (decision.kind === 'wait') tally.waited += 1;
      else if (decision.code === 'joined') tally.joined += 1;
      else if (!green.has(decision.code)) tally.refused += 1;
    },
    addKick: ({ host, service }) => {
      tallyOf(host, service).kicks += 1;
    },
    addVerdict: ({ host, service }, isHealed) => {
      if (isHealed) tallyOf(host, service).healed += 1;
    },
  };
}

function emptyTally(host: string, service: string): ServiceTally {
  return {
    host,
    service,
    alerts: 0,
    kicks: 0,
    joined: 0,
    refused: 0,
    waited: 0,
    healed: 0,
    pages: 0,
  };
}

/** Nothing was refused: there is nothing to repair. */
const green: ReadonlySet<string> = new Set<SkipCode>([
  'not-a-problem',
  'other-problem',
]);
