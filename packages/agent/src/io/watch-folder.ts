import { watch, type FSWatcher } from 'node:fs';

/** Where inotify has nothing left to give, its reader looks by itself. */
export function watchFolder(dir: string): {
  next(): Promise<void>;
  close(): void;
} {
  let wake = (): void => {};
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(dir, { persistent: false }, () => wake());
    watcher.on('error', () => {});
  } catch {
    // ENOSPC: the user's limit of watches
  }
  return {
    next: () =>
      new Promise((resolve) => {
        wake = resolve;
      }),
    close: () => watcher?.close(),
  };
}
