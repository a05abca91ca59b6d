/**
 * The known word that was most likely meant, or undefined where none is near.
 * @returns a word at most a third of its length away (at least one edit), the first of equals
 */
export function nearest(
  word: string,
  known: readonly string[],
): string | undefined {
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    const allowed = Math.max(1, Math.floor(candidate.length / 3));
    if (distance <= allowed && distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein's distance, where two letters that changed places are one edit. */
function editDistance(from: string, to: string): number {
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const above = row[j] ?? Infinity;
      const left = next[j - 1] ?? Infinity;
      const across = row[j - 1] ?? Infinity;
      const other = from[i - 1] === to[j - 1] ? 0 : 1;
      const isSwapped =
        from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1] && i > 1;
      const swapped = isSwapped ? (before[j - 2] ?? Infinity) : Infinity;
      next.push(Math.min(above + 1, left + 1, across + other, swapped + 1));
    }
    before = row;
    row = next;
  }
  return row[to.length] ?? Infinity;
}
