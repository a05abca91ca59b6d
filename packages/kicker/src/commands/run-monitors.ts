import { troubleOf } from '../faults.ts';
import { putSpooled } from '../io/put-spooled.ts';
import type { Log, Monitor, Timing } from '../ports.ts';

/** One that failed is run again after so long. */
const againMs = 10_000;

/**
 * Runs every monitor that has more than it hands over by itself: what it sees goes into the spool, as an event handler
 * puts it there. One that fails is logged and run again, and the others go on.
 * @returns ends them, and resolves when all have ended
 */
export function runMonitors(
  monitors: ReadonlyMap<string, Monitor>,
  directory: string,
  { log, timing }: { log: Log; timing: Pick<Timing, 'pause'> },
): () => Promise<void> {
  const end = new AbortController();
  const { signal } = end;
  const running = Array.from(monitors, async ([name, monitor]) => {
    const sink = {
      put: (args: readonly string[]) => putSpooled(directory, name, args),
    };
    while (!signal.aborted) {
      try {
        await monitor.run(sink, signal);
      } catch (error) {
        log('monitor-failed', { monitor: name, ...troubleOf(error) });
      }
      await timing.pause(againMs, signal);
    }
  });
  return async () => {
    end.abort();
    await Promise.all(running);
  };
}
