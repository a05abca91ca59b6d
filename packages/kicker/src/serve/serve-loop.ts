import { takenAt } from '../decide/places.ts';
import { fleetAt } from '../decide/steady.ts';
import type { EventContext, Handled } from '../kicks/handle-event.ts';
import type { Kicks } from '../kicks/kicks.ts';
import type { OpenRecord, WaitingRecord } from '../ledger/entry.ts';
import type { Dispatcher } from '../outbox/dispatcher.ts';
import type { BadEvents, Ledger, Lease, Log, Spool, Timing } from '../ports.ts';
import type { ReadSpooled } from './handle-spool.ts';
import { createChores, type Chore } from './chores.ts';
import { createForgetting } from './forgetting.ts';
import { handleSpool } from './handle-spool.ts';
import { tick } from './tick.ts';
import { createTroubles } from './troubles.ts';

/** What the serve loop needs of the world; what a reload replaces is asked for anew each time. */
export interface ServeWorld {
  ledger: Ledger;
  lease: Lease;
  spool: Spool;
  timing: Timing;
  log: Log;
  kicks: Kicks;
  dispatcher: Dispatcher;
  /** Says in the spool that somebody serves it, until this many milliseconds from now. */
  heartbeat: { beat(): void; withdraw(): void };
  read: ReadSpooled;
  /** A problem whose time has come, as it stands by now. */
  refresh: (record: WaitingRecord) => Promise<EventContext>;
  handle: (context: EventContext) => Handled;
  /** @returns what a person was called for, and is over since it was last asked */
  endPages: () => readonly string[];
  /** Calls a person where events were set aside. @returns whether it did so now */
  callForSetAside: (bad: BadEvents) => boolean;
  writeMetrics: () => Promise<void>;
  retention: () => { days: number; entries: number };
  concurrency: () => number;
}

/** How one serve loop came to its end. */
export type ServeEnd =
  /** it was told to stop */
  | 'stopped'
  /** nothing is left to do */
  | 'idle'
  /** the file of the ledger was deleted or replaced under it */
  | 'ledger-replaced'
  /** another kicker has taken the ledger over */
  | 'lease-lost';

/** How long one round is away at most; an event of the spool wakes it at once. */
const roundMs = 250;
/** How many problems one round looks at again. */
const dueMost = 100;

/**
 * Handles what comes, until `signal` aborts: events out of the spool, problems whose time has come, actions, kicks
 * that a dead kicker left. One trouble never stops the rest: it is logged, and tried again.
 * @param sleep resolves after this many milliseconds, or when something comes into the spool
 * @param isUntilIdle ends when nothing is left to do
 */
