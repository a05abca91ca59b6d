import { createRandom, type Random } from '@kickd/testkit';
import { defaultRule } from '../../src/decide/default-rules.ts';
import type { Guards, Rule, RuleSet } from '../../src/decide/rules.ts';
import { createChecker } from './checker.ts';
import { createStage, type HostPlan, type Stage } from './stage.ts';
import type { Watcher } from './watcher.ts';

export interface History {
  incidents: number;
  kicks: number;
  pages: number;
  decisions: number;
  violations: string[];
  /** of every decision in its order */
  hash: number;
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/**
 * One random fleet with random rules, for as long as it takes to have so many incidents. The same seed
 * gives the same history to the last decision.
 * @param loosen the rules that kicker gets in place of those that the checker judges by
 */
export function runHistory(
  seed: number,
  incidents: number,
  loosen: (rules: RuleSet) => RuleSet = (rules) => rules,
): History {
  const random = createRandom(seed);
  const hosts = planFleet(random);
  const rules = planRules(random);
  const sizes = new Map<string, number>();
  for (const { groups } of hosts) {
    for (const group of groups) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  }
  const checker = createChecker(rules, sizes);
  const tally = { decisions: 0, hash: 0x811c9dc5 };
  const stage = createStage({
    hosts,
    rules: loosen(rules),
    watcher: counting(checker, tally),
    checkMs: random.pick([1, 5, 10] as const) * minute,
    retryMs: random.pick([20, 60] as const) * second,
    maxAttempts: random.pick([1, 2, 3, 4, 5] as const),
    monitors: random.chance(0.3) ? ['nagios', 'nagios2'] : ['nagios'],
    lossShare: random.chance(0.5) ? 0.02 : 0,
    datedShare: random.chance(0.2) ? 0.5 : 0,
    random: () => random.below(2 ** 30) / 2 ** 30,
  });
  // The first number that is told of a group's size is believed: it has to be the true one.
  for (const { name } of hosts) stage.setHost(name, 'UP');
  const gapMs = random.pick([10, 60, 300, 900] as const) * second;
  while (stage.problems() < incidents) {
    stage.run(random.below(2 * gapMs));
    happen(stage, hosts, random);
  }
  stage.run(3 * hour);
  return {
    incidents: stage.problems(),
    kicks: stage.kicks.length,
    pages: stage.pages.length,
    decisions: tally.decisions,
    violations: checker.violations.map((text) => `seed ${seed}: ${text}`),
    hash: tally.hash >>> 0,
  };
}

/** One thing that happens: most often a service breaks, now and then the world goes wrong. */
function happen(
  stage: Stage,
  hosts: readonly HostPlan[],
  random: Random,
): void {
  const host = pickHost(hosts, random);
  const service = host.services[random.below(host.services.length)] ?? '';
  const someTime = (): number => minute + random.below(30 * minute);
  const later = (work: () => void): void => {
    stage.queue.after(someTime(), work);
  };
  if (random.chance(0.9)) {
    const cure = random.pick(['run', 'run', 'run', 'none', 'relapse'] as const);
    stage.breakService(host.name, service, cure, random.below(hour));
    return;
  }
  switch (random.below(16)) {
    case 0: {
      const group = host.groups[0] ?? '';
      const cure = random.pick(['run', 'none'] as const);
      for (const { name, groups, services } of hosts) {
        if (groups.includes(group) && random.chance(0.6)) {
          stage.breakService(name, services[0] ?? '', cure, someTime());
        }
      }
      break;
    }
    case 1:
      stage.setHost(host.name, random.pick(['DOWN', 'UNREACHABLE'] as const));
      later(() => stage.setHost(host.name, 'UP'));
      break;
    case 2:
      stage.setDowntime(host.name, service, true);
      later(() => stage.setDowntime(host.name, service, false));
      break;
    case 3:
      stage.acknowledge(host.name, service, 'ada');
      later(() => stage.acknowledge(host.name, service, undefined));
      break;
    case 4:
    case 5:
      stage.setMood(
        host.name,
        random.pick(['vanished', 'refusing', 'unreachable'] as const),
      );
      later(() => stage.setMood(host.name, 'well'));
      break;
    case 6:
      stage.setServer(false);
      later(() => stage.setServer(true));
      break;
    case 7:
      stage.setPolicy(host.name, `v${random.below(1000)}`);
      break;
    case 8:
      stage.setPolicy(host.name, 'epoch');
      break;
    case 9:
      stage.clocks.jump(
        random.pick([
          -hour,
          hour,
          -minute,
          87_600 * hour,
          -87_600 * hour,
        ] as const),
      );
      // As the resident kicker does every minute.
      stage.resident.tell({ kind: 'tick' });
      break;
    case 10:
      stage.clocks.reboot();
      stage.restart();
      break;
    case 11:
      stage.clocks.suspend(random.below(hour));
      break;
    case 12:
      stage.stop();
      later(() => stage.resume());
      break;
    case 13:
      if (random.chance(0.2)) {
        stage.setBlind(true);
        later(() => stage.setBlind(false));
      }
      break;
    case 14:
      stage.setInventory(random.pick([0, 0.4, 2.5] as const));
      stage.queue.after(random.below(25 * minute), () => stage.setInventory(1));
      break;
    case 15:
      stage.restart();
      break;
  }
}

function planFleet(random: Random): HostPlan[] {
  const groups = ['web', 'db', 'mail', 'all'];
  return Array.from({ length: 3 + random.below(80) }, (_, index) => {
    const own = [groups[random.below(3)] ?? 'web'];
    if (random.chance(0.3)) own.push('all');
    return {
      name: `host${index}.example.com`,
      groups: random.chance(0.05) ? [] : own,
      services: ['HTTP', 'SMTP', 'NTP'].slice(0, 1 + random.below(3)),
    };
  });
}

function planRules(random: Random): RuleSet {
  const seconds = (most: number): number => random.below(most);
  const rule: Rule = {
    ...defaultRule,
    mode: random.chance(0.1) ? 'noop' : 'automatic',
    coolDownSeconds: seconds(1800),
    attempts: {
      perProblem: 1 + random.below(4),
      perPeriod: 1 + random.below(8),
      periodSeconds: 3600 + seconds(24 * 3600),
    },
    verifySeconds: 10 + seconds(600),
    patienceSeconds: 600 + seconds(2 * 3600),
    futility: {
      runs: 1 + random.below(3),
      relapseSeconds: seconds(3600),
      probeAfterSeconds: random.pick([0, 3600, 24 * 3600] as const),
    },
  };
  const guards: Guards = {
    share: {
      percent: 10 + random.below(60),
      hosts: 1 + random.below(3),
      hostsOfUnknown: 1 + random.below(10),
    },
    storm: {
      exitDelaySeconds: seconds(1200),
      backlog: random.pick(['drop', 'replay'] as const),
    },
    concurrency: 1 + random.below(10),
    rate: { kicks: 1 + random.below(20), perSeconds: 1 + seconds(120) },
    hostIntervalSeconds: seconds(900),
    flapping: { low: 5, high: 20, checkSeconds: 30 + seconds(600) },
    breaker: {
      hosts: 2 + random.below(4),
      retryAfterSeconds: 30 + seconds(900),
    },
    canaries: [],
  };
  return { source: 'random', rules: [rule], guards };
}

function counting(
  watcher: Watcher,
  tally: { decisions: number; hash: number },
): Watcher {
  const mix = (text: string): void => {
    for (let at = 0; at < text.length; at += 1) {
      tally.hash = Math.imul(tally.hash ^ text.charCodeAt(at), 0x01000193);
    }
  };
  return {
    ...watcher,
    onDecision: (event, facts, decision, nowMs) => {
      tally.decisions += 1;
      mix(
        `${nowMs} ${event.host} ${decision.kind === 'kick' ? 'kick' : decision.code}`,
      );
      watcher.onDecision(event, facts, decision, nowMs);
    },
  };
}

function pickHost(hosts: readonly HostPlan[], random: Random): HostPlan {
  const host = hosts[random.below(hosts.length)];
  if (host === undefined) throw new Error('there are no hosts');
  return host;
}
