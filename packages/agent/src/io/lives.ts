import type { Uuid7 } from '@kickd/protocol';

interface Life {
  ended: PromiseWithResolvers<void>;
  healed: PromiseWithResolvers<void>;
  cancel: AbortController;
}

/** What waits for the end of an open run, and what can bring it about. */
export class Lives {
  readonly #lives = new Map<Uuid7, Life>();

  /** Called for each run that opens; again for the same run changes nothing. */
  bear(run: Uuid7): void {
    if (this.#lives.has(run)) return;
    this.#lives.set(run, {
      ended: Promise.withResolvers(),
      healed: Promise.withResolvers(),
      cancel: new AbortController(),
    });
  }

  get count(): number {
    return this.#lives.size;
  }

  has(run: Uuid7): boolean {
    return this.#lives.has(run);
  }

  /** Resolves when the run has ended; undefined: it is not open. */
  ended(run: Uuid7): Promise<void> | undefined {
    return this.#lives.get(run)?.ended.promise;
  }

  /** Resolves when the run has healed or has ended; undefined: it is not open. */
  healed(run: Uuid7): Promise<void> | undefined {
    return this.#lives.get(run)?.healed.promise;
  }

  heal(run: Uuid7): void {
    this.#lives.get(run)?.healed.resolve();
  }

  /** Aborts when somebody cancels the run, with the reason. */
  cancelOf(run: Uuid7): AbortSignal {
    this.bear(run);
    return this.#lives.get(run)!.cancel.signal;
  }

  cancel(run: Uuid7, reason: string): void {
    this.#lives.get(run)?.cancel.abort(reason);
  }

  end(run: Uuid7): void {
    this.heal(run);
    this.#lives.get(run)?.ended.resolve();
    this.#lives.delete(run);
  }
}
