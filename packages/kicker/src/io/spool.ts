import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  opendirSync,
  readdirSync,
  readSync,
  rmSync,
  type BigIntStats,
} from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Fault } from '@kickd/protocol';
import { errors } from '../errors.ts';
import {
  parseSpoolText,
  spoolFileMaxBytes,
  spoolNamePattern,
  type Rejected,
  type SpoolFlaw,
  type SpooledEvent,
} from '../spool/spool-file.ts';
import type { Spool } from '../ports.ts';
import { openBadDirectory } from './bad-events.ts';
import { codeOf } from './error-code.ts';

/** How many names one scan looks at. */
const listMost = 20_000;
/** How many events, the oldest of those, one scan reads. */
const scanMost = 1000;
/** One scan reads no more than this, whatever it costs to hold, beside one file. */
const scanMaxBytes = 16 * 1024 * 1024;
const stuckMost = 10_000;
/** A handler needs milliseconds from the first byte to the last. */
const leftAfterMs = 60 * 1000;

/**
 * Opens the spool, and makes it where it is missing: new/ (events), bad/ (set aside).
 * @param uid whose files are believed; root's are too
 * @throws {Fault} SPOOL_UNUSABLE, SPOOL_UNSAFE
 */
export function openSpool(directory: string, uid: number): Spool {
  const [fresh, bad] = ['new', 'bad'].map((name) => join(directory, name)) as [
    string,
    string,
  ];
  for (const path of [directory, fresh, bad]) prepare(path, uid);

  /** What could not be moved away; it must not hide what stands behind it. */
  const stuck = new Set<string>();
  /** In bytes: a name need not be text. */
  const names = (path: string): Buffer[] => {
    const found: Buffer[] = [];
    const listing = opendirSync(path, {
      // The type knows text alone; the bytes are there all the same.
      encoding: 'buffer' as BufferEncoding,
      bufferSize: 256,
    });
    try {
      while (found.length < listMost) {
        const entry = listing.readSync();
        if (entry === null) break;
        const name = Buffer.from(entry.name);
        if (!stuck.has(name.toString('latin1'))) found.push(name);
      }
    } finally {
      listing.closeSync();
    }
    return found;
  };
  const badDirectory = openBadDirectory(bad);
  const setAside = (name: Buffer, why: string): string | undefined => {
    const shown = name.toString('latin1');
    const kept = spoolNamePattern.test(shown) ? shown : randomUUID();
    const from = Buffer.concat([Buffer.from(`${fresh}/`), name]);
    return badDirectory.add(from, kept, why);
  };

  return {
    directory,
    isEmpty: () => names(fresh).length === 0,
    scan: (nowMs) => {
      const events: SpooledEvent[] = [];
      const rejected: Rejected[] = [];
      let bytes = 0;
      for (const { name, shown } of oldest(fresh, names(fresh))) {
        const read = spoolNamePattern.test(shown)
          ? readEvent(join(fresh, shown), uid, nowMs)
          : ({ kind: 'flaw', flaw: 'bad-name' } as const);
        if (read.kind === 'event') {
          events.push({ name: shown, ...read.event });
          bytes += read.bytes;
          // The younger ones wait for the next scan.
          if (bytes > scanMaxBytes) break;
        } else if (read.kind === 'flaw') {
          const movedTo = setAside(name, read.flaw);
          if (movedTo === undefined && stuck.size < stuckMost) stuck.add(shown);
          rejected.push({ name: shown, flaw: read.flaw, movedTo });
        }
      }
      return { events, rejected };
    },
    remove: (name) => rmSync(join(fresh, name), { force: true }),
    reject: (name, code) => setAside(Buffer.from(name, 'latin1'), code),
    countBad: () => badDirectory.count(),
  };
}

/**
 * When the oldest event of a spool was written, epoch milliseconds; looks at as many as one scan.
 * @returns undefined: there is none, or it cannot be looked at
 */
