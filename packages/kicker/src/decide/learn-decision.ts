import type { Event } from '../events/event.ts';
import { withProbe } from './breaker.ts';
import type { Decision } from './decision.ts';
import { mayProbeBlock } from './futility.ts';
import { keysOf } from '../events/keys.ts';
import { isOnHold } from './look-again.ts';
import { ruleFor } from './match.ts';
import { pageKey } from './page.ts';
import { takePlace } from './places.ts';
import type {
  HostMemory,
  PageMemory,
  ProblemMemory,
  ServiceMemory,
} from './memory.ts';
import type { News } from './news.ts';
import { writeHost, type Recall } from './recall.ts';
import type { Rule } from './rules.ts';
import { emptyService } from './service-memory.ts';
import { fleetOf } from './steady.ts';
import { groupsOf } from './situation.ts';
import { settleOverdue } from './verdict.ts';

/** What follows from a decision: a kick under way, a kick that is wanted, a person who was told. */
export function learnDecision(
  {
    event,
    facts,
    decision,
    kick,
    keys = keysOf(event, facts),
  }: Extract<News, { kind: 'decided' }>,
  recall: Recall,
): void {
  const { memory, atMs, rules } = recall;
  const { host, service: name } = keys;
  if (event.service === undefined) return;
  const before = memory.read('service', name);
  // Stryker disable next-line ConditionalExpression: a shortcut
  if (changesNothing(decision) && before?.verifying === undefined) return;
  const known: HostMemory = memory.read('host', host) ?? { bad: [] };
  const service = settleOverdue(
    before ?? emptyService(atMs),
    atMs,
    known.policy,
  );
  const groups = groupsOf(facts, known).map((group) => group.name);
  const rule = ruleFor(event, groups, rules.rules);
  if (decision.escalate !== undefined) {
    learnTold(decision.escalate.about, event, name, groups, rule, recall);
  }
  const problem: ProblemMemory = {
    ...(service.problem ?? { sinceMs: atMs, ids: {}, kicks: 0, isTold: false }),
  };
  if (decision.escalate?.about === 'problem') problem.isTold = true;
  if (decision.kind === 'wait') problem.wantedMs ??= atMs;
  // Given back it is wanted from then on, however long it was on hold.
  // Stryker disable next-line ConditionalExpression: only a skip has such a code
  if (decision.kind === 'skip' && isOnHold(decision.code)) {
    delete problem.wantedMs;
  }
  const isObserved =
    // Stryker disable next-line ConditionalExpression: only a skip says what would be
    decision.kind === 'skip' && decision.would?.kind === 'kick';
  if (rule !== undefined && isObserved) {
    memory.write('service', name, {
      ...withKick(service, problem, rule, known.policy, atMs),
      lastEndMs: atMs,
    });
    return;
  }
  if (rule === undefined || decision.kind !== 'kick' || kick === undefined) {
    const isChanged =
      service !== before ||
      problem.isTold !== service.problem?.isTold ||
      problem.wantedMs !== service.problem.wantedMs;
    if (service.problem !== undefined && isChanged) {
      memory.write('service', name, { ...service, problem });
    }
    return;
  }
  if (memory.read('kick', kick) !== undefined) return;
  const isNoop = decision.mode === 'noop';
  const cm = rule.what.cm ?? '';
  memory.write('service', name, {
    ...withKick(service, problem, rule, known.policy, atMs),
    open: { kick, isNoop },
  });
  const expectMs = rule.expectSeconds * 1000;
  const { fleet, place } = takePlace(
    fleetOf(memory),
    known,
    { expectMs, isAccepted: false },
    atMs,
  );
  memory.write('kick', kick, {
    certname: host,
    atMs,
    place,
    expectMs,
    service: event.service,
    cm,
    isNoop,
    verifySeconds: rule.verifySeconds,
    futileRuns: rule.futility.runs,
    noopChanges: rule.noopChanges,
  });
  writeHost(
    host,
    { ...known, open: { kick, service: event.service }, lastKickMs: atMs },
    recall,
    true,
  );
  const { isTrouble: _past, ...rest } = fleet;
  memory.write('fleet', '', {
    ...rest,
    open: rest.open + 1,
    kicks: [...rest.kicks, atMs].slice(-rules.guards.rate.kicks),
  });
  const server = memory.read('server', cm);
  if (server?.openSinceMs !== undefined) {
    memory.write('server', cm, withProbe(server, kick, rules.guards, atMs));
  }
}

/** No kick, nobody told, nothing wanted and nothing given up. */
export function changesNothing(decision: Decision): boolean {
  return (
    decision.kind === 'skip' &&
    decision.escalate === undefined &&
    decision.would === undefined &&
    !isOnHold(decision.code)
  );
}

/** The counts of the service and its problem; a kick after the policy changed begins them anew. */
function withKick(
  service: ServiceMemory,
  problem: ProblemMemory,
  rule: Rule,
  policy: string | undefined,
  atMs: number,
): ServiceMemory {
  const isProbe = mayProbeBlock(service.block, policy, atMs, rule);
  const counted: ServiceMemory = {
    ...service,
    kicks: [...service.kicks, atMs].slice(-rule.attempts.perPeriod),
    problem: {
      ...problem,
      kicks: isProbe ? 1 : problem.kicks + 1,
      wantedMs: isProbe ? atMs : (problem.wantedMs ?? atMs),
    },
  };
  if (service.block === undefined) return counted;
  // One kick, not more, until it is known whether it helped.
  const { why } = service.block;
  return {
    ...counted,
    block: { why, atMs, ...(policy === undefined ? {} : { policy }) },
  };
}

/** A storm, a server and a monitor in trouble are told of once, however many problems they bring. */
function learnTold(
  about: string,
  { monitor, host }: Event,
  service: string,
  groups: readonly string[],
  rule: Rule | undefined,
  { memory }: Recall,
): void {
  const writePage = (of: PageMemory['about']): void =>
    memory.write('page', pageKey(of, about), { monitor, host, about: of });
  if (about === 'problem') writePage({ kind: 'problem', service });
  else if (about === 'monitor') {
    memory.write('fleet', '', { ...fleetOf(memory), isTrouble: true });
    writePage({ kind: 'monitor' });
  } else if (about === 'server') {
    const cm = rule?.what.cm ?? '';
    const server = memory.read('server', cm);
    if (server !== undefined) {
      memory.write('server', cm, { ...server, isTold: true });
      writePage({ kind: 'server', cm });
    }
  } else if (about.startsWith('storm of ')) {
    // All of them: a host in two groups that storm calls one person, not two.
    const storming: string[] = [];
    for (const name of groups) {
      const group = memory.read('group', name);
      if (group?.storm === undefined) continue;
      storming.push(name);
      memory.write('group', name, {
        ...group,
        storm: { ...group.storm, isTold: true },
      });
    }
    writePage({ kind: 'storm', groups: storming });
  }
}
