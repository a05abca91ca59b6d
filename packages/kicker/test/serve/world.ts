import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault, type Kick, type Run } from '@kickd/protocol';
import { defaultRule, defaultRuleSet } from '../../src/decide/default-rules.ts';
import type { Moment } from '../../src/events/moment.ts';
import type { RuleSet } from '../../src/decide/rules.ts';
import { openSpool } from '../../src/io/spool.ts';
import { openLedger } from '../../src/io/sqlite-ledger.ts';
import type { Errand } from '../../src/outbox/action.ts';
import type { Event } from '../../src/events/event.ts';
import type {
  AgentClient,
  AgentReply,
  Ledger,
  Performed,
} from '../../src/ports.ts';
import { createErrands } from '../../src/outbox/dispatcher.ts';
import { createKicks } from '../../src/kicks/kicks.ts';
import type { Looking } from '../../src/kicks/follow.ts';
import { reside } from '../../src/serve/serve-loop.ts';
import { endPages } from '../../src/serve/end-pages.ts';
import { takeEvent, type Deciding } from '../../src/kicks/handle-event.ts';
import { createTurns } from '../../src/kicks/limiter.ts';

/**
 * A small world for the resident kicker: a real ledger and a real spool; hosts, monitor and time are made
 * up. Time passes where somebody waits. A kicker can be made to die at any step: whatever it does to the
 * world is one, and before or after any of them it may be gone.
 */
export interface World {
  ledger: Ledger;
  /** every run that a host made, by kick */
  runs: Map<string, Kick>;
  /** what was posted, oldest first */
  posts: string[];
  /** what the monitor and the operator's command were told */
  told: Errand[];
  /** hosts that do not answer, by certname */
  down: Set<string>;
  /** what an errand meets; told to fail: it is tried again */
  isMonitorUp: boolean;
  /** how much time passes where somebody waits, at most */
  stepMs: number;
  outcome: NonNullable<Run['outcome']>;
  /** called when the monitor is asked to look again */
  onRecheck: (event: { host: string; service: string }) => void;
  put(event: Partial<Event>): string;
  /** starts a kicker. @param dieAt after so many steps; 0.5 more: before the next */
  start(name: string, dieAt?: number): Kicker;
  nowMs(): number;
  pass(ms: number): void;
  spooled(): string[];
  close(): void;
}

interface Kicker {
  own: string;
  /** steps so far */
  steps(): number;
  isDead(): boolean;
  log: { event: string; facts: Readonly<Record<string, unknown>> }[];
  /** resolves when it has ended, by `stop` or by dying */
  ended: Promise<void>;
  stop(): Promise<void>;
}

/** A Fault, so that nobody takes the death of a kicker for a mistake in it. */
const dead = () =>
  new Fault({ code: 'DEAD', message: 'dead', remedy: 'x', exitCode: 1 });

export const quickRules: RuleSet = {
  ...defaultRuleSet,
  rules: [
    {
      ...defaultRule,
      coolDownSeconds: 0,
      verifySeconds: 60,
      tell: {
        comment: true,
        acknowledge: true,
        escalate: ['comment', 'command'],
      },
    },
  ],
  guards: {
    ...defaultRuleSet.guards,
    hostIntervalSeconds: 0,
    share: { percent: 100, hosts: 100_000, hostsOfUnknown: 100_000 },
    rate: { kicks: 100_000, perSeconds: 1 },
    concurrency: 100_000,
  },
};

