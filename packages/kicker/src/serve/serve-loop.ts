import type { Incoming, Taken } from '../kicks/handle-event.ts';
import type { SpooledEvent } from '../spool/spool-file.ts';
import type { OpenRecord, WaitingRecord } from '../ledger/entry.ts';
import type { Errands } from '../outbox/dispatcher.ts';
import type { Kicks } from '../kicks/kicks.ts';
import { createChores, type Chore } from './chores.ts';
import { takeSpool } from './handle-spool.ts';
import { createForgetting } from './forgetting.ts';
import { tick } from './tick.ts';
import { createTroubles } from './troubles.ts';
import type { Ledger, Log, Spool, Timing } from '../ports.ts';

/** What a resident kicker needs of the world; all of it is asked for anew, so that a reload counts at once. */
export interface Residence {
  ledger: Ledger;
  spool: Spool;
  own: string;
  isAlive: (owner: string) => boolean;
  timing: Timing;
  log: Log;
  kicks: Kicks;
  errands: Errands;
  /** Says in the spool that somebody serves it, as long as that is true. */
  serving: { assert(): void; withdraw(): void };
  /** @returns undefined where the arguments say nothing that can be used; the reason is logged */
  read: (event: SpooledEvent) => { incoming: Incoming } | { code: string };
  /** A problem whose time has come, as it stands by now. */
  again: (record: WaitingRecord) => Promise<Incoming>;
  take: (incoming: Incoming) => Taken;
  /** @returns what a person was called for, and is over since it was last asked */
  endPages: () => readonly string[];
  retention: () => { days: number; entries: number };
}

/** How long one round is away at most; an event of the spool wakes it at once. */
const roundMs = 250;
/** How many problems one round looks at again. */
const dueMost = 100;

/**
 * Takes what comes, until `signal` aborts: events out of the spool, problems whose time has come, errands,
 * kicks and errands that a dead kicker left. One trouble never stops the rest: it is logged, and tried again.
 * @param sleep resolves after so many milliseconds, or when something comes into the spool
 */
export async function reside(
  residence: Residence,
  sleep: (ms: number) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { kicks, errands, serving, log, timing } = residence;
  const busy = new Set<string>();
  const troubles = createTroubles(log, timing.clock);
  const chores = createChores(timing.clock, choresOf(residence));
  for (;;) {
    const isLast = signal.aborted;
    // First said, then looked once more: an event that was put there before is not left behind.
    if (isLast) attempt('serving', () => serving.withdraw());
    else chores.run(troubles);
    const taken = await takeEvents();
    if (isLast) break;
    attempt('due', () => takeDue());
    attempt('errands', () => errands.run());
    if (taken === 0) await sleep(roundMs);
  }
  await kicks.settled();
  await errands.settled();

  function attempt(what: string, work: () => unknown): void {
    try {
      work();
      troubles.passed(what);
    } catch (error) {
      troubles.failed(what, error);
    }
  }

  async function takeEvents(): Promise<number> {
    try {
      const taken = await takeSpool(residence, note);
      troubles.passed('spool');
      return taken;
    } catch (error) {
      troubles.failed('spool', error);
      return 0;
    }
  }

  function takeDue(): void {
    const due = residence.ledger.listDue(timing.clock.moment(), dueMost);
    for (const record of due) {
      const { subject } = record;
      if (busy.has(subject)) continue;
      busy.add(subject);
      void lookAgain(record)
        .then(
          () => troubles.passed(subject),
          (error: unknown) => troubles.failed(subject, error),
        )
        .finally(() => busy.delete(subject));
    }
  }

  async function lookAgain(record: WaitingRecord): Promise<void> {
    const incoming = await residence.again(record);
    const taken = residence.take({ ...incoming, isAgain: true });
    const open = note(taken, incoming);
    if (open !== undefined) kicks.start(open, false);
  }

  /** @returns the kick that this process has to send */
  function note(taken: Taken, { event }: Incoming): OpenRecord | undefined {
    if (taken.kind === 'known' || taken.kind === 'gone') return undefined;
    if (taken.kind === 'told' && !taken.isNews) return undefined;
    const { decision } = taken;
    log('decided', {
      host: event.host,
      service: event.service,
      state: `${event.state} ${event.stateType}`,
      decision: decision.kind,
      ...(decision.kind === 'kick' ? {} : { code: decision.code }),
      reasons: decision.reasons,
      ...(taken.kind === 'send' ? { kick: taken.open.kick } : {}),
    });
    // Told to stop: it is in the ledger, and the next process sends it.
    return taken.kind === 'send' && !signal.aborted ? taken.open : undefined;
  }
}

function choresOf(residence: Residence): Chore[] {
  const { ledger, own, isAlive, kicks, serving, timing, log } = residence;
  const forget = createForgetting(ledger, timing.clock);
  return [
    { name: 'serving', everyMs: 1000, work: () => serving.assert() },
    {
      name: 'adopt',
      everyMs: 2000,
      work: () => {
        for (const open of ledger.listOpen(10_000)) {
          const { kick, owner } = open;
          const isMine =
            owner === own ||
            (!isAlive(owner) && ledger.claim(kick, owner, own));
          if (isMine && !kicks.has(kick)) {
            kicks.start({ ...open, owner: own }, true);
          }
        }
      },
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
        for (const page of residence.endPages()) log('page-over', { page });
      },
    },
    {
      name: 'prune',
      everyMs: 60 * 1000,
      work: () => {
        const { days, entries } = residence.retention();
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
      work: () => void forget(residence.retention().days),
    },
  ];
}
