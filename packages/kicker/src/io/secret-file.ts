import { isUtf8 } from 'node:buffer';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { Fault } from '@kickd/protocol';
import { errors } from '../errors.ts';
import { codeOf } from './error-code.ts';

const secretMaxBytes = 16 * 1024;

/**
 * The one line of a file that holds a password or a token. Read each time it is used: it may be renewed.
 * @throws {Fault} SECRET_UNREADABLE, SECRET_EXPOSED
 */
export function readSecretFile(file: string): string {
  let read: Buffer;
  let mode: number;
  try {
    const opened = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      ({ mode } = fstatSync(opened));
      // One byte more, to see whether it is all: half a secret is none.
      const bytes = Buffer.alloc(secretMaxBytes + 1);
      read = bytes.subarray(0, readSync(opened, bytes));
    } finally {
      closeSync(opened);
    }
  } catch (error) {
    throw new Fault(errors.secretUnreadable(file, codeOf(error)));
  }
  if ((mode & 0o007) !== 0) throw new Fault(errors.secretExposed(file));
  if (read.length > secretMaxBytes) {
    throw new Fault(errors.secretUnreadable(file, 'it is too long'));
  }
  if (!isUtf8(read)) {
    throw new Fault(errors.secretUnreadable(file, 'it is no UTF-8'));
  }
  const secret = read.toString('utf8').trim();
  // oxlint-disable-next-line no-control-regex
  if (secret === '' || /[\u0000-\u001f\u007f]/.test(secret)) {
    throw new Fault(errors.secretUnreadable(file, 'it holds no single line'));
  }
  return secret;
}
