import type { Run, Uuid7 } from '@kickd/protocol';

/**
 * The runs that have not ended: one that is in progress, and those that wait, the one that is being
 * prepared among them.
 */
export class OpenRuns {
  readonly #waiting: Run[] = [];
  #running: Run | undefined;

  get running(): Run | undefined {
    return this.#running;
  }

  /** oldest first */
  get waiting(): readonly Run[] {
    return this.#waiting;
  }

  /** Puts the newest form of a run where it belongs. */
  keep(run: Run): void {
    if (this.#running?.run === run.run) {
      this.#running = run;
      return;
    }
    const index = this.#indexOf(run.run);
    if (index === -1) this.#waiting.push(run);
    else this.#waiting[index] = run;
  }

  /** @returns the run as it now stands: others may have joined it */
  newest(run: Run): Run {
    if (this.#running?.run === run.run) return this.#running;
    return this.#waiting[this.#indexOf(run.run)] ?? run;
  }

  /** The run waits no more: it is in progress. */
  begin(run: Run): void {
    this.take(run.run);
    this.#running = run;
  }

  /** Forgets a run, wherever it is. */
  drop(id: Uuid7): void {
    this.take(id);
    if (this.#running?.run === id) this.#running = undefined;
  }

  /** @returns the run that waited under this id, and waits no more */
  take(id: Uuid7): Run | undefined {
    const index = this.#indexOf(id);
    return index === -1 ? undefined : this.#waiting.splice(index, 1)[0];
  }

  #indexOf(id: Uuid7): number {
    return this.#waiting.findIndex(({ run }) => run === id);
  }
}
