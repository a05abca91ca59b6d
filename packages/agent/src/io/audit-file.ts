import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  statSync,
  writeSync,
  type Stats,
} from 'node:fs';
import { dirname } from 'node:path';
import { Fault } from '@kickd/protocol';
import {
  chainStart,
  nextLine,
  readLine,
  type ChainHead,
  type Sha256,
} from '../audit/chain.ts';
import type { AuditEntry } from '../audit/entry.ts';
import { faults, reasonOf } from '../errors.ts';
import type { Audit, Clock } from '../ports.ts';
import { makeFolder } from './make-folder.ts';

/** Lines that wait for a full disk; each is some 700 bytes. */
const waitingMax = 1000;
/** How often the file is looked at: logrotate may have moved it. */
const rotatedLookMs = 1000;
/** The last line is within this; a line has less than 4 KiB. */
const tailBytes = 64 * 1024;

export interface AuditFileOptions {
  file: string;
  /** open for appending already: then only the end of `file` is read (default: standard output, where it is that file) */
  fd?: number;
  clock: Clock;
  /** what an `opened` line says of us */
  opened: AuditEntry;
  /** Told once, when it begins. */
  onFault(why: string): void;
}

/**
 * The audit file: one line a request, each with the hash of the line before. Written at once, so that a
 * line is out of this process before the caller has its answer; not forced to the disk, since a flood of
 * refusals would then cost a flush each. While it cannot be written, lines wait, and no kick is taken.
 * @see docs/decisions/0015-audit.md
 */
export class AuditFile implements Audit {
  readonly #options: AuditFileOptions;
  /** not ours to open anew */
  readonly #isHandedOver: boolean;
  #fd: number;
  #head: ChainHead;
  /** bytes that could not be written yet; the first may be the rest of a line */
  #waiting: Buffer[] = [];
  #isPartial = false;
  /** lines for which there was no room even to wait */
  #lost = 0;
  #fault: string | undefined;
  #lookAtMs = 0;
  #isClosed = false;

  /** @throws Fault AUDIT_UNUSABLE */
  constructor(options: AuditFileOptions) {
    const { file, fd = handedOver(file), opened } = options;
    this.#options = options;
    this.#isHandedOver = fd !== undefined;
    try {
      if (fd === undefined) {
        makeFolder(dirname(file), 0o750);
      }
      this.#fd = fd ?? openForAppending(file);
      const end = readEnd(file);
      this.#head = end.head;
      // Behind what a power cut left of a line, a line of our own begins.
      if (end.tornBytes > 0 && end.isLastFile) {
        this.#waiting.push(Buffer.from('\n'));
      }
      const torn = end.tornBytes > 0 ? { torn: end.tornBytes } : {};
      this.append({ event: 'opened', ...torn, ...opened });
    } catch (error) {
      throw new Fault(faults.auditUnusable(file, error), { cause: error });
    }
  }

  append(entry: AuditEntry): void {
    // A connection that ends after the listener: its number of a descriptor may be another file's by now.
    if (this.#isClosed) return;
    if (this.#waiting.length >= waitingMax) this.#lost += 1;
    else this.#add(entry);
    this.#write();
  }

  get head(): ChainHead {
    return this.#head;
  }

  probe(): string | undefined {
    if (this.#fault !== undefined && !this.#isClosed) this.#write();
    return this.#fault;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#write();
    this.#isClosed = true;
    if (!this.#isHandedOver) closeSync(this.#fd);
  }

  #add(entry: AuditEntry): void {
    const at = this.#options.clock.now();
    const { line, head } = nextLine(this.#head, at, entry, sha256);
    this.#head = head;
    this.#waiting.push(Buffer.from(`${line}\n`));
  }

  #write(): void {
    try {
      this.#followRotation();
      for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
        const written = writeSync(this.#fd, next);
        this.#isPartial = written < next.length;
        if (this.#isPartial) this.#waiting[0] = next.subarray(written);
        else this.#waiting.shift();
        if (this.#waiting.length > 0 || this.#lost === 0) continue;
        this.#add({ event: 'lost', count: this.#lost });
        this.#lost = 0;
      }
      this.#fault = undefined;
    } catch (error) {
      const isNew = this.#fault === undefined;
      this.#fault = reasonOf(error);
      if (isNew) this.#options.onFault(this.#fault);
    }
  }

  /**
   * Whoever moved the file away gets a new one in its place, and the chain goes on in it.
   * @throws where there can be no new one: what was deleted is no place for a record
   */
  #followRotation(): void {
    const { file, clock } = this.#options;
    const nowMs = clock.monotonicMs();
    if (this.#isHandedOver || nowMs < this.#lookAtMs) return;
    // The rest of a line belongs where it began.
    if (this.#isPartial) return;
    const there = statSync(file, { throwIfNoEntry: false });
    const ours = fstatSync(this.#fd);
    if (there?.ino !== ours.ino || there.dev !== ours.dev) {
      const fresh = openForAppending(file);
      closeSync(this.#fd);
      this.#fd = fresh;
    }
    this.#lookAtMs = nowMs + rotatedLookMs;
  }
}

export const sha256: Sha256 = (text) =>
  createHash('sha256').update(text).digest('hex');

/** Standard output, where a service manager has opened this file for us. */
function handedOver(file: string): number | undefined {
  const [standardOutput, there] = [1, file].map(statOf);
  const isIt =
    there?.isFile() === true &&
    standardOutput?.ino === there.ino &&
    standardOutput.dev === there.dev;
  return isIt ? 1 : undefined;
}

function statOf(what: number | string): Stats | undefined {
  try {
    return typeof what === 'number'
      ? fstatSync(what)
      : statSync(what, { throwIfNoEntry: false });
  } catch {
    // closed, or not to be seen: opening it will say why
    return undefined;
  }
}

/** Never through a link, and readable by no stranger. */
function openForAppending(file: string): number {
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW } = constants;
  return openSync(file, O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW, 0o640);
}

interface End {
  head: ChainHead;
  /** of what stands behind the last newline */
  tornBytes: number;
  /** whether that is in the file that is written now */
  isLastFile: boolean;
}

/** Where the chain stands: in the file, or in the one that was moved away last. */
function readEnd(file: string): End {
  for (const name of [file, `${file}.1`]) {
    const text = readTail(name);
    if (text === '') continue;
    const lines = text.split('\n');
    const rest = lines.pop() ?? '';
    const last = lines.map(readLine).findLast((line) => line !== undefined);
    const tornBytes = rest.length;
    const isLastFile = name === file;
    return { head: last ?? chainStart, tornBytes, isLastFile };
  }
  return { head: chainStart, tornBytes: 0, isLastFile: true };
}

function readTail(file: string): string {
  const { O_RDONLY, O_NOFOLLOW } = constants;
  let fd: number;
  try {
    fd = openSync(file, O_RDONLY | O_NOFOLLOW);
  } catch (error) {
    const isMissing =
      error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (isMissing) return '';
    throw error;
  }
  try {
    const { size } = fstatSync(fd);
    const bytes = Buffer.alloc(Math.min(size, tailBytes));
    const read = readSync(fd, bytes, 0, bytes.length, size - bytes.length);
    // one character a byte, as verifyAudit counts them
    return bytes.toString('latin1', 0, read);
  } finally {
    closeSync(fd);
  }
}
