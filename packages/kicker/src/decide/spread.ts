/** Nobody asks more often, however short what is waited for. */
const leastMs = 1000;

/**
 * A delay, and up to as much again (at most half a minute): hosts that wait for the same thing do not all
 * come back in the same instant. Each key always gets the same share.
 */
export function spreadMs(ms: number, key: string): number {
  const wholeMs = Math.max(ms, leastMs);
  return Math.round(wholeMs + Math.min(wholeMs, 30 * 1000) * fractionOf(key));
}

/** FNV-1a. @returns 0 … 1 */
function fractionOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  }
  return (hash >>> 0) / 2 ** 32;
}
