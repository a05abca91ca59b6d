import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { oneLine } from '@kickd/protocol';
import { isMissing } from './is-missing.ts';

/** The first line of the freeze file; undefined: there is none, and runs may start. */
export function readFreeze(file: string): string | undefined {
  let descriptor: number;
  try {
    // a pipe in its place must not be waited for
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    // One that is there but cannot be read freezes all the same.
    return isMissing(error) ? undefined : `${file} is there`;
  }
  try {
    if (!fstatSync(descriptor).isFile()) return `${file} is there`;
    const buffer = Buffer.alloc(512);
    const length = readSync(descriptor, buffer);
    const [line = ''] = buffer.toString('utf8', 0, length).split('\n');
    return oneLine(line) || `${file} is there`;
  } finally {
    closeSync(descriptor);
  }
}
