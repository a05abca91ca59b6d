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
  return rules.find(({ match }) => fits(match, event, groups));
}

/** Whether each part of a match that is there fits. */
export function fits(
  match: Match,
  event: Event,
  groups: readonly string[],
): boolean {
  return (
    fitsOne(match.monitor, event.monitor) &&
    fitsOne(match.host, event.host) &&
    fitsOne(match.service, event.service ?? '') &&
    (match.hostGroup === undefined ||
      groups.some((group) => fitsOne(match.hostGroup, group))) &&
    (match.labels === undefined ||
      Object.entries(match.labels).every(([name, wanted]) => {
        const found = event.labels?.[name];
        return found !== undefined && fitsOne(wanted, found);
      }))
  );
}

function fitsOne(wanted: readonly string[] | undefined, name: string): boolean {
  if (wanted === undefined) return true;
  const shown = shownName(name);
  return wanted.some((pattern) => fitsName(pattern, shown));
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
