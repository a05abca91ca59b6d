import { closeSync, openSync, readSync } from 'node:fs';
import { Fault } from '@kickd/protocol';
import { errors } from '../errors.ts';
import { codeOf } from './error-code.ts';

/**
 * A text that a person named, not too large.
 * @param encoding `latin1`: one character a byte
 * @throws {Fault} FILE_UNREADABLE, also where it is longer than `mostBytes`
 */
export function readTextFile(
  file: string,
  mostBytes: number,
  encoding: 'utf8' | 'latin1' = 'utf8',
): string {
  try {
    const opened = openSync(file, 'r');
    try {
      const buffer = Buffer.alloc(mostBytes + 1);
      const read = readSync(opened, buffer, 0, buffer.length, 0);
      if (read <= mostBytes) return buffer.toString(encoding, 0, read);
    } finally {
      closeSync(opened);
    }
  } catch (error) {
    throw new Fault(errors.fileUnreadable(file, codeOf(error)));
  }
  throw new Fault(
    errors.fileUnreadable(file, `it is longer than ${mostBytes} bytes`),
  );
}
