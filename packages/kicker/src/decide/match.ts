import type { Event } from '../events/event.ts';
import { shownName } from '../events/name-bytes.ts';
import type { Match, Rule } from './rules.ts';

/**
 * The first rule that matches, in the order of the file. Names are compared as they are shown: a rules file is UTF-8,
 * and matches the service that the monitor writes in Latin-1.
 */
export function ruleFor(
  event: Event,
  groups: readonly string[],
  rules: readonly Rule[],
): Rule | undefined {
  for (const rule of rules) {
    if (fits(rule.match, event, groups)) return rule;
  }
  return undefined;
}

function fits(match: Match, event: Event, groups: readonly string[]): boolean {
  return (
    fitsShown(match.monitor, event.monitor) &&
    fitsShown(match.host, event.host) &&
    fitsShown(match.service, event.service ?? '') &&
    (match.hostGroup === undefined ||
      groups.some((group) => fitsShown(match.hostGroup, group))) &&
    (match.labels === undefined ||
      Object.entries(match.labels).every(([name, wanted]) => {
        const found = event.labels?.[name];
        return found !== undefined && fitsOne(wanted, found);
      }))
  );
}

function fitsShown(
  wanted: readonly string[] | undefined,
  name: string,
): boolean {
  return wanted === undefined || fitsOne(wanted, shownName(name));
}

function fitsOne(wanted: readonly string[], name: string): boolean {
  return wanted.some((pattern) => fitsName(pattern, name));
}

/**
 * Whether a name fits a pattern, the whole of it, case and all: `*` is any text, `?` one character, all
 * else stands for itself. Linear in both: on a mismatch only the last `*` is tried again.
 */
export function fitsName(pattern: string, name: string): boolean {
  let at = 0;
  let star = -1;
  let starAt = 0;
  let read = 0;
  while (read < name.length) {
    const wanted = pattern[at];
    if (wanted === '*') {
      star = at;
      starAt = read;
      at += 1;
    } else if (wanted === '?' || wanted === name[read]) {
      at += 1;
      read += 1;
    } else if (star >= 0) {
      at = star + 1;
      starAt += 1;
      read = starAt;
    } else {
      return false;
    }
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}
