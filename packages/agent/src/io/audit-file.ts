import { createHash } from 'node:crypto';
import {
  accessSync,
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
import { Fault, type FaultFacts } from '@kickd/protocol';
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
import { findOtherWriter } from './file-writers.ts';
import { isMissing } from './is-missing.ts';
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
  /** Told once, when it begins: AUDIT_BROKEN, AUDIT_SHARED */
  onFault(fault: FaultFacts): void;
}

/**
 * The audit file: one line a request, each with the hash of the line before. Written at once, so that a
 * line is out of this process before the caller has its answer; not forced to the disk, since a flood of
 * refusals would then cost a flush each. While it cannot be written, lines wait, and no kick is taken.
 *
 * Nothing is written, and no file made, before `begin`: a kickd that does not come so far leaves the record as it was.
 * One process writes it: a second is refused, and one that could not be seen is noticed by what it wrote.
 * @see docs/decisions/0015-audit.md
 */
export class AuditFile implements Audit {
  readonly #options: AuditFileOptions;
  /** not ours to open anew */
  readonly #isHandedOver: boolean;
  /** undefined: there is no file yet */
  #fd: number | undefined;
  #head: ChainHead;
  /** what an earlier process left unfinished at the end of the file */
  readonly #torn: Record<string, number>;
  #hasBegun = false;
  /** where the file ends by what we know; more is somebody else's */
  #size = 0;
  /** bytes that could not be written yet; the first may be the rest of a line */
  #waiting: Buffer[] = [];
  #isPartial = false;
  /** lines for which there was no room even to wait */
  #lost = 0;
  #fault: string | undefined;
  #lookAtMs = 0;
  #isClosed = false;

  /** @throws Fault AUDIT_UNUSABLE, AUDIT_IN_USE */
  constructor(options: AuditFileOptions) {
    const { file, fd = handedOver(file) } = options;
    this.#options = options;
    this.#isHandedOver = fd !== undefined;
    try {
      if (fd === undefined) {
        makeFolder(dirname(file), 0o750);
      }
      this.#fd = fd ?? openForAppending(file, 'if there');
      this.#size = this.#expectAlone();
      const end = readEnd(file);
      this.#head = end.head;
      // Behind what a power cut left of a line, a line of our own begins.
      if (end.tornBytes > 0 && end.isLastFile) {
        this.#waiting.push(Buffer.from('\n'));
      }
      this.#torn = end.tornBytes > 0 ? { torn: end.tornBytes } : {};
    } catch (error) {
      if (error instanceof Fault) throw error;
      throw new Fault(faults.auditUnusable(file, error), { cause: error });
    }
  }

  /**
   * Writes the first line of this process, an `opened`.
   * @throws Fault AUDIT_UNUSABLE where there is no file and none can be made
   */
  begin(): void {
    if (this.#hasBegun || this.#isClosed) return;
    const { file } = this.#options;
    try {
      this.#fd ??= openForAppending(file, 'anew');
    } catch (error) {
      throw new Fault(faults.auditUnusable(file, error), { cause: error });
    }
    this.#addOpened();
    this.#write();
  }

  append(entry: AuditEntry): void {
    // A connection that ends after the listener: its number of a descriptor may be another file's by now.
    if (this.#isClosed) return;
    if (!this.#hasBegun) this.#addOpened();
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
    if (this.#hasBegun) this.#write();
    this.#isClosed = true;
    if (!this.#isHandedOver && this.#fd !== undefined) closeSync(this.#fd);
  }

  #addOpened(): void {
    this.#hasBegun = true;
    this.#add({ event: 'opened', ...this.#torn, ...this.#options.opened });
  }

  #add(entry: AuditEntry): void {
    const at = this.#options.clock.now();
    const { line, head } = nextLine(this.#head, at, entry, sha256);
    this.#head = head;
    this.#waiting.push(Buffer.from(`${line}\n`));
  }

  #write(): void {
    try {
      const fd = this.#followRotation();
      this.#expectOurEnd(fd);
      for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
        const written = writeSync(fd, next);
        this.#size += written;
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
      if (!isNew) return;
      const { file } = this.#options;
      this.#options.onFault(
        error instanceof Fault ? error : faults.auditBroken(file, this.#fault),
      );
    }
  }

  /**
   * Whoever moved the file away gets a new one in its place, and the chain goes on in it.
   * @throws where there can be no new one: what was deleted is no place for a record
   */
  #followRotation(): number {
    const { file, clock } = this.#options;
    const fd = this.#fd ?? openForAppending(file, 'anew');
    this.#fd = fd;
    const nowMs = clock.monotonicMs();
    if (this.#isHandedOver || nowMs < this.#lookAtMs) return fd;
    // The rest of a line belongs where it began.
    if (this.#isPartial) return fd;
    const there = statSync(file, { throwIfNoEntry: false });
    const ours = fstatSync(fd);
    if (there?.ino !== ours.ino || there.dev !== ours.dev) {
      const fresh = openForAppending(file, 'anew');
      closeSync(fd);
      this.#fd = fresh;
      this.#size = fstatSync(fresh).size;
    }
    this.#lookAtMs = nowMs + rotatedLookMs;
    return this.#fd;
  }

  /** @returns the size of the file @throws Fault AUDIT_IN_USE */
  #expectAlone(): number {
    if (this.#fd === undefined) return 0;
    const ours = fstatSync(this.#fd);
    const other = ours.isFile() ? findOtherWriter(ours) : undefined;
    if (other === undefined) return ours.size;
    if (!this.#isHandedOver) closeSync(this.#fd);
    const { pid, command } = other;
    throw new Fault(faults.auditInUse(this.#options.file, pid, command));
  }

  /**
   * What stands behind our last line was written by somebody else: the next line of ours would name a line that
   * is not the one before it. A file that became shorter was cut by logrotate's copytruncate.
   * @throws Fault AUDIT_SHARED
   */
  #expectOurEnd(fd: number): void {
    const there = fstatSync(fd);
    if (!there.isFile()) return;
    if (there.size > this.#size)
      throw new Fault(faults.auditShared(this.#options.file));
    this.#size = there.size;
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
function openForAppending(file: string, how: 'anew'): number;
function openForAppending(file: string, how: 'if there'): number | undefined;
function openForAppending(
  file: string,
  how: 'anew' | 'if there',
): number | undefined {
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW, W_OK } = constants;
  const flags = O_APPEND | O_WRONLY | O_NOFOLLOW;
  try {
    return openSync(file, how === 'anew' ? flags | O_CREAT : flags, 0o640);
  } catch (error) {
    if (how === 'anew' || !isMissing(error)) throw error;
    accessSync(dirname(file), W_OK);
    return undefined;
  }
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
    if (isMissing(error)) return '';
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
