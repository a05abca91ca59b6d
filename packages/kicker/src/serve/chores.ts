import type { Clock } from '../ports.ts';
import type { Troubles } from './troubles.ts';

/** Something that is done every so often. */
export interface Chore {
  name: string;
  everyMs: number;
  work: () => void | Promise<void>;
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
        const failed = (error: unknown): void => troubles.failed(name, error);
        const passed = (): void => troubles.passed(name);
        try {
          const working = work();
          if (working === undefined) passed();
          else void working.then(passed, failed);
        } catch (error) {
          failed(error);
        }
      }
    },
  };
}
