import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { reasonOf } from '../errors.ts';
import type { Evidence, ReportState } from '../ports.ts';

/** Of a file that a run leaves; of a longer report, the end, where a tool sums up. */
const reportMaxBytes = 16 * 1024 * 1024;
const reportTailBytes = 4 * 1024 * 1024;
/** Of every other file: a lock has a few bytes, a summary a few thousand. */
const textMaxBytes = 1024 * 1024;
/** A streamed report costs time alone; what is larger was written by no run. */
const streamMaxBytes = 1024 * 1024 * 1024;
/** Small, so that nothing waits long for the next turn, and that V8 keeps its text among the young. */
const pieceBytes = 64 * 1024;

/** The texts of a CM tool's files; one that is not there or must not be read is undefined. */
export async function readEvidence(
  files: Readonly<Record<string, string>>,
): Promise<Evidence> {
  const entries = Object.entries(files).map(
    async ([name, file]): Promise<[string, string | undefined]> => [
      name,
      await readText(file, name === 'report'),
    ],
  );
  return Object.fromEntries(await Promise.all(entries));
}

/**
 * Hands over a file piece by piece. Between two pieces the event loop goes on.
 * @param signal ends it before the next piece: whoever aborts wants no answer any more
 */
export async function streamReport(
  file: string,
  take: (piece: Buffer) => void,
  signal: AbortSignal,
): Promise<ReportState> {
  try {
    await using handle = await openAtOnce(file);
    const stat = await handle.stat();
    if (!stat.isFile()) {
      return { kind: 'unreadable', reason: 'it is not a file' };
    }
    if (stat.size > streamMaxBytes) {
      return {
        kind: 'unreadable',
        reason: `it has ${String(stat.size)} bytes, more than ${String(streamMaxBytes)}`,
      };
    }
    const piece = Buffer.allocUnsafe(pieceBytes);
    let at = 0;
    // what is added while it is read belongs to nobody's run
    while (at < stat.size) {
      if (signal.aborted) break;
      const most = Math.min(pieceBytes, stat.size - at);
      const { bytesRead } = await handle.read(piece, 0, most, at);
      if (bytesRead === 0) break;
      take(piece.subarray(0, bytesRead));
      at += bytesRead;
    }
    return { kind: 'read', modifiedAt: stat.mtime };
  } catch (error) {
    return isMissing(error)
      ? { kind: 'missing' }
      : { kind: 'unreadable', reason: reasonOf(error) };
  }
}

async function readText(
  file: string,
  isReport: boolean,
): Promise<string | undefined> {
  try {
    await using handle = await openAtOnce(file);
    const stat = await handle.stat();
    if (!stat.isFile()) return '';
    const { size } = stat;
    if (!isReport) return await readPart(handle, 0, textMaxBytes);
    if (size <= reportMaxBytes) {
      return await readPart(handle, 0, reportMaxBytes);
    }
    const tail = await readPart(
      handle,
      size - reportTailBytes,
      reportTailBytes,
    );
    return tail.slice(tail.indexOf('\n') + 1);
  } catch {
    return undefined;
  }
}

/** A pipe in place of a file would be waited for, and with it a thread of Node's for good. */
function openAtOnce(file: string): Promise<FileHandle> {
  return open(file, constants.O_RDONLY | constants.O_NONBLOCK);
}

async function readPart(
  handle: FileHandle,
  from: number,
  most: number,
): Promise<string> {
  const { size } = await handle.stat();
  const bytes = Buffer.alloc(Math.max(0, Math.min(most, size - from)));
  let at = 0;
  while (at < bytes.length) {
    const left = bytes.length - at;
    const { bytesRead } = await handle.read(bytes, at, left, from + at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return bytes.toString('utf8', 0, at);
}

function isMissing(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'ENOENT' || error.code === 'ENOTDIR')
  );
}
