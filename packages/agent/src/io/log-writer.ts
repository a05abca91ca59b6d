import { write, writeSync } from 'node:fs';

/** What may wait for a log that nobody reads: some thousands of lines. */
const waitingMaxBytes = 1024 * 1024;
/** A pipe that does not block says EAGAIN instead. */
const retryMs = 50;

export interface LogWriter {
  write(line: string): void;
  /** lines that found no room */
  readonly lost: number;
}

/**
 * Writes lines to a descriptor without ever waiting for it. Node writes to a pipe or a socket
 * synchronously, so a journald that is stopped would stop kickd with it. What finds no room is
 * counted and lost: the audit file is the record, the log a copy.
 */
export function createLogWriter(fd: number): LogWriter {
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let isWriting = false;
  let lost = 0;
  let untold = 0;

  const next = (): void => {
    if (isWriting || waiting.length === 0) return;
    const chunk = Buffer.concat(waiting);
    waiting = [];
    isWriting = true;
    writeAll(chunk);
  };
  const writeAll = (chunk: Buffer): void => {
    write(fd, chunk, (error, written) => {
      if (error?.code === 'EAGAIN') {
        setTimeout(writeAll, retryMs, chunk).unref();
        return;
      }
      // nobody reads any more (EPIPE), or the disk is full: the rest has no other place
      const rest = error
        ? chunk.subarray(chunk.length)
        : chunk.subarray(written);
      waitingBytes -= chunk.length - rest.length;
      if (rest.length > 0) return writeAll(rest);
      isWriting = false;
      if (untold > 0) {
        const count = untold;
        untold = 0;
        add(`${JSON.stringify({ event: 'log-lost', lines: count })}\n`);
      }
      next();
    });
  };
  const add = (line: string): void => {
    const bytes = Buffer.from(line);
    waiting.push(bytes);
    waitingBytes += bytes.length;
  };
  process.once('exit', () => {
    // A write under way may be stuck for good: then what waits behind it is given up.
    if (!isWriting && waiting.length > 0) writeSync(fd, Buffer.concat(waiting));
  });

  return {
    write: (line) => {
      if (waitingBytes > waitingMaxBytes) {
        lost += 1;
        untold += 1;
        return;
      }
      add(line);
      next();
    },
    get lost() {
      return lost;
    },
  };
}
