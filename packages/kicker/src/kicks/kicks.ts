import type { Event } from '../events/event.ts';
import type { OutcomeRecord } from '../events/outcome-record.ts';
import { replyRecordOf } from '../ledger/reply-record.ts';
import type { OpenRecord } from '../ledger/entry.ts';
import type { Ledger, Log } from '../ports.ts';
import { troubleOf } from '../faults.ts';
import { awaitVerdict, type Watch } from './await-verdict.ts';
import { driveKick, type Driving, type KickStore } from './drive-kick.ts';
import { tellKick, type Telling } from './tell-kick.ts';

/** Where the ledger cannot be written, everything waits; it is tried again so often. */
const againMs = 5000;

/** What driving the kicks of the ledger needs; asked for anew with each kick, so that a reload counts. */
export interface Kicking extends Omit<Driving, 'isStopped' | 'mayRetry'> {
  telling: () => Telling;
  watch: Watch;
  /** whether the monitor of an event can be asked to look again */
  canRecheck: (event: Event) => boolean;
}

/** The kicks under way, each driven on its own. */
export interface Kicks {
  /** @param isAdopted another process had it before, and may have sent it */
  start(open: OpenRecord, isAdopted: boolean): void;
  has(kick: string): boolean;
  readonly size: number;
  /** resolves when none is driven any more */
  ended(): Promise<void>;
}

/**
 * @param onChange something was written that somebody else has to do: an action, a place that is free
 * @param signal aborts when this process ends; the kicks stay open in the ledger
 */
export function createKicks(
  ledger: Ledger,
  kicking: () => Kicking,
  { log, onChange }: { log: Log; onChange: () => void },
  signal: AbortSignal,
): Kicks {
  const busy = new Map<string, Promise<void>>();

  async function work(open: OpenRecord, isAdopted: boolean): Promise<void> {
    const { kick } = open;
    // Where the ledger could not be written, a reply is lost, as it is with a process.
    let isInDoubt = isAdopted;
    while (!signal.aborted) {
      const now = kicking();
      const store = createStore(open, ledger, now.telling, { log, onChange });
      try {
        if (isInDoubt) store.tell({ kind: 'adopted' });
        const driving = {
          ...now,
          isStopped: () => ledger.read('fleet', '')?.stopped !== undefined,
          mayRetry: () => true,
        };
        const reply: KickStore['reply'] = (...which) => {
          isInDoubt = true;
          store.reply(...which);
          isInDoubt = false;
        };
        await driveKick(open, { ...store, reply }, driving, signal);
        await awaitVerdict(
          open,
          store,
          { ...now, canRecheck: now.canRecheck(open.event) },
          signal,
        );
        return;
      } catch (error) {
        // Whatever it is: the others go on, and this one is in the ledger.
        log('kick-trouble', { kick, ...troubleOf(error) });
      }
      await now.timing.pause(againMs, signal);
    }
  }

  return {
    start: (open, isAdopted) => {
      const { kick } = open;
      if (busy.has(kick)) return;
      busy.set(
        kick,
        work(open, isAdopted).finally(() => {
          busy.delete(kick);
          onChange();
        }),
      );
    },
    has: (kick) => busy.has(kick),
    get size() {
      return busy.size;
    },
    ended: async () => {
      while (busy.size > 0) await Promise.allSettled(busy.values());
    },
  };
}

/** The stage of a kick in the ledger. */
function createStore(
  { kick, problem, target }: OpenRecord,
  ledger: Ledger,
  telling: () => Telling,
  { log, onChange }: { log: Log; onChange: () => void },
): KickStore {
  const host = target.name;
  const note = (outcome: OutcomeRecord | undefined): void => {
    if (outcome !== undefined) {
      log('kick-ended', { kick, host, ...factsOf(outcome) });
    }
    onChange();
  };
  return {
    read: () => ledger.findOpen({ kick })?.progress,
    tell: (news) =>
      note(
        ledger.transact((transaction) =>
          tellKick(transaction, kick, news, telling()),
        ),
      ),
    reply: (reply, news) => {
      const body = replyRecordOf(reply);
      const outcome = ledger.transact((transaction) => {
        const keys = { kick, problem };
        transaction.add([{ entry: { kind: 'reply', body }, keys }]);
        return tellKick(transaction, kick, news, telling());
      });
      log('reply', { kick, host, ...body });
      note(outcome);
    },
  };
}

/** An outcome for the log: words and names, never the host's whole reply. */
function factsOf(record: OutcomeRecord) {
  if (record.kind !== 'ended') {
    const { kind, code, message } = record;
    return { outcome: kind, code, message };
  }
  const { run, durationMs, outcome } = record;
  const { kind, code, corrected, failed } = outcome;
  return {
    run,
    outcome: kind,
    code,
    durationMs,
    corrected: corrected.map(({ resource }) => resource),
    failed,
  };
}
