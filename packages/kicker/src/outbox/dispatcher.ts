import { backoffMs } from '../decide/backoff.ts';
import type { ErrandRecord } from './action.ts';
import type { Ledger, Performed, PerformErrand, Timing } from '../ports.ts';

/** A monitor that is down for longer has to be told by other means. */
const giveUpAfterMs = 60 * 60 * 1000;
/** So many at once; a slow command holds up only its own. */
const atOnce = 16;

export interface Errands {
  /** Begins what is to be done now. @returns how many are left, begun or not */
  run(): number;
  /** resolves when all that were begun have ended */
  settled(): Promise<void>;
}

/**
 * Does what was charged in the ledger, again and again until it succeeds or is given up. What this process
 * has claimed and not done when it dies, the next one claims.
 */
export function createErrands({
  ledger,
  own,
  isAlive,
  perform,
  timing,
  onFailed,
  onTrouble,
}: {
  ledger: Ledger;
  own: string;
  isAlive: (owner: string) => boolean;
  perform: PerformErrand;
  timing: Timing;
  onTrouble: (error: unknown) => void;
  onFailed: (
    record: ErrandRecord,
    performed: Extract<Performed, { kind: 'failed' }>,
  ) => void;
}): Errands {
  const busy = new Map<number, Promise<void>>();
  const notBeforeMs = new Map<number, number>();

  async function work(record: ErrandRecord): Promise<void> {
    const { seq, keys, errand, at, tries } = record;
    const performed = await perform(errand);
    const ageMs = timing.clock.now().getTime() - Date.parse(at);
    const isOver =
      performed.kind === 'done' || performed.isFinal || ageMs > giveUpAfterMs;
    if (performed.kind === 'failed') onFailed(record, performed);
    if (!isOver) {
      ledger.failErrand(seq);
      const waitMs = backoffMs(tries + 1, timing.random());
      notBeforeMs.set(seq, timing.clock.monotonicMs() + waitMs);
      return;
    }
    notBeforeMs.delete(seq);
    ledger.transact((transaction) => {
      if (!transaction.endErrand(seq)) return;
      const body =
        performed.kind === 'done'
          ? ({ errand, result: 'done' } as const)
          : ({
              errand,
              result: 'failed',
              code: performed.fault.code,
              message: performed.fault.message,
            } as const);
      transaction.add([{ entry: { kind: 'errand', body }, keys }]);
    });
  }

  return {
    run: () => {
      const records = ledger.claimErrands(own, isAlive, 1000);
      const nowMs = timing.clock.monotonicMs();
      for (const record of records) {
        if (busy.size >= atOnce) break;
        const { seq } = record;
        if (busy.has(seq) || (notBeforeMs.get(seq) ?? 0) > nowMs) continue;
        busy.set(
          seq,
          work(record)
            // The ledger cannot be written: the errand stays, and is done once more.
            .catch((error: unknown) => {
              const waitMs = backoffMs(6, timing.random());
              notBeforeMs.set(seq, timing.clock.monotonicMs() + waitMs);
              onTrouble(error);
            })
            .finally(() => busy.delete(seq)),
        );
      }
      return records.length;
    },
    settled: async () => {
      while (busy.size > 0) await Promise.allSettled(busy.values());
    },
  };
}