export function createWorld(dir: string, rules = quickRules): World {
  mkdirSync(dir, { recursive: true });
  let nowMs = Date.parse('2026-03-01T00:00:00Z');
  const clock = {
    now: () => new Date(nowMs),
    monotonicMs: () => nowMs,
    moment: (): Moment => ({ wallMs: nowMs, boot: 'boot', monotonicMs: nowMs }),
  };
  const uid = process.getuid?.() ?? 0;
  const directory = join(dir, 'spool');
  const file = join(dir, 'ledger.sqlite');
  openSpool(directory, uid);
  const shared = openLedger(file, clock);
  const alive = new Set<string>();
  let putCount = 0;
  const ledgers: Ledger[] = [shared];

  const world: World = {
    ledger: shared,
    runs: new Map(),
    posts: [],
    told: [],
    down: new Set(),
    isMonitorUp: true,
    stepMs: 1000,
    outcome: {
      kind: 'corrected',
      corrected: [{ resource: 'Service[apache2]' }],
      failed: [],
    },
    onRecheck: () => {},
    put: (event) => {
      const name = randomUUID();
      putCount += 1;
      const fields = ['kicker-event-1', 'nagios', JSON.stringify(event), '.'];
      const path = join(directory, 'new', name);
      writeFileSync(path, fields.map((field) => `${field}\0`).join(''));
      // The kernel's own stamps are alike within some milliseconds.
      const at = nowMs / 1000 + putCount / 1000;
      utimesSync(path, at, at);
      return name;
    },
    nowMs: () => nowMs,
    pass: (ms) => (nowMs += ms),
    spooled: () => readdirSync(join(directory, 'new')),
    close: () => {
      for (const ledger of ledgers) ledger.close();
    },
    start: (own, dieAt = Number.POSITIVE_INFINITY) => {
      alive.add(own);
      let count = 0;
      let isDead = false;
      const end = new AbortController();
      const log: Kicker['log'] = [];
      const die = (): never => {
        isDead = true;
        alive.delete(own);
        end.abort();
        throw dead();
      };
      /** One step: something that others can see. */
      const step = <Result>(work: () => Result): Result => {
        if (isDead) throw dead();
        if (count + 0.5 === dieAt) die();
        const result = work();
        count += 1;
        if (count === dieAt) die();
        return result;
      };
      const opened = openLedger(file, clock);
      ledgers.push(opened);
      const ledger: Ledger = {
        ...opened,
        transact: (work) => step(() => opened.transact(work)),
        append: (entries) => step(() => opened.append(entries)),
        claim: (...args) => step(() => opened.claim(...args)),
        failErrand: (seq) => step(() => opened.failErrand(seq)),
        claimErrands: (...args) =>
          opened.countErrands() === 0
            ? []
            : step(() => opened.claimErrands(...args)),
      };
      const timing = {
        clock,
        random: () => 0.5,
        pause: (ms: number, signal: AbortSignal): Promise<void> =>
          new Promise((resolve) => {
            if (!signal.aborted) nowMs += Math.min(ms, world.stepMs);
            setImmediate(resolve);
          }),
      };
      const runOf = (kick: Kick, state: Run['state']): Run => ({
        run: kick.kick,
        certname: kick.certname,
        cm: 'puppet-agent',
        state,
        noop: false,
        kicks: [],
        queuedAt: '2026-03-01T00:00:00Z',
        ...(state === 'ended' ? { durationMs: 5, outcome: world.outcome } : {}),
      });
      const post = (kick: Kick): AgentReply<Run> => {
        if (world.down.has(kick.certname)) {
          const code = 'CONNECT_REFUSED';
          return {
            kind: 'not-sent',
            fault: { code, message: 'down', remedy: 'x', exitCode: 4 },
          };
        }
        world.posts.push(kick.kick);
        world.runs.set(kick.kick, kick);
        return { kind: 'accepted', status: 202, body: runOf(kick, 'running') };
      };
      const unused = () => Promise.reject(new Error('not asked for'));
      const client: AgentClient = {
        postRun: (_target, kick) => later(() => step(() => post(kick))),
        getRun: (_target, run) =>
          later(() =>
            step((): AgentReply<Run> => {
              const kick = world.runs.get(run);
              if (kick === undefined) throw new Error(`no run ${run}`);
              return {
                kind: 'accepted',
                status: 200,
                body: runOf(kick, 'ended'),
              };
            }),
          ),
        followLog: unused,
        getRuns: unused,
        getStatus: unused,
      };
      const perform = (errand: Errand): Promise<Performed> =>
        later(() =>
          step((): Performed => {
            if (!world.isMonitorUp) {
              const fault = {
                code: 'X',
                message: 'x',
                remedy: 'x',
                exitCode: 2,
              };
              return { kind: 'failed', fault, isFinal: false };
            }
            world.told.push(errand);
            if (errand.kind === 'recheck') world.onRecheck(errand);
            return { kind: 'done' };
          }),
        );
      const deciding: Deciding = {
        ledger,
        rules,
        ways: {
          hasMonitor: true,
          command: ['/page'],
          passive: { service: 'kicker' },
        },
        forSeconds: 600,
        policySeconds: 300,
        own,
        isAlive: (owner) => alive.has(owner),
        now: clock.moment,
        random: () => randomBytes(10),
      };
      const errands = createErrands({
        ledger,
        own,
        isAlive: deciding.isAlive,
        perform,
        timing,
        onFailed: () => {},
        onTrouble: () => {},
      });
      const looking: Looking = {
        client,
        ledger,
        rules,
        timing,
        own,
        followMs: 3_600_000,
        hasMonitor: true,
        watch: () => ({ kind: 'not-known' }),
        inTurn: createTurns(10),
        onErrands: () => {
          if (!isDead) errands.run();
        },
        log: (event, facts) => log.push({ event, facts }),
      };
      const kicks = createKicks(() => looking, end.signal);
      const spool = openSpool(directory, uid);
      const incomingOf = (told: Event) => {
        const certname = told.host;
        const target = { name: certname, certname, address: certname, port: 1 };
        return { event: told, facts: { certname, groups: [] }, target };
      };
      const ended = reside(
        {
          ledger,
          spool: {
            ...spool,
            scan: (now) =>
              isDead ? { events: [], rejected: [] } : spool.scan(now),
            remove: (name) => step(() => spool.remove(name)),
          },
          own,
          isAlive: deciding.isAlive,
          timing,
          log: looking.log,
          kicks,
          errands,
          serving: { assert: () => {}, withdraw: () => {} },
          read: ({ args }) => ({
            incoming: incomingOf(
              eventOf(JSON.parse(args[0] ?? '{}') as Partial<Event>),
            ),
          }),
          again: (record) => Promise.resolve(incomingOf(record.event)),
          take: (incoming) => takeEvent(incoming, deciding),
          endPages: () => endPages(deciding),
          retention: () => ({ days: 400, entries: 1_000_000 }),
        },
        (ms) => timing.pause(ms, end.signal),
        end.signal,
      );
      return {
        own,
        steps: () => count,
        isDead: () => isDead,
        log,
        ended,
        stop: async () => {
          end.abort();
          await ended;
          alive.delete(own);
        },
      };
    },
  };
  return world;
}

/** Not in the same turn: as from a network. */
async function later<Result>(work: () => Result): Promise<Result> {
  await new Promise((resolve) => setImmediate(resolve));
  return work();
}

function eventOf(part: Partial<Event>): Event {
  return {
    monitor: 'nagios',
    host: 'web1',
    service: 'HTTP',
    state: 'CRITICAL',
    stateType: 'SOFT',
    attempt: 3,
    maxAttempts: 4,
    problem: '1',
    inDowntime: false,
    hostState: 'UP',
    ...part,
  };
}

export const problemOf = (host: string, id = '1') =>
  JSON.stringify(['nagios', host, 'HTTP', id]);

/** Looks until it is so. @throws after a while of the world's time */
export async function until(
  what: string,
  world: World,
  isSo: () => boolean,
  withinMs = 24 * 60 * 60 * 1000,
): Promise<void> {
  const endMs = world.nowMs() + withinMs;
  while (!isSo()) {
    if (world.nowMs() > endMs) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
