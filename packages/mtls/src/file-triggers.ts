import { watch, type FSWatcher } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { TlsFiles } from './material.ts';

/** A file younger than this may change again under the same stamp (coarse clocks of file systems). */
const stampGrainMs = 2000;

/** Identity of the four files without reading them. @param now wall clock */
export async function stampOf(
  files: TlsFiles,
  now: Date,
): Promise<{ text: string; isSettled: boolean }> {
  let isSettled = true;
  const parts = await Promise.all(
    Object.values(files).map(async (file: string) => {
      try {
        // the change time tells of another mode as well, and no program can set it back
        const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs } = await stat(file, {
          bigint: true,
        });
        if (+now - Number(ctimeMs) < stampGrainMs) isSettled = false;
        return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
      } catch (error) {
        return String(error);
      }
    }),
  );
  return { text: parts.join(' '), isSettled };
}

/**
 * Calls `onTrigger` whenever the files may have changed: on an event of their directories, and every
 * `pollMs`, since fs.watch misses NFS, symlink swaps and directories that are replaced.
 * Holds no process open.
 */
export function startFileTriggers(options: {
  files: TlsFiles;
  signal: AbortSignal;
  pollMs: number;
  onTrigger: () => Promise<void>;
}): void {
  const { files, signal, pollMs, onTrigger } = options;
  if (signal.aborted) return;
  let isPending = false;
  const trigger = (): void => {
    // an event storm is one look
    if (isPending) return;
    isPending = true;
    void onTrigger().finally(() => {
      isPending = false;
    });
  };
  const poll = setInterval(trigger, pollMs).unref();
  const directories = new Set(
    Object.values(files).map((file: string) => dirname(file)),
  );
  const watchers = [...directories].flatMap((directory) =>
    watchDirectory(directory, trigger),
  );
  signal.addEventListener(
    'abort',
    () => {
      clearInterval(poll);
      for (const watcher of watchers) watcher.close();
    },
    // Stryker disable next-line ObjectLiteral,BooleanLiteral: a signal aborts once
    { once: true },
  );
}

function watchDirectory(directory: string, trigger: () => void): FSWatcher[] {
  try {
    const watcher = watch(directory, { persistent: false }, trigger);
    // A watch that dies (directory removed, no more inotify handles) leaves the poll.
    watcher.on('error', () => watcher.close());
    return [watcher];
  } catch {
    return [];
  }
}
