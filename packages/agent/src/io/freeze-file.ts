import { closeSync, openSync, readSync } from 'node:fs';
import { oneLine } from '@kickd/protocol';

/** The first line of the freeze file; undefined: there is none, and runs may start. */
export function readFreeze(file: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    const isMissing =
      error instanceof Error && 'code' in error && error.code === 'ENOENT';
    // One that is there but cannot be read freezes all the same.
    return isMissing ? undefined : `${file} is there`;
  }
  try {
    const buffer = Buffer.alloc(512);
    const length = readSync(descriptor, buffer);
    const [line = ''] = buffer.toString('utf8', 0, length).split('\n');
    return oneLine(line) || `${file} is there`;
  } finally {
    closeSync(descriptor);
  }
}
