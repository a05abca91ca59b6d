/** One pattern of an `allow`, `allow_ip`, `deny` or `deny_ip` line, with the place it came from. */
export interface Entry {
  verdict: 'allow' | 'deny';
  /** keyword and pattern as written, e.g. `allow *.example.com` */
  text: string;
  line: number;
}

/** The entry that speaks for one side, names or addresses. */
export interface Voice {
  /** the entry's own, but for an allow whose back reference captured no name */
  verdict: 'allow' | 'deny';
  entry: Entry;
  /** said only where the entry speaks for another reason than a plain match */
  because?: string;
}

/** Keeps the stricter of two entries that say something about the same caller: a tie is a deny. */
export function stricter(
  one: Entry | undefined,
  other: Entry | undefined,
): Entry | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one.verdict === 'deny' || other.verdict === 'allow' ? one : other;
}

/** Files an entry under a key; of two with the same key the deny stays. */
export function fileUnder(
  entries: Map<string, Entry>,
  key: string,
  entry: Entry,
): void {
  entries.set(key, stricter(entries.get(key), entry) ?? entry);
}
