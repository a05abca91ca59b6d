import { bytesOfName, nameOfBytes } from '../events/name-bytes.ts';

/** The first field of a spool file: what it is, and in which format. */
const magic = 'kicker-event-1';
/** The last one: with it, the file is whole. */
const end = '.';

/** The body of a webhook with 500 alerts has some 350 KiB; what a handler has for arguments is far less. */
export const spoolFileMaxBytes = 1024 * 1024;

/** A name that the event handler gives: what /proc/sys/kernel/random/uuid says. */
export const spoolNamePattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Why a thing in the spool is no event; it becomes the end of its name in bad/. */
export type SpoolFlaw =
  | 'bad-name'
  | 'not-a-file'
  | 'other-owner'
  | 'linked'
  | 'too-large'
  | 'not-whole'
  | 'not-an-event'
  | 'unreadable';

/** One event as it lies in the spool. */
export interface SpooledEvent {
  /** names it for ever: an event that was taken once is not taken again */
  name: string;
  monitor: string;
  args: string[];
  /** when it was written */
  at: Date;
}

/** A thing that is no event, moved to bad/ under a name that says why. */
export interface Rejected {
  name: string;
  flaw: SpoolFlaw;
  /** its place now; undefined where it could not be moved, and lies there still */
  movedTo: string | undefined;
}

export type SpoolText =
  | { kind: 'event'; monitor: string; args: string[] }
  | { kind: 'flaw'; flaw: 'not-whole' | 'not-an-event' };

/**
 * Reads what the event handler wrote: magic, monitor, the handler's own arguments, and the end, each
 * closed by a NUL. Every byte is kept, see events/name-bytes.ts.
 */
export function parseSpoolText(bytes: Uint8Array): SpoolText {
  const fields = nameOfBytes(bytes).split('\0');
  // What follows the last NUL: nothing, in a whole file.
  const rest = fields.pop();
  if (rest !== '' || fields.length < 3 || fields.at(-1) !== end) {
    return { kind: 'flaw', flaw: 'not-whole' };
  }
  const [first, monitor = '', ...args] = fields;
  if (first !== magic || monitor === '') {
    return { kind: 'flaw', flaw: 'not-an-event' };
  }
  args.pop();
  return { kind: 'event', monitor, args };
}

/** What `parseSpoolText` reads. @param args none of them holds a NUL */
export function spoolBytes(
  monitor: string,
  args: readonly string[],
): Uint8Array {
  return bytesOfName(
    [magic, monitor, ...args, end].map((field) => `${field}\0`).join(''),
  );
}
