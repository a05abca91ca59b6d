import { createReadStream, statSync } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Fault } from '@kickd/protocol';
import { backtestThrough } from '../backtest-through.ts';
import { errors } from '../errors.ts';
import { codeOf } from './error-code.ts';

/** A longer line is nothing that a monitor writes: what is over is dropped. */
const lineMost = 64 * 1024;
/** Large enough that what a read costs is not felt, small enough that its lines stay young. */
const readBytes = 256 * 1024;

/** Some lines of a log, and how much of its file was read to get them. */
interface LogChunk {
  /** each character is one byte of the log: names may be in any encoding */
  lines: string[];
  bytes: number;
}

/** Where a log comes from. */
export interface LogSource {
  /** to be named: the path, or `standard input` */
  name: string;
  /** absent for standard input */
  path?: string;
  /** of a file; absent: it comes through a pipe, and can be read once */
  bytes?: number;
  read(signal: AbortSignal): AsyncGenerator<LogChunk>;
  /** how it begins, each character one byte, without what `read` gives going lost */
  head(signal: AbortSignal): Promise<string>;
  /**
   * The whole, each character one byte.
   * @throws {Fault} HISTORY_LARGE
   */
  text(mostBytes: number, signal: AbortSignal): Promise<string>;
}

/** Enough to tell one kind of log from another. */
const headBytes = 64 * 1024;

/**
 * A log by its name: a file, plain or compressed by gzip; a pipe; `-` or /dev/stdin for standard input.
 * @throws {Fault} FILE_UNREADABLE
 */
export function openLog(
  file: string,
  stdin: () => AsyncIterable<Uint8Array>,
): LogSource {
  // Opened by its name, a socket is refused.
  if (file === '-' || file === '/dev/stdin' || file === '/dev/fd/0') {
    const name = 'standard input';
    return createSource({ name }, () => stdin());
  }
  const stats = statOf(file);
  if (stats.isDirectory()) {
    throw new Fault(
      errors.fileUnreadable(file, 'it is no file but a directory'),
    );
  }
  return createSource(
    {
      name: file,
      path: file,
      ...(stats.isFile() ? { bytes: stats.size } : {}),
    },
    (signal) => createReadStream(file, { signal, highWaterMark: readBytes }),
  );
}

function createSource(
  place: Pick<LogSource, 'name' | 'path' | 'bytes'>,
  open: (signal: AbortSignal) => AsyncIterable<Uint8Array>,
): LogSource {
  /** of a pipe: what was read of it, and the rest */
  let begun: { parts: LogPart[]; more: AsyncGenerator<LogPart> } | undefined;
  async function* partsOf(signal: AbortSignal): AsyncGenerator<LogPart> {
    if (begun === undefined) {
      yield* readParts(open(signal), place, signal);
      return;
    }
    const { parts, more } = begun;
    yield* parts;
    yield* more;
  }
  return {
    ...place,
    read: (signal) => linesOf(partsOf(signal)),
    head: async (signal) => {
      const more = readParts(open(signal), place, signal);
      const parts: LogPart[] = [];
      let text = '';
      while (text.length < headBytes) {
        const next = await more.next();
        if (next.done === true) break;
        parts.push(next.value);
        text += next.value.text;
      }
      // A file is closed until its time has come; a pipe can be read once.
      if (place.bytes === undefined) begun = { parts, more };
      else await more.return(undefined);
      return text.slice(0, headBytes);
    },
    text: async (mostBytes, signal) => {
      const texts: string[] = [];
      let length = 0;
      for await (const { text } of partsOf(signal)) {
        length += text.length;
        if (length > mostBytes) {
          throw new Fault(errors.historyLarge(place.name, mostBytes));
        }
        texts.push(text);
      }
      return texts.join('');
    },
  };
}

/** A piece of a log, unpacked, and how much of its file was read to get it. */
interface LogPart {
  text: string;
  bytes: number;
}

