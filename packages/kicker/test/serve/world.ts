import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { Fault, type Kick, type Run } from '@kickd/protocol';
import { defaultRule, defaultRuleSet } from '../../src/decide/default-rules.ts';
import type { Moment } from '../../src/events/moment.ts';
import type { RuleSet } from '../../src/decide/rules.ts';
import { openSpool } from '../../src/io/spool.ts';
import { openLedger } from '../../src/io/sqlite-ledger.ts';
import type { Action, Feedback, Place } from '../../src/outbox/action.ts';
import type { Event } from '../../src/events/event.ts';
import type {
  AgentReply,
  Ledger,
  Lease,
  Performed,
  Transport,
} from '../../src/ports.ts';
import { createDispatcher } from '../../src/outbox/dispatcher.ts';
import { createKicks } from '../../src/kicks/kicks.ts';
import { serveLoop, type ServeEnd } from '../../src/serve/serve-loop.ts';
import { callForSetAside } from '../../src/kicks/call-set-aside.ts';
import { endPages } from '../../src/kicks/end-pages.ts';
import type { Deciding } from '../../src/kicks/deciding.ts';
import {
  handleEvent,
  type EventContext,
} from '../../src/kicks/handle-event.ts';
import { createLimiter } from '../../src/kicks/limiter.ts';

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
  told: Told[];
  /** hosts that do not answer, by certname */
  down: Set<string>;
  /** hosts that accept a kick and never end its run */
  endless: Set<string>;
  /** where a person looks: by default a service of each host */
  passive: { host?: string; service: string };
  /** what an action meets; told to fail: it is tried again */
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

/** One thing that was told outside. */
type Told =
  | (Feedback & Place)
  | (Extract<Action, { to: 'person' }> & { kind: 'command' });

interface Kicker {
  own: string;
  /** steps so far */
  steps(): number;
  isDead(): boolean;
  log: { event: string; facts: Readonly<Record<string, unknown>> }[];
  /** resolves when it has ended, by `stop` or by dying */
  ended: Promise<ServeEnd | undefined>;
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
        holdSeconds: 0,
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

/** A world that is closed when its test ends. */
export function openWorld(
  t: Test,
  rules = quickRules,
  dir = t.testdir(),
): World {
  const world = createWorld(dir, rules);
  t.teardown(() => world.close());
  return world;
}

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
  /** who has the lease; one that is gone has given it back */
  let leased = '';
  const isAlive = new Set<string>();
  const isLeased = (): boolean => isAlive.has(leased);
  let putCount = 0;
  const ledgers: Ledger[] = [shared];

  const world: World = {
    ledger: shared,
    runs: new Map(),
    posts: [],
    told: [],
    down: new Set(),
    endless: new Set(),
    passive: { service: 'kicker' },
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
      isAlive.add(own);
      let count = 0;
      let isDead = false;
      const end = new AbortController();
      const log: Kicker['log'] = [];
      const die = (): never => {
        isDead = true;
        isAlive.delete(own);
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
        beginActions: (seqs) => step(() => opened.beginActions(seqs)),
        delayAction: (...args) => step(() => opened.delayAction(...args)),
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
      const transport: Transport = {
        submit: (_target, kick) => later(() => step(() => post(kick))),
        follow: (_target, run) =>
          later(() =>
            step((): AgentReply<Run> => {
              const kick = world.runs.get(run);
              if (kick === undefined) throw new Error(`no run ${run}`);
              const state = world.endless.has(kick.certname)
                ? 'running'
                : 'ended';
              return {
                kind: 'accepted',
                status: 200,
                body: runOf(kick, state),
              };
            }),
          ),
      };
      const perform = (action: Action): Promise<Performed> =>
        later(() =>
          step((): Performed => {
            if (!world.isMonitorUp && action.to === 'monitor') {
              const fault = {
                code: 'X',
                message: 'x',
                remedy: 'x',
                exitCode: 2,
              };
              return { kind: 'failed', fault, isFinal: false };
            }
            if (action.to === 'person') {
              world.told.push({ ...action, kind: 'command' });
              return { kind: 'done' };
            }
            const { feedback, place } = action;
            world.told.push({ ...feedback, ...place });
            if (feedback.kind === 'recheck') {
              world.onRecheck({ service: '', ...place });
            }
            return { kind: 'done' };
          }),
        );
      const deciding: Deciding = {
        ledger,
        rules,
        ways: {
          can: () => true,
          command: ['/page'],
          passive: world.passive,
        },
        forSeconds: 600,
        policySeconds: 300,
        now: clock.moment,
        random: () => randomBytes(10),
      };
      const logLine = (
        event: string,
        facts: Readonly<Record<string, unknown>>,
      ): void => void log.push({ event, facts });
      const dispatcher = createDispatcher({
        outbox: ledger,
        perform,
        timing,
        onFailed: () => {},
        onTrouble: () => {},
      });
      const kicks = createKicks(
        ledger,
        () => ({
          transport,
          timing,
          limiter: createLimiter(10),
          followMs: 3_600_000,
          telling: () => ({ rules, now: clock.moment(), can: () => true }),
          watch: () => ({ kind: 'not-known' }),
          canRecheck: () => true,
        }),
        {
          log: logLine,
          // It only wakes the loop, which here never sleeps for long.
          onChange: () => {},
        },
        end.signal,
      );
      const spool = openSpool(directory, uid);
      const contextOf = (told: Event): EventContext => {
        const certname = told.host;
        const target = { name: certname, certname, address: certname, port: 1 };
        return { event: told, facts: { certname, groups: [] }, target };
      };
      const loop = (lease: Lease): Promise<ServeEnd> =>
        serveLoop(
          {
            ledger,
            lease,
            spool: {
              ...spool,
              scan: (now) =>
                isDead ? { events: [], rejected: [] } : spool.scan(now),
              remove: (name) => step(() => spool.remove(name)),
            },
            timing,
            log: logLine,
            kicks,
            dispatcher,
            heartbeat: { beat: () => {}, withdraw: () => {} },
            read: ({ args }) => ({
              contexts: [
                contextOf(
                  eventOf(JSON.parse(args[0] ?? '{}') as Partial<Event>),
                ),
              ],
            }),
            refresh: (record) => Promise.resolve(contextOf(record.event)),
            handle: (context) => handleEvent(context, deciding),
            endPages: () => endPages(deciding),
            callForSetAside: (bad) => callForSetAside(bad, deciding),
            writeMetrics: () => Promise.resolve(),
            retention: () => ({ days: 400, entries: 1_000_000 }),
            concurrency: () => rules.guards.concurrency,
          },
          (ms) => timing.pause(ms, end.signal),
          end.signal,
        );
      const ended = (async () => {
        // One at a time, as by the lock beside a ledger: who waits stands by.
        while (isLeased()) {
          if (end.signal.aborted) return undefined;
          await timing.pause(1000, end.signal);
        }
        leased = own;
        const epoch = opened.takeOver(own);
        return loop({
          holder: own,
          epoch,
          isHeld: () => true,
          release: () => {},
        });
      })();
      return {
        own,
        steps: () => count,
        isDead: () => isDead,
        log,
        ended,
        stop: async () => {
          end.abort();
          await ended;
          isAlive.delete(own);
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
