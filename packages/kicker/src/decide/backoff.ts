const firstMs = 1000;
const mostMs = 30 * 1000;

/**
 * How long to wait before a kick that did not get through is sent again: doubling from a second to half
 * a minute, and jittered over its upper half so that many kickers do not knock together.
 * @param failures how often it failed so far, from 1
 * @param random 0 … 1
 */
export function backoffMs(failures: number, random: number): number {
  const whole = Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 10));
  return Math.round(whole / 2 + (whole / 2) * random);
}