export function oldestSpooledMs(directory: string): number | undefined {
  const fresh = join(directory, 'new');
  try {
    const names = readdirSync(fresh).slice(0, listMost);
    const times = names.flatMap((name) => {
      const stats = lstatSync(join(fresh, name), { throwIfNoEntry: false });
      return stats === undefined ? [] : [stats.mtimeMs];
    });
    return times.length === 0
      ? undefined
      : times.reduce((a, b) => Math.min(a, b));
  } catch {
    return undefined;
  }
}

/** By the nanosecond: two calls for one problem may be a millisecond apart, and their order matters. */
function oldest(
  directory: string,
  names: readonly Buffer[],
): { name: Buffer; shown: string }[] {
  const found = names.map((name) => {
    const path = Buffer.concat([Buffer.from(`${directory}/`), name]);
    const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    const shown = name.toString('latin1');
    return { name, shown, atNs: stats?.mtimeNs ?? 0n };
  });
  return found
    .toSorted((a, b) => (a.atNs < b.atNs ? -1 : a.atNs > b.atNs ? 1 : 0))
    .slice(0, scanMost);
}

type Read =
  | { kind: 'event'; event: Omit<SpooledEvent, 'name'>; bytes: number }
  | { kind: 'flaw'; flaw: SpoolFlaw }
  /** somebody else took it meanwhile */
  | { kind: 'gone' }
  /** a handler writes it just now */
  | { kind: 'not-yet' };

/** Judged before it is opened and again when it is: nothing is followed, nothing is waited for. */
function readEvent(path: string, uid: number, nowMs: number): Read {
  try {
    const seen = lstatSync(path, { bigint: true });
    const flaw = flawOf(seen, uid);
    if (flaw !== undefined) return { kind: 'flaw', flaw };
    const fd = openSync(
      path,
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
    try {
      const now = fstatSync(fd, { bigint: true });
      const flaw = flawOf(now, uid);
      if (flaw !== undefined) return { kind: 'flaw', flaw };
      // One more than it has: a file that grows is read as one that is too large, or not whole.
      const bytes = Buffer.alloc(
        Math.min(Number(now.size) + 1, spoolFileMaxBytes + 1),
      );
      let length = 0;
      for (;;) {
        const count = readSync(fd, bytes, length, bytes.length - length, null);
        if (count === 0) break;
        length += count;
        if (length > spoolFileMaxBytes) {
          return { kind: 'flaw', flaw: 'too-large' };
        }
      }
      const text = parseSpoolText(bytes.subarray(0, length));
      if (text.kind === 'flaw') {
        // It is being written: looked at again, until it is too old for that.
        const ageMs = nowMs - Number(now.mtimeMs);
        const isYoung = text.flaw === 'not-whole' && ageMs < leftAfterMs;
        return isYoung ? { kind: 'not-yet' } : text;
      }
      const { monitor, args } = text;
      const event = { monitor, args, at: now.mtime };
      return { kind: 'event', event, bytes: length };
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { kind: 'gone' };
    return { kind: 'flaw', flaw: 'unreadable' };
  }
}

function flawOf(stats: BigIntStats, uid: number): SpoolFlaw | undefined {
  if (!stats.isFile()) return 'not-a-file';
  if (stats.uid !== BigInt(uid) && stats.uid !== 0n) return 'other-owner';
  if (stats.nlink > 1n) return 'linked';
  return stats.size > BigInt(spoolFileMaxBytes) ? 'too-large' : undefined;
}

/** A directory in which others may write would let them speak for the monitor. */
function prepare(path: string, uid: number): void {
  try {
    mkdirSync(path, { mode: 0o750 });
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'EEXIST') throw new Fault(errors.spoolUnusable(path, code));
  }
  const stats = lstatSync(path);
  if (!stats.isDirectory()) {
    throw new Fault(errors.spoolUnusable(path, 'ENOTDIR'));
  }
  const isOwn = stats.uid === uid || stats.uid === 0;
  if (!isOwn || (stats.mode & 0o002) !== 0) {
    throw new Fault(errors.spoolUnsafe(path));
  }
}
