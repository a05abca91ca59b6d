import type fc from 'fast-check';

/** One reader of what strangers, or a damaged disk, may put before kickd. */
export interface Target {
  name: string;
  inputs: fc.Arbitrary<Uint8Array>;
  /**
   * Reads one input.
   * @throws whatever is a crash: the reader threw, or broke what is promised of it
   */
  play(input: Uint8Array): void | Promise<void>;
  /** how many inputs are played in a row before another target has its turn: fewer where one is slow */
  batch: number;
  /** runs that were started meanwhile, which must be none */
  runsStarted?(): number;
  close?(): Promise<void>;
}

/** @throws with the words, where the claim is false */
export function expectTrue(claim: boolean, words: string): void {
  if (!claim) throw new Error(words);
}