/** The lines, a piece at a time; the whole is never in memory. */
async function* linesOf(
  parts: AsyncGenerator<LogPart>,
): AsyncGenerator<LogChunk> {
  let rest = '';
  let read = 0;
  for await (const { text, bytes } of parts) {
    read = bytes;
    const lines: string[] = [];
    let start = 0;
    for (
      let end = text.indexOf('\n');
      end >= 0;
      end = text.indexOf('\n', start)
    ) {
      // Put in front of the whole piece, the rest would have it copied once more.
      const line = rest + text.slice(start, end);
      rest = '';
      // As an editor of another system leaves it.
      lines.push(line.endsWith('\r') ? line.slice(0, -1) : line);
      start = end + 1;
    }
    rest = (rest + text.slice(start)).slice(0, lineMost);
    yield { lines, bytes };
  }
  if (rest !== '') yield { lines: [rest], bytes: read };
}

/** @throws {Fault} FILE_UNREADABLE, also for a damaged archive; LOG_PACKED */
async function* readParts(
  source: AsyncIterable<Uint8Array>,
  { name, path }: Pick<LogSource, 'name' | 'path'>,
  signal: AbortSignal,
): AsyncGenerator<LogPart> {
  let bytes = 0;
  try {
    const counted = counting(source, (more) => {
      bytes += more;
    });
    for await (const part of unpacked(counted, name, path)) {
      yield { text: latin1Of(part), bytes };
    }
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof Fault) throw error;
    throw new Fault(errors.fileUnreadable(name, whyOf(error)));
  }
}

/** By its first bytes: logrotate names a compressed log .gz, others do not. A pipe has no name at all. */
async function* unpacked(
  parts: AsyncGenerator<Uint8Array>,
  name: string,
  path: string | undefined,
): AsyncGenerator<Uint8Array> {
  const first = await parts.next();
  if (first.done === true) return;
  const packing = packings.find(({ magic }) =>
    magic.every((byte, index) => first.value[index] === byte),
  );
  const whole = joined(first.value, parts);
  if (packing === undefined) {
    yield* whole;
  } else if (packing.unpacker === undefined) {
    const gunzip = createGunzip({ chunkSize: readBytes });
    // What went wrong in the source comes out of its end.
    pipeline(Readable.from(whole), gunzip, () => {});
    yield* gunzip;
  } else {
    const { file, pipe } = packing.unpacker;
    const command = backtestThrough(path === undefined ? pipe : file, path);
    throw new Fault(errors.logPacked(name, packing.name, command));
  }
}

async function* counting(
  source: AsyncIterable<Uint8Array>,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const part of source) {
    onRead(part.length);
    yield part;
  }
}

async function* joined(
  first: Uint8Array,
  more: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield first;
  yield* more;
}

/** @see the manual page of file(1), magic/Magdir/compress */
const packings: readonly {
  name: string;
  magic: readonly number[];
  /** the program that unpacks it; absent: read here */
  unpacker?: { file: string; pipe: string };
}[] = [
  { name: 'gzip', magic: [0x1f, 0x8b] },
  {
    name: 'bzip2',
    magic: [0x42, 0x5a, 0x68],
    unpacker: { file: 'bzcat', pipe: 'bunzip2' },
  },
  {
    name: 'xz',
    magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
    unpacker: { file: 'xzcat', pipe: 'unxz' },
  },
  {
    name: 'zip',
    magic: [0x50, 0x4b, 0x03, 0x04],
    unpacker: { file: 'unzip -p', pipe: 'funzip' },
  },
  {
    name: 'zstd',
    magic: [0x28, 0xb5, 0x2f, 0xfd],
    unpacker: { file: 'zstdcat', pipe: 'unzstd' },
  },
  {
    name: 'lz4',
    magic: [0x04, 0x22, 0x4d, 0x18],
    unpacker: { file: 'lz4cat', pipe: 'unlz4' },
  },
  {
    name: 'compress',
    magic: [0x1f, 0x9d],
    unpacker: { file: 'zcat', pipe: 'zcat' },
  },
];

function latin1Of(part: Uint8Array): string {
  return Buffer.from(part.buffer, part.byteOffset, part.length).toString(
    'latin1',
  );
}

function statOf(file: string) {
  try {
    return statSync(file);
  } catch (error) {
    throw new Fault(errors.fileUnreadable(file, whyOf(error)));
  }
}

function whyOf(error: unknown): string {
  return codeOf(error) || (error instanceof Error ? error.message : '');
}
