/**
 * An instant that can be compared with another one after a restart and across a jump of the wall clock.
 * @see clock_gettime(2): CLOCK_MONOTONIC counts from the boot and is never set
 */
export interface Moment {
  /** milliseconds since the epoch, as the wall clock has it */
  wallMs: number;
  /** which boot of which machine: /proc/sys/kernel/random/boot_id */
  boot: string;
  /** CLOCK_MONOTONIC of that boot */
  monotonicMs: number;
}

/**
 * How long ago `from` was. Within one boot by the clock that never jumps; across boots only the wall clock
 * is left, and one that went back says "no time at all".
 * @returns milliseconds, never below 0
 */
export function elapsedMs(from: Moment, now: Moment): number {
  const elapsed =
    from.boot === now.boot
      ? now.monotonicMs - from.monotonicMs
      : now.wallMs - from.wallMs;
  return Math.max(0, elapsed);
}
