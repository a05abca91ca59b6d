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

/** Levenshtein's distance. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const above = row[j] ?? Infinity;
      const left = next[j - 1] ?? Infinity;
      const across = row[j - 1] ?? Infinity;
      const swap = from[i - 1] === to[j - 1] ? 0 : 1;
      next.push(Math.min(above + 1, left + 1, across + swap));
    }
    row = next;
  }
  return row[to.length] ?? Infinity;
}
