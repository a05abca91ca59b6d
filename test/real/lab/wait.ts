import { existsSync, watch, type FSWatcher } from 'node:fs';
import { dirname } from 'node:path';

const pollMs = 100;

/**
 * Waits until `probe` gives something other than undefined, and returns that.
 * Woken by changes of the files in `watch` (by their folder, so that a rename counts) and by a
 * small poll, since sockets, pipes and other people's processes cannot be watched.
 * @param what goes into the error: "waited 30 s for apache to answer"
 * @throws Error after `timeoutMs`, with what `explain` says; the signal's reason when aborted
 */
export async function waitFor<T>(
  what: string,
  probe: () => T | undefined | Promise<T | undefined>,
  options: {
    timeoutMs: number;
    signal?: AbortSignal;
    watch?: readonly string[];
    explain?: () => string;
  },
): Promise<T> {
  const startedAt = performance.now();
  let wake = (): void => {};
  const watchers = watchFolders(options.watch ?? [], () => wake());
  try {
    for (;;) {
      options.signal?.throwIfAborted();
      const found = await probe();
      if (found !== undefined) return found;
      if (performance.now() - startedAt > options.timeoutMs) {
        const facts = options.explain?.() ?? '';
        throw new Error(
          `waited ${options.timeoutMs / 1000} s for ${what}${facts && `\n${facts}`}`,
        );
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pollMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  } finally {
    for (const watcher of watchers) watcher.close();
  }
}

function watchFolders(
  files: readonly string[],
  onChange: () => void,
): FSWatcher[] {
  const folders = new Set(files.map((file) => dirname(file)));
  return [...folders]
    .filter((folder) => existsSync(folder))
    .map((folder) => watch(folder, onChange).on('error', () => {}));
}
