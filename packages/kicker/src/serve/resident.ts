import type { Incoming, Taken } from './take-event.ts';
import type { SpooledEvent } from '../spool/spool-file.ts';
import type { OpenRecord, WaitingRecord } from '../ledger/entry.ts';
import type { Errands } from './errands.ts';
import type { Kicks } from './kicks.ts';
import { createChores, type Chore } from './chores.ts';
import { troubleOf } from './trouble.ts';
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
  retention: () => { days: number; entries: number };
}

/** How long one round is away at most; an event of the spool wakes it at once. */
const roundMs = 250;
/** An event that lay there for longer may be over by a later one: all of them are taken before any kick is sent. */
const backlogMs = 10 * 1000;
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
  const chores = createChores(timing.clock, choresOf(residence));
  for (;;) {
    const isLast = signal.aborted;
    // First said, then looked once more: an event that was put there before is not left behind.
    if (isLast) attempt(() => serving.withdraw());
    else
      chores.run((chore, error) =>
        log('trouble', { chore, ...troubleOf(error) }),
      );
    const taken = await takeSpool();
    if (isLast) break;
    attempt(() => takeDue());
    attempt(() => errands.run());
    if (taken === 0) await sleep(roundMs);
  }
  await kicks.settled();
  await errands.settled();

  function attempt(work: () => unknown): void {
    try {
      work();
    } catch (error) {
      log('trouble', troubleOf(error));
    }
  }

  /** @returns how many events were taken */
  async function takeSpool(): Promise<number> {
    let count = 0;
    const left: OpenRecord[] = [];
    try {
      const { events, rejected } = residence.spool.scan();
      for (const [index, { name, flaw, movedTo }] of rejected.entries()) {
        // A spool full of rubbish must not fill the log as well.
        if (index < 10) log('spool-rejected', { name, flaw, movedTo });
      }
      if (rejected.length > 10) {
        log('spool-rejected', { more: rejected.length - 10 });
      }
      const nowMs = timing.clock.now().getTime();
      for (const event of events) {
        const open = takeOne(event);
        count += 1;
        if (open !== undefined) {
          if (nowMs - event.at.getTime() > backlogMs) left.push(open);
          else kicks.start(open, false);
        }
        // The others have their turn between two events.
        await timing.pause(0, never);
      }
    } catch (error) {
      log('trouble', troubleOf(error));
      count = 0;
    }
    for (const open of left) kicks.start(open, false);
    return count;
  }

  function takeOne(event: SpooledEvent): OpenRecord | undefined {
    const read = residence.read(event);
    if ('code' in read) {
      residence.spool.reject(event.name, read.code);
      return undefined;
    }
    const incoming = { ...read.incoming, source: event.name };
    const open = note(residence.take(incoming), incoming);
    residence.spool.remove(event.name);
    return open;
  }

  function takeDue(): void {
    const due = residence.ledger.listDue(timing.clock.moment(), dueMost);
    for (const record of due) {
      const { subject } = record;
      if (busy.has(subject)) continue;
      busy.add(subject);
      void lookAgain(record)
        .catch((error: unknown) =>
          log('trouble', { subject, ...troubleOf(error) }),
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

const never = new AbortController().signal;

function choresOf(residence: Residence): Chore[] {
  const { ledger, spool, own, isAlive, kicks, serving, timing } = residence;
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
      name: 'recover',
      everyMs: 60 * 1000,
      work: () => spool.recover(timing.clock.now().getTime()),
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
  ];
}
