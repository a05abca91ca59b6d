import type { Event, HostState } from '../events/event.ts';
import type { GroupFacts } from '../events/facts.ts';
import { recordEvent } from './flap-history.ts';
import { keysOf } from '../events/keys.ts';
import { ruleFor } from './match.ts';
import type { HostMemory, ServiceMemory } from './memory.ts';
import type { News } from './news.ts';
import {
  isCountedNow,
  updateGroups,
  writeHost,
  type Recall,
} from './recall.ts';
import type { Rule } from './rules.ts';
import { isAnother } from './same-problem.ts';
import { emptyService } from './service-memory.ts';
import { settleOverdue, withFutile, withHealed } from './verdict.ts';

/** What one event says of its service, its host and the host's groups. */
export function learnEvent(
  {
    event,
    facts,
    keys = keysOf(event, facts),
  }: Extract<News, { kind: 'event' }>,
  recall: Recall,
): void {
  const known: HostMemory = recall.memory.read('host', keys.host) ?? noHost;
  const groups =
    facts.groups.length > 0
      ? namesOf(facts.groups, known.groups)
      : known.groups;
  const rule = ruleFor(event, groups ?? noGroup, recall.rules.rules);
  const hostState = event.hostState ?? hostStateOf(event);
  let { bad } = known;
  let isHeard = false;
  if (hostState !== undefined) {
    const isBad = hostState !== 'UP' && !isTakenOn(event);
    bad = mark(bad, '', isBad);
    isHeard = isBad;
  }
  if (event.service !== undefined) {
    const isBad = isTrouble(event, rule);
    bad = mark(bad, event.service, isBad);
    isHeard ||= isBad;
    const service = recall.memory.read('service', keys.service);
    recall.memory.write(
      'service',
      keys.service,
      withEvent(service, event, rule, known.policy, recall),
    );
  }
  const isAsKnown =
    bad === known.bad &&
    groups === known.groups &&
    (hostState === undefined || hostState === known.state) &&
    recall.atMs - (known.heardMs ?? Number.NEGATIVE_INFINITY) < heardEachMs;
  const host = isAsKnown
    ? known
    : {
        ...known,
        bad,
        heardMs: recall.atMs,
        ...(groups === undefined ? {} : { groups }),
        ...(hostState === undefined ? {} : { state: hostState }),
      };
  // Stryker disable next-line ConditionalExpression: the same is written once more
  if (!isAsKnown || !isCountedNow(host, isHeard, recall)) {
    writeHost(keys.host, host, recall, isHeard);
  }
  updateGroups(facts, host, recall);
}

const noHost: HostMemory = { bad: [] };
const noGroup = [''];
/** When a host was last heard of is counted in months: it need not be written for each event. */
const heardEachMs = 60 * 60 * 1000;

/**
 * An event that is looked at again. A person may have given the problem back since: then it counts for the share
 * before anything is kicked. That a person has taken it, or how the host is, is left to the monitor's own events.
 */
export function learnFacts(
  {
    event,
    facts,
    keys = keysOf(event, facts),
  }: Extract<News, { kind: 'facts' }>,
  recall: Recall,
): void {
  const known = recall.memory.read('host', keys.host);
  const service = event.service && recall.memory.read('service', keys.service);
  if (!known || !event.service || !service || !service.problem) {
    updateGroups(facts, known, recall);
    return;
  }
  const rule = ruleFor(event, known.groups ?? [''], recall.rules.rules);
  const isGivenBack =
    isTrouble(event, rule) && !known.bad.includes(event.service);
  const host = isGivenBack
    ? { ...known, bad: [...known.bad, event.service] }
    : known;
  if (isGivenBack) writeHost(keys.host, host, recall, true);
  updateGroups(facts, host, recall);
}

function withEvent(
  known: ServiceMemory | undefined,
  event: Event,
  rule: Rule | undefined,
  policy: string | undefined,
  { atMs, rules }: Recall,
): ServiceMemory {
  const before = settleOverdue(known ?? emptyService(atMs), atMs, policy);
  const service = {
    ...before,
    flap: recordEvent(before.flap, event, atMs, rules.guards.flapping),
  };
  const { problem } = service;
  if (event.state === 'OK') {
    if (problem === undefined) return service;
    const { problem: _ended, ...green } = service;
    const seen = { ...green, greenMs: atMs };
    return seen.verifying === undefined ? seen : withHealed(seen, atMs);
  }
  // Another id of the same monitor: the recovery between them was not told.
  if (problem !== undefined && !isAnother(problem, event)) {
    const { monitor, problem: id } = event;
    // Stryker disable next-line ConditionalExpression: the same id is written once more
    if (id === undefined || problem.ids[monitor] !== undefined) return service;
    return {
      ...service,
      problem: { ...problem, ids: { ...problem.ids, [monitor]: id } },
    };
  }
  return {
    ...(rule === undefined
      ? service
      : afterGreen(service, atMs, policy, rule.futility)),
    problem: {
      sinceMs: atMs,
      ids:
        event.problem === undefined ? {} : { [event.monitor]: event.problem },
      kicks: 0,
      isTold: false,
    },
  };
}

/**
 * A new problem. Soon after a repair it is the old one: the repair did not help. After a long green time
 * the count of runs that did not help begins anew; where kicker has stopped, only the policy counts.
 */
function afterGreen(
  service: ServiceMemory,
  atMs: number,
  policy: string | undefined,
  { relapseSeconds, runs }: Rule['futility'],
): ServiceMemory {
  const judged =
    service.verifying === undefined ? service : withHealed(service, atMs);
  const { healedMs, ...rest } = judged;
  const soonMs = relapseSeconds * 1000;
  // Stryker disable next-line ConditionalExpression: what is undefined is not soon
  if (healedMs !== undefined && atMs - healedMs < soonMs) {
    return withFutile(rest, atMs, policy, runs);
  }
  // A recovery that was not told may have been a moment ago.
  const isLongGreen =
    rest.problem === undefined &&
    // Stryker disable next-line ConditionalExpression: what is undefined is not long ago
    rest.greenMs !== undefined &&
    atMs - rest.greenMs >= soonMs;
  if (!isLongGreen || rest.block !== undefined) return rest;
  const { notNeeded: _notNeeded, ...forgiven } = rest;
  return { ...forgiven, futile: 0 };
}

/** A service whose state the rule wants to be repaired, and that nobody has taken on. */
function isTrouble(event: Event, rule: Rule | undefined): boolean {
  return (
    rule !== undefined &&
    rule.when.states.includes(event.state) &&
    !isTakenOn(event)
  );
}

/** A person knows: it is not part of what the share counts. */
function isTakenOn(event: Event): boolean {
  return event.inDowntime || event.acknowledgedBy !== undefined;
}

function hostStateOf({ service, state }: Event): HostState | undefined {
  // Stryker disable next-line ConditionalExpression: a service has no such state
  if (service !== undefined) return undefined;
  // Stryker disable next-line ConditionalExpression: and a host no other
  return state === 'UP' || state === 'DOWN' || state === 'UNREACHABLE'
    ? state
    : undefined;
}

/** @returns `known` itself where it has the same names */
function namesOf(
  groups: readonly GroupFacts[],
  known: string[] | undefined,
): string[] {
  const isKnown =
    known?.length === groups.length &&
    groups.every(({ name }, index) => known[index] === name);
  return isKnown ? known : groups.map(({ name }) => name);
}

function mark(bad: string[], service: string, isBad: boolean): string[] {
  if (bad.includes(service) === isBad) return bad;
  return isBad ? [...bad, service] : bad.filter((other) => other !== service);
}
