import { createReadStream, statSync, truncateSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What is kept of the output of one run. */
const logMaxBytes = 4 * 1024 * 1024;
const limitEveryMs = 100;
const followEveryMs = 200;

/**
 * Cuts the output file back to its first part whenever it has grown beyond the limit. The tool
 * writes the file by itself, in append mode, and never learns of it: a pipe would need a reader that
 * lives as long as the run, and a limit of the kernel would fail the tool's other writes.
 */
export function limitOutput(file: string, signal: AbortSignal): void {
  const cut = (): void => {
    try {
      if (statSync(file).size > logMaxBytes) truncateSync(file, logMaxBytes);
    } catch {
      // not there yet, or removed: nothing to limit
    }
  };
  const timer = setInterval(cut, limitEveryMs);
  timer.unref();
  signal.addEventListener(
    'abort',
    () => {
      clearInterval(timer);
      cut();
    },
    { once: true },
  );
}

/** The file from its beginning, and on while `isLive`; ends when `signal` aborts. */
export async function* followLog(
  file: string,
  isLive: () => boolean,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  let offset = 0;
  while (!signal.aborted) {
    // asked before the read: what was written until the end is then still read
    const mayGrow = isLive();
    for await (const chunk of readFrom(file, offset)) {
      offset += chunk.length;
      yield chunk;
    }
    if (!mayGrow || offset >= logMaxBytes) return;
    await sleep(followEveryMs, undefined, { signal }).catch(() => undefined);
  }
}

async function* readFrom(
  file: string,
  start: number,
): AsyncIterable<Uint8Array> {
  try {
    yield* createReadStream(file, { start, end: logMaxBytes - 1 });
  } catch {
    // the tool was never started: no output
  }
}

/** Removes everything that runs have left in the folder of logs: each file's name begins with its run. */
export async function removeFilesOf(
  runs: ReadonlySet<string>,
  dir: string,
): Promise<void> {
  const names = await readdir(dir).catch(() => []);
  for (const name of names) {
    const [run = ''] = name.split('.');
    if (runs.has(run)) await rm(join(dir, name), { force: true });
  }
}
