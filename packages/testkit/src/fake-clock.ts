/** A clock that moves only when a test says so. */
export interface FakeClock {
  /** wall clock */
  now(): Date;
  /** milliseconds since the clock was made; `setWall` leaves it alone */
  monotonicMs(): number;
  /** Resolves once `advance` has passed `ms`; rejects with the reason of an aborted signal. */
  sleep(ms: number, options?: { signal?: AbortSignal }): Promise<void>;
  /** Moves both clocks and wakes the sleepers that are due, earliest first. */
  advance(ms: number): Promise<void>;
  /** A step of the wall clock alone (NTP, a person). */
  setWall(at: Date): void;
  /** how many sleep, so that a test can wait for "it sleeps now" without sleeping itself */
  sleepers(): number;
}

interface Sleeper {
  dueMs: number;
  wake(): void;
}

/** @param startAt ISO 8601; a fixed day by default, so that a test never depends on today */
export function createFakeClock(startAt = '2026-03-01T00:00:00Z'): FakeClock {
  let wallMs = Date.parse(startAt);
  let passedMs = 0;
  const sleeping = new Set<Sleeper>();
  const move = (ms: number): void => {
    wallMs += ms;
    passedMs += ms;
  };
  return {
    now: () => new Date(wallMs),
    monotonicMs: () => passedMs,
    sleepers: () => sleeping.size,
    setWall(at) {
      wallMs = +at;
    },
    sleep(ms, { signal } = {}) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error);
        const onAbort = (): void => {
          sleeping.delete(sleeper);
          reject(signal?.reason as Error);
        };
        const sleeper: Sleeper = {
          dueMs: passedMs + ms,
          wake() {
            sleeping.delete(sleeper);
            signal?.removeEventListener('abort', onAbort);
            resolve();
          },
        };
        sleeping.add(sleeper);
        signal?.addEventListener('abort', onAbort, { once: true });
      });
    },
    async advance(ms) {
      const endMs = passedMs + ms;
      for (;;) {
        const next = [...sleeping]
          .filter(({ dueMs }) => dueMs <= endMs)
          .toSorted((a, b) => a.dueMs - b.dueMs)[0];
        if (next === undefined) break;
        move(Math.max(0, next.dueMs - passedMs));
        next.wake();
        // whoever woke may go to sleep again before the clock moves on
        await new Promise((resolve) => setImmediate(resolve));
      }
      move(endMs - passedMs);
    },
  };
}