export async function serveLoop(
  world: ServeWorld,
  sleep: (ms: number) => Promise<void>,
  signal: AbortSignal,
  isUntilIdle = false,
): Promise<ServeEnd> {
  const { ledger, lease, kicks, dispatcher, heartbeat, log, timing } = world;
  const busy = new Set<string>();
  const troubles = createTroubles(log, timing.clock);
  const chores = createChores(timing.clock, choresOf(world));
  let end: ServeEnd | undefined;
  for (;;) {
    end ??= signal.aborted ? 'stopped' : lostLedger();
    if (end === undefined && isUntilIdle && isIdle()) end = 'idle';
    // First said, then looked once more: an event that was put there before is not left behind.
    if (end !== undefined) attempt('serving', () => heartbeat.withdraw());
    else chores.run(troubles);
    if (end === 'ledger-replaced' || end === 'lease-lost') return end;
    const handled = await handleEvents();
    if (end === 'idle' && handled > 0) {
      end = undefined;
      continue;
    }
    if (end !== undefined) break;
    attempt('due', handleDue);
    attempt('places', handleFreed);
    attempt('outbox', () => dispatcher.run());
    if (handled === 0) await sleep(roundMs);
  }
  await kicks.ended();
  await dispatcher.ended();
  return end;

  function attempt(what: string, work: () => unknown): void {
    try {
      work();
      troubles.passed(what);
    } catch (error) {
      troubles.failed(what, error);
    }
  }

  function lostLedger(): ServeEnd | undefined {
    if (!lease.isHeld()) return 'lease-lost';
    return ledger.isInPlace() ? undefined : 'ledger-replaced';
  }

  function isIdle(): boolean {
    return (
      busy.size === 0 &&
      kicks.size === 0 &&
      world.spool.isEmpty() &&
      ledger.listOpen(1).length === 0 &&
      ledger.countWaiting() === 0 &&
      ledger.countActions() === 0
    );
  }

  async function handleEvents(): Promise<number> {
    try {
      const handled = await handleSpool(world, note);
      troubles.passed('spool');
      return handled;
    } catch (error) {
      troubles.failed('spool', error);
      return 0;
    }
  }

  function handleDue(): void {
    handleAgain(ledger.listDue(timing.clock.moment(), dueMost));
  }

  /** A place of guards.concurrency that is free goes to whoever has waited for one the longest. */
  function handleFreed(): void {
    const { places, steadyMs } = fleetAt(ledger, timing.clock.moment());
    const free = world.concurrency() - takenAt(places, steadyMs);
    if (free <= 0) return;
    handleAgain(ledger.listWaiting('concurrency', Math.min(dueMost, free)));
  }

  function handleAgain(records: readonly WaitingRecord[]): void {
    for (const record of records) {
      const { subject } = record;
      if (busy.has(subject)) continue;
      busy.add(subject);
      void decideAgain(record)
        .then(
          () => troubles.passed(subject),
          (error: unknown) => troubles.failed(subject, error),
        )
        .finally(() => busy.delete(subject));
    }
  }

  async function decideAgain(record: WaitingRecord): Promise<void> {
    const context = await world.refresh(record);
    const handled = world.handle({ ...context, isAgain: true });
    const open = note(handled, context);
    if (open !== undefined) kicks.start(open, false);
  }

  /** @returns the kick that is to be sent */
  function note(
    handled: Handled,
    { event }: EventContext,
  ): OpenRecord | undefined {
    if (handled.kind === 'known' || handled.kind === 'gone') return undefined;
    if (handled.kind === 'told' && !handled.isNews) return undefined;
    const { decision } = handled;
    log('decided', {
      monitor: event.monitor,
      host: event.host,
      service: event.service,
      state: `${event.state} ${event.stateType}`,
      decision: decision.kind,
      ...(decision.kind === 'kick' ? {} : { code: decision.code }),
      reasons: decision.reasons,
      ...(handled.kind === 'send' ? { kick: handled.open.kick } : {}),
    });
    // Told to stop: it is in the ledger, and the next process sends it.
    return handled.kind === 'send' && !signal.aborted
      ? handled.open
      : undefined;
  }
}

function choresOf(world: ServeWorld): Chore[] {
  const { ledger, kicks, heartbeat, spool, timing, log } = world;
  let badBefore = 0;
  const forget = createForgetting(ledger, timing.clock);
  return [
    { name: 'heartbeat', everyMs: 1000, work: () => heartbeat.beat() },
    {
      name: 'adopt',
      everyMs: 2000,
      work: () => {
        for (const open of ledger.listOpen(10_000)) {
          if (!kicks.has(open.kick)) kicks.start(open, true);
        }
      },
    },
    {
      name: 'bad-events',
      everyMs: 60 * 1000,
      work: () => {
        const bad = spool.countBad();
        const { count, dropped, newest } = bad;
        world.callForSetAside(bad);
        if (count + dropped > badBefore) {
          log('events-set-aside', {
            count,
            dropped,
            newest: newest?.name,
            reason: newest?.reason,
            remedy: 'kicker check',
          });
        }
        badBefore = count + dropped;
      },
    },
    {
      name: 'metrics',
      everyMs: 15 * 1000,
      work: () => world.writeMetrics(),
    },
    {
      name: 'tick',
      everyMs: 60 * 1000,
      work: () => tick(ledger, timing.clock),
    },
    {
      name: 'pages',
      everyMs: 5000,
      work: () => {
        for (const page of world.endPages()) log('page-over', { page });
      },
    },
    {
      name: 'prune',
      everyMs: 60 * 1000,
      work: () => {
        const { days, entries } = world.retention();
        const nowMs = timing.clock.now().getTime();
        ledger.prune({
          before: new Date(nowMs - days * 24 * 60 * 60 * 1000),
          entriesMost: entries,
          most: 5000,
        });
      },
    },
    {
      name: 'forget',
      everyMs: 60 * 1000,
      work: () => void forget(world.retention().days),
    },
  ];
}
