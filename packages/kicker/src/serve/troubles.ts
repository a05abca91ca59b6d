import { troubleOf } from '../faults.ts';
import type { Clock, Log } from '../ports.ts';

/** A trouble that lasts is told again so often. */
const againMs = 60 * 1000;

/**
 * Tells of what goes wrong again and again: when it begins, once a minute while it lasts, and when it is over. A
 * full disk fails every round; a line for each would fill the next disk.
 */
export interface Troubles {
  failed(what: string, error: unknown): void;
  passed(what: string): void;
}

export function createTroubles(
  log: Log,
  clock: Pick<Clock, 'monotonicMs'>,
): Troubles {
  const lasting = new Map<string, { code: string; toldMs: number }>();
  return {
    failed: (what, error) => {
      const facts = troubleOf(error);
      const before = lasting.get(what);
      const nowMs = clock.monotonicMs();
      const isTold =
        before?.code === facts.code && nowMs - before.toldMs < againMs;
      if (isTold) return;
      lasting.set(what, { code: facts.code, toldMs: nowMs });
      log('trouble', { what, ...facts });
    },
    passed: (what) => {
      if (lasting.delete(what)) log('trouble-over', { what });
    },
  };
}
