import type { Outcome } from '@kickd/protocol';
import { defaultRuleSet } from '../../src/decide/default-rules.ts';
import type { Facts } from '../../src/events/facts.ts';
import {
  createRehearsal,
  type Rehearsal,
  type RehearsedKick,
} from '../../src/rehearse/rehearsal.ts';
import type { RuleSet } from '../../src/decide/rules.ts';
import { createTimeline, type Timeline } from '../../src/rehearse/timeline.ts';
import type { OutcomeRecord } from '../../src/events/outcome-record.ts';
import type { Event, State } from '../../src/events/event.ts';
import { createClocks, wallStartMs, type Clocks } from './clocks.ts';
import type { Watcher } from './watcher.ts';

/** What would end a fault: a run, nothing that a run does, or a run for a minute and a half only. */
type Cure = 'run' | 'none' | 'relapse';
/** How the agent of a host answers a kick. */
type AgentMood = 'well' | 'vanished' | 'refusing' | 'unreachable';

export interface HostPlan {
  name: string;
  groups: readonly string[];
  services: readonly string[];
}

export interface StageOptions {
  hosts: readonly HostPlan[];
  rules?: RuleSet;
  watcher?: Watcher;
  /** between two checks, and between those of a SOFT problem */
  checkMs?: number;
  retryMs?: number;
  maxAttempts?: number;
  /** who watch; each tells of every change, the second a moment later */
  monitors?: readonly string[];
  /** the share of events that never arrive, and of those that arrive twice */
  lossShare?: number;
  /** 0 … 1, seeded */
  random?: () => number;
  /** the share of events that say when they were made, by the monitor's own true clock */
  datedShare?: number;
}

/** A fleet, its monitors and one kicker, in simulated time. */
export interface Stage {
  queue: Timeline;
  clocks: Clocks;
  resident: Rehearsal;
  kicks: { atMs: number; kick: RehearsedKick }[];
  pages: { atMs: number; about: string; subject: string; reason: string }[];
  problems(): number;
  /** a service breaks; `selfMs`: somebody mends it by hand then */
  breakService(
    host: string,
    service: string,
    cure: Cure,
    selfMs?: number,
  ): void;
  mend(host: string, service: string): void;
  setHost(host: string, state: 'UP' | 'DOWN' | 'UNREACHABLE'): void;
  setMood(host: string, mood: AgentMood): void;
  setServer(isUp: boolean): void;
  /** `epoch`: as Puppet's default, another version at each run */
  setPolicy(host: string, version: string): void;
  setDowntime(host: string, service: string, isIn: boolean): void;
  acknowledge(host: string, service: string, by: string | undefined): void;
  /** the monitor cannot see: everything looks broken to it */
  setBlind(isBlind: boolean): void;
  /** what the monitor says of the size of each group: a factor of the truth */
  setInventory(factor: number): void;
  /** how many changes a noop run tells of */
  setPending(host: string, changes: number): void;
  /** kicker was killed and is started again: all it has is its memory and the list of who waits */
  restart(): void;
  stop(): void;
  resume(): void;
  run(ms: number): void;
}

interface Service {
  host: Host;
  name: string;
  isBroken: boolean;
  cure: Cure;
  isInDowntime: boolean;
  acknowledgedBy: string | undefined;
  state: State;
  stateType: 'SOFT' | 'HARD';
  attempt: number;
  problem: number;
  cancelCheck: (() => void) | undefined;
}

interface Host {
  plan: HostPlan;
  state: 'UP' | 'DOWN' | 'UNREACHABLE';
  mood: AgentMood;
  policy: string;
  pending: number;
  services: Map<string, Service>;
}

const noWatcher: Watcher = {
  onEvent: () => {},
  onDecision: () => {},
  onKick: () => {},
  onNotReached: () => {},
  onEnd: () => {},
  onVerdict: () => {},
  onPolicy: () => {},
  onStop: () => {},
  onReset: () => {},
};

