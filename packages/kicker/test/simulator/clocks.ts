import type { Moment } from '../../src/events/moment.ts';

/** The clocks of the machine that kicker runs on, which may lie. */
export interface Clocks {
  moment(): Moment;
  /** somebody sets the wall clock */
  jump(byMs: number): void;
  /** another boot: CLOCK_MONOTONIC begins anew, the wall clock goes on as it was */
  reboot(): void;
  /** asleep for a while that CLOCK_MONOTONIC does not count */
  suspend(ms: number): void;
}

export const wallStartMs = Date.parse('2026-03-01T12:00:00Z');

/** @param nowMs true time */
export function createClocks(nowMs: () => number): Clocks {
  let offsetMs = 0;
  let boots = 1;
  let zeroMs = 0;
  return {
    moment: () => ({
      wallMs: wallStartMs + nowMs() + offsetMs,
      boot: `boot-${boots}`,
      monotonicMs: nowMs() - zeroMs,
    }),
    jump: (byMs) => {
      offsetMs += byMs;
    },
    reboot: () => {
      boots += 1;
      zeroMs = nowMs();
    },
    suspend: (ms) => {
      // Never back before an instant that was told already.
      zeroMs = Math.min(zeroMs + ms, nowMs());
    },
  };
}
