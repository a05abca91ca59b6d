import type { Clock } from '../ports.ts';

const lookEveryMs = 1000;

/**
 * For a process that systemd starts again when it is asked: ends it once nothing has kept it busy for so long.
 * @param isBusy looked at once a second
 * @returns what stops looking
 */
export function leaveWhenIdle(
  { afterMs, leave }: { afterMs: number; leave: () => void },
  isBusy: () => boolean,
  clock: Clock,
): () => void {
  let busyMs = clock.monotonicMs();
  const look = setInterval(() => {
    const nowMs = clock.monotonicMs();
    if (isBusy()) busyMs = nowMs;
    if (nowMs - busyMs < afterMs) return;
    clearInterval(look);
    leave();
  }, lookEveryMs);
  return () => clearInterval(look);
}
