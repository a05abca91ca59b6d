import { watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';

/** Notices when something comes into the spool. */
export interface SpoolWatch {
  /** resolves after `ms`, when something has come since the last call, or when `signal` aborts */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** something else has come that the loop should see at once */
  wake(): void;
  close(): void;
}

/** Where the kernel has no watch to give, only the time wakes: the spool is looked at every round anyway. */
export function watchSpool(directory: string): SpoolWatch {
  let hasCome = false;
  let wake = (): void => {};
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(join(directory, 'new'), () => {
      hasCome = true;
      wake();
    });
    watcher.on('error', () => watcher?.close());
  } catch {
    watcher = undefined;
  }
  return {
    wake: () => {
      hasCome = true;
      wake();
    },
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const end = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', end);
          wake = () => {};
          hasCome = false;
          resolve();
        };
        const timer = setTimeout(end, ms);
        signal.addEventListener('abort', end);
        wake = end;
        if (hasCome || signal.aborted) end();
      }),
    close: () => watcher?.close(),
  };
}
