/** A part of all places is kept for each caller: as long as four or fewer ask, none can take what another needs. */
const ownPart = 1 / 4;
/** Callers with places of their own; whoever speaks for the network may make up names. */
const callersMax = 32;

/**
 * How many kicks are taken, of all callers and of each. A bucket of places that all share, and one for each caller,
 * full at first; together they are `perMinute` for a caller who is alone, and fill up again in a minute.
 */
export class KickRate {
  readonly #shared: Bucket;
  readonly #ownMax: number;
  readonly #own = new Map<string, Bucket>();

  /** @param nowMs monotonic */
  constructor(perMinute: number, nowMs: number) {
    this.#ownMax = Math.max(1, Math.floor(perMinute * ownPart));
    this.#shared = new Bucket(perMinute - this.#ownMax, nowMs);
  }

  /**
   * @param by certname of the caller
   * @returns 0 when the kick may pass, else the milliseconds until one may
   */
  take(by: string, nowMs: number): number {
    const own = this.#ownOf(by, nowMs);
    const buckets = own === undefined ? [this.#shared] : [own, this.#shared];
    for (const bucket of buckets) bucket.fill(nowMs);
    const free = buckets.reduce((sum, bucket) => sum + bucket.free, 0);
    const perMs = buckets.reduce((sum, bucket) => sum + bucket.perMs, 0);
    // sums of parts of a place are not exact
    const missing = 1 - free;
    if (missing > 1e-9) return Math.ceil(missing / perMs);
    buckets.reduce((wanted, bucket) => wanted - bucket.take(wanted), 1);
    return 0;
  }

  /** A kick that cost less than a place: what is left is the caller's. */
  giveBack(by: string, part: number): void {
    this.#own.get(by)?.add(part);
  }

  #ownOf(by: string, nowMs: number): Bucket | undefined {
    const known = this.#own.get(by);
    if (known !== undefined) return known;
    if (this.#own.size >= callersMax) this.#forgetFull(nowMs);
    if (this.#own.size >= callersMax) return undefined;
    const bucket = new Bucket(this.#ownMax, nowMs);
    this.#own.set(by, bucket);
    return bucket;
  }

  /** Whoever has used nothing for a while is a stranger again. */
  #forgetFull(nowMs: number): void {
    for (const [by, bucket] of this.#own) {
      bucket.fill(nowMs);
      if (bucket.isFull) this.#own.delete(by);
    }
  }
}

class Bucket {
  readonly perMs: number;
  readonly #places: number;
  #free: number;
  #lastMs: number;

  /** @param places that it holds, and gains in a minute */
  constructor(places: number, nowMs: number) {
    this.#places = places;
    this.#free = places;
    this.#lastMs = nowMs;
    this.perMs = places / (60 * 1000);
  }

  get free(): number {
    return this.#free;
  }

  get isFull(): boolean {
    return this.#free >= this.#places;
  }

  fill(nowMs: number): void {
    this.add((nowMs - this.#lastMs) * this.perMs);
    this.#lastMs = nowMs;
  }

  add(places: number): void {
    this.#free = Math.min(this.#places, this.#free + places);
  }

  /** @returns how much of it was there */
  take(places: number): number {
    const taken = Math.min(places, this.#free);
    this.#free -= taken;
    return taken;
  }
}
