import type { Event } from '../events/event.ts';
import type { Facts, GroupFacts } from '../events/facts.ts';
import { keysOf, type EventKeys } from '../events/keys.ts';
import { ruleFor } from './match.ts';
import type {
  FleetMemory,
  GroupMemory,
  HostMemory,
  Memory,
  ServerMemory,
  ServiceMemory,
} from './memory.ts';
import type { Moment } from '../events/moment.ts';
import type { Rule, RuleSet } from './rules.ts';
import { emptyService } from './service-memory.ts';
import { fleetAt } from './steady.ts';
import { settleOverdue } from './verdict.ts';

/** What a decision may look at. */
export interface World {
  rules: RuleSet;
  memory: Memory;
  facts: Facts;
  now: Moment;
  /** of the event, where they are at hand */
  keys?: EventKeys;
  /** kicker looks at an event again by itself: that the event is old is no reason then */
  again?: boolean;
  /** nobody reads the reasons: at most the one that decides is told */
  isBrief?: boolean;
}

/** One event with all that is known about it; each guard judges one aspect of it. */
export interface Situation {
  event: Event;
  facts: Facts;
  rules: RuleSet;
  memory: Memory;
  again: boolean;
  /** epoch milliseconds, only to compare with the monitor's own times */
  wallMs: number;
  /** now, on the steady clock */
  atMs: number;
  /** the keys of host and service */
  hostKey: string;
  serviceKey: string;
  fleet: FleetMemory;
  host: HostMemory | undefined;
  service: ServiceMemory;
  groups: readonly { facts: GroupFacts; memory: GroupMemory | undefined }[];
}

/** The memory that concerns one event, read once. */
export function readSituation(event: Event, world: World): Situation {
  const { facts, memory, now } = world;
  const keys = world.keys ?? keysOf(event, facts);
  const fleet = fleetAt(memory, now);
  const host = memory.read('host', keys.host);
  const service = memory.read('service', keys.service);
  return {
    event,
    facts,
    rules: world.rules,
    memory,
    again: world.again ?? false,
    wallMs: now.wallMs,
    atMs: fleet.steadyMs,
    hostKey: keys.host,
    serviceKey: keys.service,
    fleet,
    host,
    service: settleOverdue(
      service ?? emptyService(fleet.steadyMs),
      fleet.steadyMs,
      host?.policy,
    ),
    groups: groupsOf(facts, host).map((group) => ({
      facts: group,
      memory: memory.read('group', group.name),
    })),
  };
}

/**
 * The groups that guard a host: those of the facts, else those last told of, for a monitor that knows no
 * groups must not take a host out of its guard; else the group of all hosts without one.
 */
export function groupsOf(
  facts: Facts,
  host: HostMemory | undefined,
): readonly GroupFacts[] {
  if (facts.groups.length > 0) return facts.groups;
  return host?.groups?.map((name) => ({ name })) ?? noGroup;
}

const noGroup: readonly GroupFacts[] = [{ name: '' }];

export function ruleOf({
  event,
  groups,
  rules,
}: Pick<Situation, 'event' | 'groups' | 'rules'>): Rule | undefined {
  return ruleFor(
    event,
    groups.map(({ facts }) => facts.name),
    rules.rules,
  );
}

export function readServer(
  memory: Memory,
  rule: Rule,
): ServerMemory | undefined {
  return memory.read('server', rule.what.cm ?? '');
}
