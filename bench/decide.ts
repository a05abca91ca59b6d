import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { defaultRuleSet } from '../packages/kicker/src/decide/default-rules.ts';
import { judge } from '../packages/kicker/src/decide/judge.ts';
import { learn } from '../packages/kicker/src/decide/learn.ts';
import { createMapMemory } from '../packages/kicker/src/rehearse/map-memory.ts';
import type { Event } from '../packages/kicker/src/events/event.ts';
import { compare, type Row } from './row.ts';

/** 20,000 services on 10,000 hosts in 100 groups: a large fleet, in which a problem is nothing new. */
const hosts = 10_000;
const services = ['HTTP', 'SSH'];
const batch = 50_000;

/**
 * What 50,000 decisions cost, each with all that it leaves in the memory, with many problems in the
 * history and with few; and what the history costs in memory. CPU time: what one core needs.
 */
export function benchDecide(problems: number): Row[] {
  const fleet = createFleet();
  for (let problem = 0; problem < problems / 10; problem += 1) fleet.live();
  const few = { costs: fleet.measure(), mb: heapMb() };
  for (let problem = problems / 10; problem < problems; problem += 1) {
    fleet.live();
  }
  const many = { costs: fleet.measure(), mb: heapMb() };
  const count = problems.toLocaleString('en');
  return [
    compare(
      {
        name: `50,000 decisions after ${count} problems, CPU`,
        unit: 'ms',
        goal: { what: 'ours', most: 1000 },
      },
      many.costs,
      { name: 'after a tenth', samples: few.costs },
    ),
    compare(
      {
        name: `memory after ${count} problems`,
        unit: 'MB',
        goal: { what: 'ratio', most: 1.1 },
      },
      [many.mb],
      { name: 'after a tenth', samples: [few.mb] },
    ),
  ];
}

function createFleet() {
  const memory = createMapMemory();
  const rules = defaultRuleSet;
  let atMs = 0;
  let turn = 0;

  function take(state: 'OK' | 'CRITICAL', number: number): void {
    const host = number % hosts;
    const event: Event = {
      monitor: 'nagios',
      host: `web${host}`,
      service: services[Math.floor(number / hosts) % services.length] ?? '',
      state,
      stateType: 'HARD',
      attempt: 3,
      maxAttempts: 3,
      problem: String(number),
      inDowntime: false,
      hostState: 'UP',
    };
    const facts = {
      certname: `web${host}.example.com`,
      groups: [{ name: `group${host % 100}`, members: hosts / 100 }],
    };
    atMs += 500;
    const now = { wallMs: atMs, boot: 'bench', monotonicMs: atMs };
    const judged = judge(
      event,
      { rules, memory, facts, now },
      () => `kick${number}`,
    );
    memory.write(judged.changes);
    if (judged.kick === undefined) return;
    memory.write(
      learn(
        {
          kind: 'outcome',
          kick: judged.kick,
          outcome: {
            kind: 'ended',
            run: judged.kick,
            outcome: { kind: 'corrected', corrected: [], failed: [] },
          },
        },
        { rules, memory, now },
      ),
    );
  }
  /** One problem, from its HARD state to its end. */
  function live(): void {
    turn += 1;
    const number = (turn * 7919) % (hosts * services.length);
    take('CRITICAL', number);
    take('OK', number);
  }
  return {
    live,
    /** CPU milliseconds, batch by batch */
    measure: (): number[] =>
      Array.from({ length: 5 }, () => {
        const before = process.cpuUsage();
        for (let taken = 0; taken < batch; taken += 2) live();
        const { user, system } = process.cpuUsage(before);
        return (user + system) / 1000;
      }),
  };
}

/** What is really held, after everything that is not was thrown away. */
function heapMb(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
  return process.memoryUsage().heapUsed / 1e6;
}
