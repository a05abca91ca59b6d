import type { Clock, Narrator } from '../ports.ts';

const lookEveryMs = 1000;

/** What keeps a process from leaving. */
export interface Activity {
  /** how much is under way now */
  underWay: number;
  /** how much there ever was: what came and went between two looks counts as well */
  begun: number;
}

/** What whoever starts such a process says of its leaving. */
export interface OnIdle {
  afterMs: number;
  leave: () => void;
}

/**
 * For a half of kickd that systemd starts again when it is asked: says so and leaves once nothing has kept it busy for so long.
 * @param onIdle left out: it stays
 * @param look called once a second
 * @returns what stops looking
 */
export function leaveWhenIdle(
  onIdle: OnIdle | undefined,
  event: 'runner-leaves' | 'listener-leaves',
  look: () => Activity,
  { clock, narrator }: { clock: Clock; narrator: Narrator },
): () => void {
  if (onIdle === undefined) return () => {};
  const { afterMs, leave } = onIdle;
  let busyMs = clock.monotonicMs();
  let seen = look().begun;
  const looking = setInterval(() => {
    const nowMs = clock.monotonicMs();
    const { underWay, begun } = look();
    if (underWay > 0 || begun !== seen) busyMs = nowMs;
    seen = begun;
    if (nowMs - busyMs < afterMs) return;
    clearInterval(looking);
    narrator.tell({ event, afterSeconds: afterMs / 1000 });
    leave();
  }, lookEveryMs);
  return () => clearInterval(looking);
}
