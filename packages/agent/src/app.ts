import type { Settings } from './config/settings.ts';
import { limitKicks } from './io/limited-runner.ts';
import type { LocalRunner } from './io/local-runner.ts';
import { systemClock } from './io/system-clock.ts';
import type { Clock, Narrator } from './ports.ts';
import { startListener } from './start-listener.ts';
import { startRunner } from './start-runner.ts';

export interface Agent {
  port: number;
  /** id of a run in progress, which outlives this process */
  readonly runningId: string | undefined;
  close(): Promise<void>;
}

/**
 * Starts a whole agent in this process: listener and runner.
 * @throws StartRefused, Fault
 */
export async function startAgent(
  settings: Settings,
  narrator: Narrator,
  clock: Clock = systemClock,
): Promise<Agent> {
  let runner: LocalRunner | undefined;
  try {
    const listener = await startListener(settings, {
      narrator,
      clock,
      openRunner: () => {
        runner = startRunner(settings, { narrator, clock });
        const perMinute = settings.run.kicksPerMinute;
        return limitKicks(runner, { perMinute, clock });
      },
      at: settings.listen,
    });
    return {
      port: listener.port,
      get runningId() {
        return runner?.runningId;
      },
      close: async () => {
        await listener.close();
        await runner?.close();
      },
    };
  } catch (error) {
    await runner?.close();
    throw error;
  }
}
