import type { Clock } from '../ports.ts';
import type { Troubles } from './troubles.ts';

/** Something that is done every so often. */
export interface Chore {
  name: string;
  everyMs: number;
  work: () => void;
}

/** Does each chore when its time has come, the first time at once; one that fails comes again in its turn. */
export function createChores(
  clock: Pick<Clock, 'monotonicMs'>,
  chores: readonly Chore[],
): { run(troubles: Troubles): void } {
  const nextMs = new Map<string, number>();
  return {
    run: (troubles) => {
      const nowMs = clock.monotonicMs();
      for (const { name, everyMs, work } of chores) {
        if (nowMs < (nextMs.get(name) ?? 0)) continue;
        nextMs.set(name, nowMs + everyMs);
        try {
          work();
          troubles.passed(name);
        } catch (error) {
          troubles.failed(name, error);
        }
      }
    },
  };
}
