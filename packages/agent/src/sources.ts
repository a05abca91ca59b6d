import { networkKey, parseAddress } from './acl/addresses.ts';

export interface SourceLimits {
  /** open at the same time */
  connections: number;
  /** new ones, on average */
  perSecond: number;
  /** new ones at once after a pause */
  burst: number;
  /** new ones that a failed handshake counts as */
  failureCost: number;
  /** how deep in debt failures may bring a source */
  debtMax: number;
  /** sources that are remembered */
  rememberedMax: number;
}

/** too many open, or too many new ones */
type Why = 'connections' | 'rate';

export type Entrance =
  | { kind: 'come-in' }
  | {
      kind: 'turned-away';
      why: Why;
      /** the first of this source since it was last told */
      isFirst: boolean;
    };

/** Connections of one source that were turned away and not told yet. */
export interface TurnedAway {
  address: string;
  /** of the last one */
  why: Why;
  count: number;
}

interface Source {
  address: string;
  open: number;
  /** connections that may come now; below zero: a debt of failed handshakes */
  tokens: number;
  atMs: number;
  turnedAway: number;
  why: Why;
}

/**
 * What each source of connections has used up: a token bucket, and a count of what is open. It is
 * asked before TLS, since a handshake is what costs: 4 ms of a core with a key of RSA-4096. Holds no
 * socket and reads no clock.
 *
 * A source is an IPv4 address or a /64 of IPv6, of which one host has 2^64 addresses.
 */
export class Sources {
  readonly #limits: SourceLimits;
  readonly #sources = new Map<string, Source>();

  constructor(limits: SourceLimits) {
    this.#limits = limits;
  }

  /** @param nowMs of a clock that never jumps */
  enter(address: string, nowMs: number): Entrance {
    const source = this.#sourceOf(address, nowMs);
    const why =
      source.open >= this.#limits.connections
        ? 'connections'
        : source.tokens < 1
          ? 'rate'
          : undefined;
    if (why === undefined) {
      source.open += 1;
      source.tokens -= 1;
      return { kind: 'come-in' };
    }
    source.turnedAway += 1;
    source.why = why;
    return { kind: 'turned-away', why, isFirst: source.turnedAway === 1 };
  }

  /** One that came in is closed. */
  leave(address: string): void {
    const source = this.#sources.get(keyOf(address));
    if (source !== undefined && source.open > 0) source.open -= 1;
  }

  /** A handshake failed, or showed a certificate that is refused. */
  fail(address: string, nowMs: number): void {
    const source = this.#sourceOf(address, nowMs);
    const { failureCost, debtMax } = this.#limits;
    source.tokens = Math.max(-debtMax, source.tokens - failureCost);
  }

  /** Forgets sources that owe nothing. @returns who was turned away since the last time */
  settle(nowMs: number): TurnedAway[] {
    const told: TurnedAway[] = [];
    for (const [key, source] of this.#sources) {
      this.#refill(source, nowMs);
      const { address, why, turnedAway, open, tokens } = source;
      // the first was told when it happened
      if (turnedAway > 1) told.push({ address, why, count: turnedAway - 1 });
      source.turnedAway = 0;
      if (open === 0 && tokens >= this.#limits.burst) this.#sources.delete(key);
    }
    return told;
  }

  #sourceOf(address: string, nowMs: number): Source {
    const key = keyOf(address);
    const known = this.#sources.get(key);
    if (known !== undefined) {
      this.#refill(known, nowMs);
      return known;
    }
    if (this.#sources.size >= this.#limits.rememberedMax) this.#forgetOne();
    const source: Source = {
      address,
      open: 0,
      tokens: this.#limits.burst,
      atMs: nowMs,
      turnedAway: 0,
      why: 'rate',
    };
    this.#sources.set(key, source);
    return source;
  }

  #refill(source: Source, nowMs: number): void {
    const { perSecond, burst } = this.#limits;
    const earned = ((nowMs - source.atMs) / 1000) * perSecond;
    source.tokens = Math.min(burst, source.tokens + earned);
    source.atMs = nowMs;
  }

  /** The one that came first and has nothing open; that this many have something open is impossible. */
  #forgetOne(): void {
    for (const [key, { open }] of this.#sources) {
      if (open > 0) continue;
      this.#sources.delete(key);
      return;
    }
  }
}

/** What counts as one source: an IPv4 address, or a /64 of IPv6. */
export function keyOf(address: string): string {
  const network = parseAddress(address);
  if (network === undefined) return address;
  return networkKey(network, network.family === 4 ? 32 : 64);
}
