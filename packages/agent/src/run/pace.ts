/**
 * The host's own interval between the starts of two kicked runs, which no caller can shorten.
 * Measured by the clock that never jumps; the start before a restart of kickd is known by the wall
 * clock alone, so it counts for at most one interval.
 */
export class Pace {
  readonly #intervalMs: number;
  #lastStartMs: number;

  /**
   * @param sinceLastStartMs wall-clock age of the last start, Infinity when there was none
   * @param nowMs monotonic
   */
  constructor(intervalMs: number, sinceLastStartMs: number, nowMs: number) {
    this.#intervalMs = intervalMs;
    // a start in the future is a clock that was set back: it counts as now
    this.#lastStartMs = nowMs - Math.max(0, sinceLastStartMs);
  }

  /** Milliseconds until a run may start; 0 when it may now. */
  restMs(nowMs: number): number {
    return Math.max(0, this.#lastStartMs + this.#intervalMs - nowMs);
  }

  started(nowMs: number): void {
    this.#lastStartMs = nowMs;
  }
}
