import type { FaultFacts } from '@kickd/protocol';
import { judgeServer } from '../decide/breaker.ts';
import type { Decision } from '../decide/decision.ts';
import { showMs } from '../decide/finding.ts';
import { judgeFlapping } from '../decide/flapping.ts';
import { judge } from '../decide/judge.ts';
import { fits } from '../decide/match.ts';
import type { DrillRule, Rule } from '../decide/rules.ts';
import { membersOf, unhealthyOf } from '../decide/share.ts';
import { readSituation, ruleOf, type World } from '../decide/situation.ts';
import { judgeMonitor } from '../decide/stop.ts';
import { isOver, judgeStorm } from '../decide/storm.ts';
import { isOpen, showLocalTime, showWindow } from '../decide/window.ts';
import { errors } from '../errors.ts';
import type { Event } from '../events/event.ts';
import { shownName } from '../events/name-bytes.ts';
import type { SeenService } from '../ports.ts';
import type { PastDrill } from './past-drills.ts';

/** One thing that has to be so before a service is broken on purpose. */
export interface Condition {
  name: string;
  /** undefined: it could not be judged, since another one is not met */
  isMet: boolean | undefined;
  /** why it is not met, and what to type */
  fault?: FaultFacts;
}

/** Which service is to be broken, and all that is known of it. */
export interface DrillWorld extends World {
  monitor: string;
  host: string;
  service: string;
  seen: SeenService;
  /** whether a kicker serves the ledger */
  isServed: boolean;
  ledgerFile: string;
  /** where a rules file would be, where there is none */
  rulesFile: string;
  /** drills of the host, newest first */
  past: readonly PastDrill[];
}

/**
 * Everything that keeps a drill from beginning, all of it at once. Pure. Whatever the engine would say of the alert
 * that is about to come is asked of the engine itself, so that nothing is broken that nobody would heal.
 */
export function judgeDrill(world: DrillWorld): Condition[] {
  const { host, service, monitor, seen, past } = world;
  const event = alertOf(world);
  const situation = readSituation(event, world);
  const { fleet, groups, atMs, rules } = situation;
  const rule = ruleOf(situation);
  const now = new Date(world.now.wallMs);
  const agreed = agreementsFor(
    event,
    groups.map(({ facts }) => facts.name),
    rules.drills ?? [],
  );
  const open = agreed.filter(({ window }) => isOpen(window, now));
  const aside = seen.kind === 'seen' ? (seen.aside ?? {}) : undefined;
  const storm = judgeStorm(situation);
  const server = rule === undefined ? undefined : judgeServer(situation, rule);
  const trouble = judgeMonitor(situation);
  const flapping =
    aside?.isFlapping === true
      ? { reason: `${monitor} says that the service is flapping` }
      : judgeFlapping(situation);
  const full = groups.find(({ facts, memory }) =>
    isOver(
      unhealthyOf(facts, memory, atMs) + 1,
      membersOf(facts, memory),
      rules.guards,
    ),
  );
  const { stopped } = fleet;
  const troubles = troublesOf(situation, aside?.troubles ?? []);

  const conditions: Condition[] = [
    met(
      'agreed',
      agreed.length === 0
        ? errors.drillNotAgreed(
            host,
            service,
            world.rulesFile,
            rules.source === world.rulesFile,
          )
        : undefined,
    ),
    agreed.length === 0
      ? { name: 'window', isMet: undefined }
      : met(
          'window',
          open.length === 0
            ? errors.drillWindow(
                host,
                service,
                agreed.map(({ window }) => showWindow(window)),
                showLocalTime(now),
              )
            : undefined,
        ),
    met('no other drill', underWay(past, host, now)),
    agreed.length === 0
      ? { name: 'interval', isMet: undefined }
      : met('interval', tooRecent(world, open[0] ?? agreed[0], now)),
    met(
      'not stopped',
      stopped === undefined
        ? undefined
        : errors.drillStopped(stopped.by, stopped.at, stopped.reason),
    ),
    met(
      'served',
      world.isServed ? undefined : errors.drillNotServed(world.ledgerFile),
    ),
    met(
      'no storm',
      storm === undefined ? undefined : errors.drillStorm(storm.reason),
    ),
    met(
      'group',
      storm !== undefined || full === undefined
        ? undefined
        : errors.drillGroup(
            full.facts.name || '(no group)',
            unhealthyOf(full.facts, full.memory, atMs),
            String(
              membersOf(full.facts, full.memory) ?? 'an unknown number of',
            ),
          ),
    ),
    met(
      'CM server',
      server === undefined ? undefined : errors.drillServer(server.reason),
    ),
    met(
      'monitor',
      trouble === undefined ? undefined : errors.drillMonitor(trouble.reason),
    ),
    met(
      'quiet host',
      troubles.length === 0
        ? undefined
        : errors.drillHostTrouble(host, troubles),
    ),
    aside === undefined
      ? { name: 'no downtime', isMet: undefined }
      : met(
          'no downtime',
          aside.inDowntime === true
            ? errors.drillDowntime(host, service)
            : undefined,
        ),
    aside === undefined
      ? { name: 'not acknowledged', isMet: undefined }
      : met(
          'not acknowledged',
          aside.isAcknowledged === true
            ? errors.drillAcknowledged(host, service)
            : undefined,
        ),
    met(
      'not flapping',
      flapping === undefined
        ? undefined
        : errors.drillFlapping(host, service, flapping.reason),
    ),
    met('green', notGreen(world)),
  ];
  return [...conditions, wouldKick(world, event, conditions)];
}