export function createStage({
  hosts: plans,
  rules = defaultRuleSet,
  watcher = noWatcher,
  checkMs = 5 * 60 * 1000,
  retryMs = 60 * 1000,
  maxAttempts = 4,
  monitors = ['nagios'],
  lossShare = 0,
  datedShare = 0,
  random = () => 0.5,
}: StageOptions): Stage {
  const queue = createTimeline();
  const clocks = createClocks(() => queue.nowMs());
  const kicks: Stage['kicks'] = [];
  const pages: Stage['pages'] = [];
  const sizes = new Map<string, number>();
  const hosts = new Map<string, Host>();
  let isServerUp = true;
  let isBlind = false;
  let inventory = 1;
  let problems = 0;

  for (const plan of plans) {
    const host: Host = {
      plan,
      state: 'UP',
      mood: 'well',
      policy: 'v1',
      pending: 1,
      services: new Map(),
    };
    hosts.set(plan.name, host);
    for (const group of plan.groups) {
      sizes.set(group, (sizes.get(group) ?? 0) + 1);
    }
    for (const name of plan.services) {
      host.services.set(name, {
        host,
        name,
        isBroken: false,
        cure: 'run',
        isInDowntime: false,
        acknowledgedBy: undefined,
        state: 'OK',
        stateType: 'HARD',
        attempt: 1,
        problem: 0,
        cancelCheck: undefined,
      });
    }
  }

  const resident = createRehearsal({
    rules,
    timeline: queue,
    now: () => clocks.moment(),
    send,
    refresh: (event) => {
      const service = findService(event.host, event.service ?? '');
      return {
        event: eventOf(service, event.monitor),
        facts: factsOf(service.host),
      };
    },
    hooks: {
      onEvent: (event, facts) => watcher.onEvent(event, facts, queue.nowMs()),
      onDecision: (event, facts, decision) => {
        watcher.onDecision(event, facts, decision, queue.nowMs());
        if (decision.escalate === undefined) return;
        const { about, reason } = decision.escalate;
        const subject = `${event.host} / ${event.service ?? ''}`;
        pages.push({ atMs: queue.nowMs(), about, subject, reason });
      },
      onKick: (kick, event, facts) =>
        watcher.onKick(kick, event, facts, queue.nowMs()),
      onVerdict: (kick, isHealed) =>
        watcher.onVerdict(kick, isHealed, queue.nowMs()),
    },
  });

  function endKick(kick: RehearsedKick, outcome: OutcomeRecord): void {
    watcher.onEnd(kick, didRun(outcome), queue.nowMs());
    resident.end(kick, outcome);
    // As a resident kicker asks the monitor to look at once.
    const service = hosts.get(kick.host)?.services.get(kick.service);
    if (service !== undefined) checkSoon(service, 3000);
  }
  function findHost(name: string): Host {
    const host = hosts.get(name);
    if (host === undefined) throw new Error(`there is no host ${name}`);
    return host;
  }
  function findService(host: string, name: string): Service {
    const service = findHost(host).services.get(name);
    if (service === undefined) throw new Error(`there is no service ${name}`);
    return service;
  }
  function factsOf({ plan }: Host): Facts {
    return {
      certname: plan.name,
      groups: plan.groups.map((name) => ({
        name,
        members: Math.floor((sizes.get(name) ?? 0) * inventory),
      })),
    };
  }
  function eventOf(service: Service, monitor: string): Event {
    const { host, name, state, stateType, attempt, problem } = service;
    const event: Event = {
      monitor,
      host: host.plan.name,
      service: name,
      state,
      stateType,
      attempt,
      maxAttempts,
      problem: `${monitor}-${problem}`,
      inDowntime: service.isInDowntime,
      hostState: host.state,
    };
    if (service.acknowledgedBy !== undefined) {
      event.acknowledgedBy = service.acknowledgedBy;
    }
    return event;
  }
  /** To every monitor's handler; the network may lose or double a call. */
  function tell(service: Service): void {
    for (const [index, monitor] of monitors.entries()) {
      const event = eventOf(service, monitor);
      if (random() < datedShare) {
        event.at = new Date(wallStartMs + queue.nowMs()).toISOString();
      }
      const facts = factsOf(service.host);
      if (random() < lossShare) continue;
      const take = (): void => void resident.take(event, facts);
      if (index === 0) take();
      else queue.after(200, take);
      if (random() < lossShare) queue.after(500, take);
    }
  }
  function checkSoon(service: Service, ms: number): void {
    service.cancelCheck?.();
    service.cancelCheck = queue.after(ms, () => check(service));
  }
  /** One check, by the state machine of Nagios. */
  function check(service: Service): void {
    service.cancelCheck = undefined;
    const isBad = service.isBroken || isBlind || service.host.state !== 'UP';
    if (!isBad) {
      if (service.state === 'OK') return;
      service.state = 'OK';
      service.acknowledgedBy = undefined;
      tell(service);
      service.stateType = 'HARD';
      service.attempt = 1;
      return;
    }
    const wasHard = service.state !== 'OK' && service.stateType === 'HARD';
    if (service.state === 'OK') {
      service.state = 'CRITICAL';
      service.attempt = 1;
      service.problem += 1;
      problems += 1;
    } else if (!wasHard) {
      service.attempt += 1;
    }
    service.stateType = service.attempt >= maxAttempts ? 'HARD' : 'SOFT';
    if (!wasHard) tell(service);
    checkSoon(service, service.stateType === 'HARD' ? checkMs : retryMs);
  }

  function send(kick: RehearsedKick): void {
    kicks.push({ atMs: queue.nowMs(), kick });
    const host = findHost(kick.host);
    const end = (ms: number, outcome: OutcomeRecord): void => {
      queue.after(ms, () => endKick(kick, outcome));
    };
    const accept = (): void =>
      resident.tell({ kind: 'accepted', kick: kick.id });
    switch (host.mood) {
      case 'vanished':
        queue.after(50, accept);
        return end(2 * 60 * 60 * 1000, {
          kind: 'not-known',
          code: 'X',
          message: 'x',
        });
      case 'refusing':
        return end(50, { kind: 'refused', code: 'X', message: 'x' });
      case 'unreachable':
        queue.after(5000, () => {
          watcher.onNotReached(kick, queue.nowMs());
          resident.tell({ kind: 'not-reached', kick: kick.id });
        });
        return end(10 * 60 * 1000, {
          kind: 'gave-up',
          code: 'X',
          message: 'x',
        });
      case 'well':
        queue.after(50, accept);
        queue.after(5000 + 20_000 * random(), () => {
          endKick(kick, {
            kind: 'ended',
            run: kick.id,
            outcome: runOn(host, kick),
            durationMs: 5000,
          });
        });
    }
  }
  function runOn(host: Host, kick: RehearsedKick): Outcome {
    const nothing = { corrected: [], failed: [] };
    if (!isServerUp) return { kind: 'failed', code: 'catalog', ...nothing };
    const configVersion =
      host.policy === 'epoch'
        ? String(Math.floor((wallStartMs + queue.nowMs()) / 1000))
        : host.policy;
    if (kick.decision.mode === 'noop') {
      const change = { resource: 'Service[x]' };
      return {
        kind: 'unchanged',
        ...nothing,
        pending: Array.from({ length: host.pending }, () => change),
        configVersion,
      };
    }
    let corrected = 0;
    for (const service of host.services.values()) {
      if (!service.isBroken || service.cure === 'none') continue;
      corrected += 1;
      service.isBroken = false;
      if (service.cure === 'relapse') {
        queue.after(90_000, () =>
          breakService(host.plan.name, service.name, 'relapse'),
        );
      }
    }
    return {
      kind: corrected > 0 ? 'corrected' : 'unchanged',
      corrected: [],
      failed: [],
      configVersion,
    };
  }
  function breakService(
    hostName: string,
    name: string,
    cure: Cure,
    selfMs?: number,
  ): void {
    const service = findService(hostName, name);
    if (service.isBroken) return;
    service.isBroken = true;
    service.cure = cure;
    if (service.cancelCheck === undefined)
      checkSoon(service, random() * checkMs);
    if (selfMs !== undefined) queue.after(selfMs, () => mend(hostName, name));
  }
  function mend(hostName: string, name: string): void {
    findService(hostName, name).isBroken = false;
  }
  function checkAll(services: Iterable<Service>): void {
    for (const service of services) {
      if (service.cancelCheck === undefined) {
        checkSoon(service, random() * checkMs);
      }
    }
  }

  return {
    queue,
    clocks,
    resident,
    kicks,
    pages,
    problems: () => problems,
    breakService,
    mend,
    setHost: (name, state) => {
      const host = findHost(name);
      host.state = state;
      for (const monitor of monitors) {
        resident.take(
          {
            monitor,
            host: name,
            state,
            stateType: 'HARD',
            attempt: 1,
            inDowntime: false,
          },
          factsOf(host),
        );
      }
      checkAll(host.services.values());
    },
    setMood: (name, mood) => {
      findHost(name).mood = mood;
    },
    setServer: (isUp) => {
      isServerUp = isUp;
    },
    setPolicy: (name, version) => {
      findHost(name).policy = version;
      if (version === 'epoch') return;
      watcher.onPolicy(name, queue.nowMs());
      resident.tell({
        kind: 'policy',
        certname: name,
        configVersion: version,
        runEndedMs: queue.nowMs(),
      });
    },
    setDowntime: (host, service, isIn) => {
      findService(host, service).isInDowntime = isIn;
    },
    acknowledge: (host, service, by) => {
      findService(host, service).acknowledgedBy = by;
    },
    setBlind: (isNowBlind) => {
      isBlind = isNowBlind;
      for (const host of hosts.values()) checkAll(host.services.values());
    },
    setInventory: (factor) => {
      inventory = factor;
      if (factor !== 1) return;
      // A list that is right again is told of at once: what is wrong never holds for an hour.
      for (const host of hosts.values()) {
        const [service] = host.services.values();
        if (service === undefined) continue;
        const event = eventOf(service, 'nagios');
        resident.tell({ kind: 'facts', event, facts: factsOf(host) });
      }
    },
    setPending: (host, changes) => {
      findHost(host).pending = changes;
    },
    restart: () => {
      resident.tell({ kind: 'tick' });
      resident.hurry(1000);
    },
    stop: () => {
      watcher.onStop(true, queue.nowMs());
      resident.tell({ kind: 'stopped', by: 'ada', reason: 'maintenance' });
    },
    resume: () => {
      watcher.onStop(false, queue.nowMs());
      resident.tell({ kind: 'resumed' });
      resident.hurry(0);
    },
    run: (ms) => queue.runUntil(queue.nowMs() + ms),
  };
}

/** By what was promised: what nobody can account for counts as a run, what the host refused does not. */
function didRun(outcome: OutcomeRecord): boolean {
  if (outcome.kind === 'not-known') return true;
  return outcome.kind === 'ended' && outcome.outcome.kind !== 'refused';
}
