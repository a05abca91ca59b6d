import { troubleOf } from '../faults.ts';
import { putSpooled } from '../io/put-spooled.ts';
import type { Log, Monitor } from '../ports.ts';

/**
 * Runs every monitor that has more than it hands over by itself: what it sees goes into the spool, as an event handler
 * puts it there. One that fails is logged, and the others go on.
 * @returns ends them, and resolves when all have ended
 */
export function runMonitors(
  monitors: ReadonlyMap<string, Monitor>,
  directory: string,
  log: Log,
): () => Promise<void> {
  const end = new AbortController();
  const running = Array.from(monitors, async ([name, monitor]) => {
    const sink = {
      put: (args: readonly string[]) => putSpooled(directory, name, args),
    };
    try {
      await monitor.run(sink, end.signal);
    } catch (error) {
      log('monitor-ended', { monitor: name, ...troubleOf(error) });
    }
  });
  return async () => {
    end.abort();
    await Promise.all(running);
  };
}
