import { lstatSync, opendirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { BadEvents } from '../ports.ts';

/**
 * What bad/ keeps. A service with an odd name fills it as fast as Nagios calls: 23 files in 44 s were seen. A thousand
 * are enough to see why, and no disk is full of them.
 */
const usualLimits = { files: 1000, bytes: 64 * 1024 * 1024 };
/** Where it is over a limit, so much is left: not every new file has to make room for itself. */
const leftShare = 0.9;
/** How many names are looked at. */
const listMost = 20_000;

/** The events that were set aside; the oldest of them go when there are too many. */
interface BadDirectory {
  /** @returns its place now; undefined where it could not be moved */
  add(from: string | Buffer, name: string, reason: string): string | undefined;
  count(): BadEvents;
}

/** @param path spool/bad, which exists */
export function openBadDirectory(
  path: string,
  limits: { files: number; bytes: number } = usualLimits,
): BadDirectory {
  let dropped = 0;
  /** Which came first of those within one tick of the kernel's clock, some milliseconds. */
  const order = new Map<string, number>();
  let added = 0;
  let { files, bytes } = trim();

  /** @returns what is left */
  function trim(): { files: number; bytes: number } {
    const found = listBad(path, order);
    const names = new Set(found.map(({ name }) => name));
    // Somebody may empty the directory by hand.
    for (const name of order.keys()) if (!names.has(name)) order.delete(name);
    let files = found.length;
    let bytes = found.reduce((sum, one) => sum + one.bytes, 0);
    const isOver = (share: number): boolean =>
      files > limits.files * share || bytes > limits.bytes * share;
    if (!isOver(1)) return { files, bytes };
    // The newest stays, however large: it says why.
    for (const { name, bytes: own } of found.slice(0, -1)) {
      if (!isOver(leftShare)) break;
      try {
        rmSync(join(path, name), { recursive: true, force: true });
        dropped += 1;
      } catch {
        // It is found again the next time.
      }
      files -= 1;
      bytes -= own;
    }
    // More than one look finds: the next one that comes makes more room.
    return { files: found.length < listMost ? files : Infinity, bytes };
  }

  return {
    add: (from, name, reason) => {
      const to = join(path, `${name}.${reason}`);
      try {
        renameSync(from, to);
      } catch {
        return undefined;
      }
      files += 1;
      order.set(`${name}.${reason}`, (added += 1));
      bytes += lstatSync(to, { throwIfNoEntry: false })?.size ?? 0;
      if (files > limits.files || bytes > limits.bytes) {
        ({ files, bytes } = trim());
      }
      return to;
    },
    count: () => ({ ...countBadEvents(path, order), dropped }),
  };
}

/**
 * What lies there now.
 * @throws {Error} with a code, where it cannot be read
 */
export function countBadEvents(
  path: string,
  order: ReadonlyMap<string, number> = new Map(),
): Omit<BadEvents, 'dropped'> {
  const kept = listBad(path, order);
  const last = kept.at(-1);
  if (last === undefined) return { count: 0 };
  const { name, atNs } = last;
  return {
    count: kept.length,
    newest: {
      name,
      reason: name.slice(name.indexOf('.') + 1),
      at: new Date(Number(atNs / 1_000_000n)),
    },
  };
}

/** The oldest first, by when it was moved there: what it says itself may be from any time. */
function listBad(path: string, order: ReadonlyMap<string, number>): BadFile[] {
  const found: BadFile[] = [];
  const listing = opendirSync(path, { bufferSize: 256 });
  try {
    while (found.length < listMost) {
      const entry = listing.readSync();
      if (entry === null) break;
      const { name } = entry;
      const stats = lstatSync(join(path, name), {
        bigint: true,
        throwIfNoEntry: false,
      });
      if (stats === undefined) continue;
      found.push({ name, bytes: Number(stats.size), atNs: stats.ctimeNs });
    }
  } finally {
    listing.closeSync();
  }
  const orderOf = ({ name }: BadFile): number => order.get(name) ?? 0;
  return found.toSorted((a, b) =>
    a.atNs === b.atNs ? orderOf(a) - orderOf(b) : a.atNs < b.atNs ? -1 : 1,
  );
}

interface BadFile {
  name: string;
  bytes: number;
  atNs: bigint;
}
