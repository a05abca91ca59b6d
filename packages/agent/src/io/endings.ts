import type { Run, Uuid7 } from '@kickd/protocol';
import type { Journal } from '../ports.ts';
import type { Timers } from './timers.ts';

/** How soon a journal that could not be written is tried again. */
const writeAgainMs = 1000;

export interface EndingsParts {
  journal: Journal;
  timers: Timers;
  /** The outcome is on disk: now it may be told. */
  onTold: (ended: Run, durationMs: number | undefined) => void;
  /** An open run as the disk has it, after a write of which nobody knew what it left. */
  onFound: (run: Run) => void;
  /** The journal is believed again. */
  onTrusted: () => void;
}

interface Ending {
  ended: Run;
  durationMs?: number;
}

/**
 * Outcomes on their way to the disk, and whether the journal can be believed. After a write that
 * failed nothing is, until it can be written again and was read back; an outcome waits that long and is
 * not told.
 */
export class Endings {
  readonly #parts: EndingsParts;
  /** outcomes that are not on disk yet */
  readonly #unwritten = new Map<Uuid7, Ending>();
  #isDoubtful = false;
  #isRetrying = false;
  #isClosed = false;

  constructor(parts: EndingsParts) {
    this.#parts = parts;
  }

  /** A write has failed, and what it left on disk is not known: nothing begins before it is. */
  get isDoubtful(): boolean {
    return this.#isDoubtful;
  }

  /** @returns whether the outcome is on disk, and so was told */
  end(ended: Run, durationMs?: number): boolean {
    this.#unwritten.set(ended.run, {
      ended,
      ...(durationMs !== undefined && { durationMs }),
    });
    this.#write();
    return !this.#unwritten.has(ended.run);
  }

  doubt(): void {
    this.#isDoubtful = true;
    if (this.#isRetrying || this.#isClosed) return;
    this.#isRetrying = true;
    this.#parts.timers.after(writeAgainMs, () => {
      this.#isRetrying = false;
      this.#write();
      if (!this.#isDoubtful) this.#parts.onTrusted();
    });
  }

  /**
   * After a write that failed: what it has left on disk was accepted, whatever we said of it, since
   * the next kickd would find it there.
   * @throws while the journal cannot be written
   */
  trust(): void {
    if (!this.#isDoubtful) return;
    const { journal, onFound } = this.#parts;
    journal.probe();
    for (const { run } of journal.openRuns()) {
      const ending = this.#unwritten.get(run.run);
      if (ending === undefined) onFound(run);
      else ending.ended = { ...ending.ended, kicks: run.kicks };
    }
    this.#isDoubtful = false;
  }

  /** From here on nothing is written: runs go on without us, and the next kickd settles them. */
  close(): void {
    this.#isClosed = true;
  }

  #write(): void {
    if (this.#isClosed) return;
    const { journal, onTold } = this.#parts;
    try {
      this.trust();
      for (const [id, { ended, durationMs }] of this.#unwritten) {
        journal.end(ended);
        this.#unwritten.delete(id);
        onTold(ended, durationMs);
      }
    } catch {
      this.doubt();
    }
  }
}