/** The rule that heals what the drill breaks. */
export function healingRule(world: DrillWorld): Rule | undefined {
  return ruleOf(readSituation(alertOf(world), world));
}

/** The alert that the drill is about to cause. */
export function alertOf({
  monitor,
  host,
  service,
  now,
}: Pick<DrillWorld, 'monitor' | 'host' | 'service' | 'now'>): Event {
  return {
    monitor,
    host,
    service,
    state: 'CRITICAL',
    stateType: 'HARD',
    attempt: 1,
    inDowntime: false,
    hostState: 'UP',
    at: new Date(now.wallMs).toISOString(),
  };
}

/** The drills of the rules that are about this service. */
function agreementsFor(
  event: Event,
  groups: readonly string[],
  drills: readonly DrillRule[],
): DrillRule[] {
  return drills.filter(({ match }) => fits(match, event, groups));
}

function met(name: string, fault: FaultFacts | undefined): Condition {
  return fault === undefined
    ? { name, isMet: true }
    : { name, isMet: false, fault };
}

function underWay(
  past: readonly PastDrill[],
  host: string,
  now: Date,
): FaultFacts | undefined {
  const last = past.find(
    ({ isEnded, until }) => !isEnded && Date.parse(until) > now.getTime(),
  );
  return last === undefined
    ? undefined
    : errors.drillUnderWay(host, last.by, last.service, last.until);
}

function tooRecent(
  { past, host, service }: DrillWorld,
  agreement: DrillRule | undefined,
  now: Date,
): FaultFacts | undefined {
  const last = past.find(
    (drill) =>
      drill.hasBroken && shownName(drill.service) === shownName(service),
  );
  if (last === undefined || agreement === undefined) return undefined;
  const { intervalSeconds: seconds, place } = agreement;
  const agoMs = Math.max(0, now.getTime() - Date.parse(last.at));
  return agoMs >= seconds * 1000
    ? undefined
    : errors.drillTooRecent(host, service, showMs(agoMs), seconds, place);
}

/** What is wrong on the host, or under way there, by kicker's memory and by the monitor. */
function troublesOf(
  { host, service }: ReturnType<typeof readSituation>,
  seen: readonly string[],
): string[] {
  const kick =
    service.open?.kick ?? service.verifying?.kick ?? host?.open?.kick;
  const bad = host?.bad ?? [];
  return [
    ...(host?.state === undefined || host.state === 'UP'
      ? []
      : [`the host is ${host.state}`]),
    ...(bad.length === 0
      ? []
      : [`trouble of ${bad.map(shownName).join(', ')}`]),
    // of an acknowledged problem the host does not count as bad
    ...(bad.length === 0 && service.problem !== undefined
      ? ['a problem of this very service is open']
      : []),
    ...(kick === undefined ? [] : [`kick ${kick} is under way`]),
    ...seen,
  ];
}

function notGreen({
  seen,
  host,
  service,
  monitor,
}: DrillWorld): FaultFacts | undefined {
  if (seen.kind === 'not-known') {
    return errors.drillNotSeen(host, service, monitor);
  }
  return seen.isGreen
    ? undefined
    : errors.drillNotGreen(host, service, monitor);
}

/** What the engine says of some of the conditions: it is told once. */
const toldBy: Readonly<Record<string, readonly string[]>> = {
  stopped: ['not stopped'],
  storm: ['no storm', 'group'],
  'storm-waiting': ['no storm', 'group'],
  'server-trouble': ['CM server'],
  'monitor-trouble': ['monitor'],
  flapping: ['not flapping'],
  joined: ['quiet host'],
  'host-busy': ['quiet host'],
  verifying: ['quiet host'],
};

/** By the rules and the memory the alert would be kicked at once, and for real. */
function wouldKick(
  { host, service, ...world }: DrillWorld,
  event: Event,
  before: readonly Condition[],
): Condition {
  const name = 'would be kicked';
  const { decision } = judge(event, world, () => 'none');
  if (decision.kind === 'kick' && decision.mode === 'automatic') {
    return { name, isMet: true };
  }
  const code = codeOf(decision);
  const isTold = before.some(
    (one) => one.isMet === false && toldBy[code]?.includes(one.name),
  );
  return isTold
    ? { name, isMet: undefined }
    : {
        name,
        isMet: false,
        fault: errors.drillNoKick(host, service, code, decision.reasons),
      };
}

function codeOf(decision: Decision): string {
  return decision.kind === 'kick' ? decision.mode : decision.code;
}
