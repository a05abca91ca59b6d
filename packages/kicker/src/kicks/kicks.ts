import type { OpenRecord } from '../ledger/entry.ts';
import { troubleOf } from '../faults.ts';
import { lookAfter, type Looking } from './follow.ts';

/** Where the ledger cannot be written, everything waits; it is tried again so often. */
const againMs = 5000;

/** The kicks that this process looks after, each on its own. */
export interface Kicks {
  /** @param isAdopted another process had it before */
  start(open: OpenRecord, isAdopted: boolean): void;
  has(kick: string): boolean;
  readonly size: number;
  settled(): Promise<void>;
}

export function createKicks(
  looking: () => Looking,
  signal: AbortSignal,
): Kicks {
  const busy = new Map<string, Promise<void>>();

  async function work(first: OpenRecord, isAdopted: boolean): Promise<void> {
    const { kick } = first;
    let open: OpenRecord | undefined = first;
    for (let isAgain = isAdopted; open !== undefined; isAgain = true) {
      const now = looking();
      try {
        await lookAfter(open, now, signal, isAgain);
        return;
      } catch (error) {
        // Whatever it is: the others go on, and this one is in the ledger.
        now.log('kick-trouble', { kick, ...troubleOf(error) });
      }
      await now.timing.pause(againMs, signal);
      if (signal.aborted) return;
      try {
        open = now.ledger.findOpen({ kick });
      } catch {
        // Still not: the same once more.
      }
    }
  }

  return {
    start: (open, isAdopted) => {
      const { kick } = open;
      if (busy.has(kick)) return;
      busy.set(
        kick,
        work(open, isAdopted).finally(() => busy.delete(kick)),
      );
    },
    has: (kick) => busy.has(kick),
    get size() {
      return busy.size;
    },
    settled: async () => {
      await Promise.allSettled(busy.values());
    },
  };
}
