import type { Event } from '../events/event.ts';
import type { LogItem } from '../monitors/nagios/log-line.ts';
import type { Decision } from '../decide/decision.ts';
import type { Facts } from '../events/facts.ts';
import { createRehearsal, type RehearsalHooks } from './rehearsal.ts';
import type { RuleSet } from '../decide/rules.ts';
import { createTally, type Tally } from './tally.ts';
import { createTimeline } from './timeline.ts';

export interface ReplayOptions {
  rules: RuleSet;
  /** group → its hosts, where somebody knows */
  groups: ReadonlyMap<string, readonly string[]>;
  /** how long a run is taken to last; whether it helped, the log says */
  runMs: number;
}

/** A monitor's log, led through the engine. */
export interface Replay {
  /** @returns the decision about an alert; undefined: the line called for none */
  take(item: LogItem): Decision | undefined;
  /** lets what is under way come to its end */
  finish(): Tally;
}

/** What the log has said so far of a service, or of a host (its service is ``). */
interface Known {
  maxAttempts?: number;
  isFlapping: boolean;
  inDowntime: boolean;
  acknowledgedBy?: string;
  isBad: boolean;
}

/** After the last line: long enough for every run and window that is under way. */
const afterMs = 24 * 60 * 60 * 1000;

export function createReplay({ rules, groups, runMs }: ReplayOptions): Replay {
  const timeline = createTimeline();
  const known = new Map<string, Known>();
  const factsOfHost = createFacts(groups);
  const tally = createTally();
  const hooks: RehearsalHooks = {
    onDecision: (event, _facts, decision, again) =>
      tally.addDecision(event, decision, again),
    onKick: (kick) => tally.addKick(kick),
    onVerdict: (kick, isHealed) => tally.addVerdict(kick, isHealed),
  };
  const rehearsal = createRehearsal({
    rules,
    timeline,
    // The lines of a log come in their order: its own time never goes back.
    now: () => ({
      wallMs: timeline.nowMs(),
      boot: 'log',
      monotonicMs: timeline.nowMs(),
    }),
    hooks,
    send: (kick) => {
      timeline.after(runMs, () =>
        rehearsal.end(kick, {
          kind: 'ended',
          run: kick.id,
          outcome: { kind: 'corrected', corrected: [], failed: [] },
        }),
      );
    },
    refresh: (event, facts) => ({ event: withKnown(event), facts }),
  });

  function knownOf(host: string, service: string): Known {
    const key = `${host}\t${service}`;
    let found = known.get(key);
    if (found === undefined) {
      found = { isFlapping: false, inDowntime: false, isBad: false };
      known.set(key, found);
    }
    return found;
  }
  function withKnown(event: Event): Event {
    const host = knownOf(event.host, '');
    const own = knownOf(event.host, event.service ?? '');
    const { acknowledgedBy: _before, ...rest } = event;
    return {
      ...rest,
      inDowntime: host.inDowntime || own.inDowntime,
      ...(own.isFlapping ? { isFlapping: true } : {}),
      ...(own.acknowledgedBy === undefined
        ? {}
        : { acknowledgedBy: own.acknowledgedBy }),
      ...(own.maxAttempts === undefined
        ? {}
        : { maxAttempts: Math.max(own.maxAttempts, event.attempt) }),
    };
  }
  function note(event: Event): void {
    const own = knownOf(event.host, event.service ?? '');
    own.isBad = event.state !== 'OK' && event.state !== 'UP';
    if (!own.isBad) delete own.acknowledgedBy;
    // HARD comes at the last attempt; only a host that is down makes a service HARD before.
    if (own.isBad && event.stateType === 'HARD' && event.attempt > 1) {
      own.maxAttempts = event.attempt;
    }
  }

  return {
    take: (item) => {
      if (item.kind === 'broken') return undefined;
      timeline.runUntil(Math.max(item.atMs, timeline.nowMs()));
      switch (item.kind) {
        case 'alert': {
          note(item.event);
          const { host } = item.event;
          return rehearsal.take(withKnown(item.event), factsOfHost(host));
        }
        case 'state': {
          const { event } = item;
          const { isBad } = knownOf(event.host, event.service ?? '');
          const isBadNow = event.state !== 'OK' && event.state !== 'UP';
          // A gap in the log: what was missed is remembered, and nobody was called for it.
          if (isBad !== isBadNow) {
            note(event);
            const facts = factsOfHost(event.host);
            rehearsal.tell({ kind: 'event', event: withKnown(event), facts });
          }
          return undefined;
        }
        case 'flapping':
          knownOf(item.host, item.service ?? '').isFlapping = item.isFlapping;
          return undefined;
        case 'downtime':
          knownOf(item.host, item.service ?? '').inDowntime = item.isIn;
          return undefined;
        case 'acknowledged': {
          const own = knownOf(item.host, item.service ?? '');
          if (item.by === undefined) delete own.acknowledgedBy;
          else own.acknowledgedBy = item.by;
          return undefined;
        }
        case 'rotation':
        case 'other':
          return undefined;
      }
    },
    finish: () => {
      timeline.runUntil(timeline.nowMs() + afterMs);
      return tally;
    },
  };
}

function createFacts(
  groups: ReadonlyMap<string, readonly string[]>,
): (host: string) => Facts {
  const ofHost = new Map<string, { name: string; members: number }[]>();
  for (const [name, hosts] of groups) {
    for (const host of hosts) {
      const of = ofHost.get(host) ?? [];
      of.push({ name, members: hosts.length });
      ofHost.set(host, of);
    }
  }
  return (host) => ({
    certname: host.toLowerCase(),
    groups: ofHost.get(host) ?? [],
  });
}
