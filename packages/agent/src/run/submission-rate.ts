/**
 * How many kicks the runner takes from whoever speaks for the network, however many keys and names that
 * one holds. A bucket: full at first, it gains one place in each `60 s ÷ perMinute`.
 */
export class SubmissionRate {
  readonly #perMinute: number;
  #places: number;
  #lastMs: number;

  /** @param nowMs monotonic */
  constructor(perMinute: number, nowMs: number) {
    this.#perMinute = perMinute;
    this.#places = perMinute;
    this.#lastMs = nowMs;
  }

  /** @returns 0 when the kick may pass, else the milliseconds until one may */
  take(nowMs: number): number {
    const perMs = this.#perMinute / (60 * 1000);
    const gained = (nowMs - this.#lastMs) * perMs;
    this.#places = Math.min(this.#perMinute, this.#places + gained);
    this.#lastMs = nowMs;
    if (this.#places < 1) return Math.ceil((1 - this.#places) / perMs);
    this.#places -= 1;
    return 0;
  }
}
