import { execa } from 'execa';

/** Tells systemd that the serve loop works; without a watchdog it tells nobody. */
export interface Watchdog {
  /** called by each round of the loop: one that hangs does not */
  beat(): void;
}

/**
 * @param env NOTIFY_SOCKET and WATCHDOG_USEC, as systemd sets them. Node cannot write to a datagram socket, so
 *   systemd-notify does it: the unit needs NotifyAccess=all.
 * @see sd_notify(3), sd_watchdog_enabled(3)
 */
export function createWatchdog(
  env: Readonly<Record<string, string | undefined>>,
  monotonicMs: () => number,
): Watchdog {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: usec, PATH } = env;
  const everyMs = Number(usec) / 1000 / 3;
  if (socket === undefined || !(everyMs > 0)) return { beat: () => {} };
  let nextMs = 0;
  return {
    beat: () => {
      const nowMs = monotonicMs();
      if (nowMs < nextMs) return;
      nextMs = nowMs + everyMs;
      // Without the program systemd starts kicker again, and says so.
      void execa('systemd-notify', ['WATCHDOG=1'], {
        env: { PATH: PATH ?? '/usr/bin:/bin', NOTIFY_SOCKET: socket },
        extendEnv: false,
        stdio: 'ignore',
        reject: false,
      });
    },
  };
}
