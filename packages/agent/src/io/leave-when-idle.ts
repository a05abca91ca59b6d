import type { Clock } from '../ports.ts';

const lookEveryMs = 1000;

/** What keeps a process from leaving. */
export interface Activity {
  /** how much is under way now */
  underWay: number;
  /** how much there ever was: what came and went between two looks counts as well */
  begun: number;
}

/**
 * For a process that systemd starts again when it is asked: ends it once nothing has kept it busy for so long.
 * @param look called once a second
 * @returns what stops looking
 */
export function leaveWhenIdle(
  { afterMs, leave }: { afterMs: number; leave: () => void },
  look: () => Activity,
  clock: Clock,
): () => void {
  let busyMs = clock.monotonicMs();
  let seen = look().begun;
  const looking = setInterval(() => {
    const nowMs = clock.monotonicMs();
    const { underWay, begun } = look();
    if (underWay > 0 || begun !== seen) busyMs = nowMs;
    seen = begun;
    if (nowMs - busyMs < afterMs) return;
    clearInterval(looking);
    leave();
  }, lookEveryMs);
  return () => clearInterval(looking);
}
