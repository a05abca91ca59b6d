/**
 * Lines that say the same in the same second count once, in one log or in several: the same archive plain and
 * compressed, or monitors that each write what all of them saw. Nagios itself says the same twice within a second only
 * of a volatile service, and the second call comes to nothing there.
 *
 * Only the lines of one second are kept.
 */
export interface RepeatedLines {
  /** @param atMs never less than before */
  isRepeated(line: string, atMs: number): boolean;
  readonly count: number;
}

/** So few are looked through faster than they are hashed. */
const fewMost = 8;

export function createRepeatedLines(): RepeatedLines {
  let count = 0;
  let secondMs = -1;
  let few: string[] = [];
  let many: Set<string> | undefined;
  return {
    get count() {
      return count;
    },
    isRepeated: (line, atMs) => {
      if (atMs !== secondMs) {
        secondMs = atMs;
        few = [line];
        many = undefined;
        return false;
      }
      const isKnown = many === undefined ? few.includes(line) : many.has(line);
      if (isKnown) count += 1;
      else if (many !== undefined) many.add(line);
      else if (few.length < fewMost) few.push(line);
      else many = new Set(few).add(line);
      return isKnown;
    },
  };
}
