import { matchReference } from './back-reference.ts';
import { fileUnder, stricter, type Entry, type Voice } from './entry.ts';
import { foldCase, type NamePattern } from './names.ts';
import type { LinearRegex } from './regex.ts';

/** The `allow` and `deny` entries of a stanza, filed so that a hundred thousand cost no more than one. */
export interface NameEntries {
  exact: Map<string, Entry>;
  /** by the part after `*.` */
  wildcards: Map<string, Entry>;
  regexes: { regex: LinearRegex; entry: Entry }[];
  references: { template: string; entry: Entry }[];
  everyone?: Entry;
}

export function createNameEntries(): NameEntries {
  const exact = new Map<string, Entry>();
  const wildcards = new Map<string, Entry>();
  return { exact, wildcards, regexes: [], references: [] };
}

export function addName(
  entries: NameEntries,
  name: Exclude<NamePattern, { kind: 'regex' }>,
  entry: Entry,
): void {
  switch (name.kind) {
    case 'everyone':
      entries.everyone = stricter(entries.everyone, entry) ?? entry;
      break;
    case 'exact':
      fileUnder(entries.exact, name.name, entry);
      break;
    case 'wildcard':
      fileUnder(entries.wildcards, name.suffix, entry);
      break;
    case 'reference':
      entries.references.push({ template: name.template, entry });
      break;
  }
}

/**
 * The entry that speaks about a certname: an exact name, else the longest wildcard or a regex,
 * else `*`; a tie is a deny. A wildcard and a regex cannot be compared, so between them a deny
 * speaks too (as in Puppet, where the deny sorted first).
 * @param captures of the path's regex, for back references
 * @returns undefined when none speaks
 */
export function judgeName(
  entries: NameEntries,
  certname: string,
  captures: readonly string[],
): Voice | undefined {
  const folded = foldCase(certname);
  let exact = entries.exact.get(folded);
  let wildcard = longestWildcard(entries.wildcards, folded);
  let pattern: Entry | undefined;
  for (const { template, entry } of entries.references) {
    const match = matchReference(template, captures, certname);
    switch (match.kind) {
      case 'exact':
        exact = stricter(exact, entry);
        break;
      case 'wildcard':
        wildcard = longer(wildcard, { entry, labels: match.labels });
        break;
      case 'pattern':
        if (entry.verdict === 'deny') pattern ??= entry;
        break;
      case 'invalid': {
        const because = 'the text that the path captured is no certname';
        return { verdict: 'deny', entry, because };
      }
      case 'none':
        break;
    }
  }
  const speaks =
    exact ??
    inexact(stricter(wildcard?.entry, pattern), entries.regexes, certname) ??
    entries.everyone;
  return speaks && { verdict: speaks.verdict, entry: speaks };
}

function inexact(
  first: Entry | undefined,
  regexes: NameEntries['regexes'],
  certname: string,
): Entry | undefined {
  let speaks = first;
  for (const { regex, entry } of regexes) {
    if (speaks?.verdict === 'deny') return speaks;
    if (speaks?.verdict === entry.verdict) continue;
    if (regex.matches(certname)) speaks = entry;
  }
  return speaks;
}

interface WildcardMatch {
  entry: Entry;
  labels: number;
}

function longestWildcard(
  wildcards: Map<string, Entry>,
  folded: string,
): WildcardMatch | undefined {
  if (wildcards.size === 0) return undefined;
  const labels = folded.split('.');
  for (let first = 0; first < labels.length; first += 1) {
    const entry = wildcards.get(labels.slice(first).join('.'));
    if (entry !== undefined) return { entry, labels: labels.length - first };
  }
  return undefined;
}

function longer(
  one: WildcardMatch | undefined,
  other: WildcardMatch,
): WildcardMatch {
  if (one === undefined || other.labels > one.labels) return other;
  if (other.labels < one.labels) return one;
  return one.entry.verdict === 'deny' ? one : other;
}
