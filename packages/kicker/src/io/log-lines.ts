import {
  createReadStream,
  openSync,
  readSync,
  closeSync,
  statSync,
} from 'node:fs';
import { createGunzip } from 'node:zlib';
import { Fault } from '@kickd/protocol';
import { errors } from '../errors.ts';
import { nameOfBytes } from '../events/name-bytes.ts';
import { codeOf } from './error-code.ts';

/** A longer line is nothing that a monitor writes: what is over is dropped. */
const lineMost = 64 * 1024;
const newline = 0x0a;
const empty = Buffer.alloc(0);

/** Some lines of a file, and how much of the file was read to get them. */
export interface LogChunk {
  lines: string[];
  bytes: number;
}

/**
 * The lines of a file, plain or compressed by gzip, a piece at a time; the whole is never in memory.
 * @throws {Fault} FILE_UNREADABLE, also for a damaged archive
 */
export async function* readLogLines(
  file: string,
  signal: AbortSignal,
): AsyncGenerator<LogChunk> {
  let bytes = 0;
  let rest: Buffer = empty;
  try {
    const source = createReadStream(file, { signal });
    source.on('data', (part) => {
      bytes += part.length;
    });
    const gunzip = isGzip(file) ? createGunzip() : undefined;
    if (gunzip !== undefined) {
      source.on('error', (error) => gunzip.destroy(error));
      source.pipe(gunzip);
    }
    for await (const part of gunzip ?? source) {
      const read = part as Buffer;
      const end = read.lastIndexOf(newline);
      let lines: string[] = [];
      if (end >= 0) {
        const whole = Buffer.concat([rest, read.subarray(0, end)]);
        lines = nameOfBytes(whole).split('\n');
        rest = empty;
      }
      rest = Buffer.concat([rest, read.subarray(end + 1)]).subarray(
        0,
        lineMost,
      );
      yield { lines, bytes };
    }
  } catch (error) {
    if (signal.aborted) return;
    throw new Fault(errors.fileUnreadable(file, whyOf(error)));
  }
  if (rest.length > 0) yield { lines: [nameOfBytes(rest)], bytes };
}

/** @throws {Fault} FILE_UNREADABLE */
export function sizeOfFile(file: string): number {
  try {
    const stats = statSync(file);
    if (stats.isFile()) return stats.size;
  } catch (error) {
    throw new Fault(errors.fileUnreadable(file, whyOf(error)));
  }
  throw new Fault(errors.fileUnreadable(file, 'it is no file'));
}

/** By its first bytes: logrotate names them .gz, others do not. @see RFC 1952, 2.3.1 */
function isGzip(file: string): boolean {
  const opened = openSync(file, 'r');
  try {
    const magic = Buffer.alloc(2);
    readSync(opened, magic, 0, 2, 0);
    return magic[0] === 0x1f && magic[1] === 0x8b;
  } finally {
    closeSync(opened);
  }
}

function whyOf(error: unknown): string {
  return codeOf(error) || (error instanceof Error ? error.message : '');
}
