/**
 * One thing to do in the world outside because of what was decided: it is written in the same transaction,
 * and done after it, again and again until it succeeds or is given up. A kicker that dies in between leaves
 * it to the next one; so it may be done twice, and is never forgotten.
 */
export type Errand =
  /** look at the service at once */
  | { kind: 'recheck'; host: string; service: string }
  | { kind: 'comment'; host: string; service?: string; text: string }
  | { kind: 'acknowledge'; host: string; service: string; text: string }
  | { kind: 'remove-acknowledgement'; host: string; service: string }
  /** a passive check result: OK, WARNING, CRITICAL, UNKNOWN as 0 … 3 */
  | {
      kind: 'result';
      host: string;
      service: string;
      code: 0 | 1 | 2 | 3;
      text: string;
    }
  /** the operator's own command; a literal argument list, the text on its standard input */
  | { kind: 'command'; argv: string[]; input: string };

/** What an errand belongs to. */
export interface ErrandKeys {
  kick?: string;
  problem?: string;
}

export interface ErrandRecord {
  seq: number;
  keys: ErrandKeys;
  errand: Errand;
  /** ISO 8601: when it was decided */
  at: string;
  /** how often it was tried in vain */
  tries: number;
}

/** How an errand ended. */
export interface ErrandResult {
  errand: Errand;
  result: 'done' | 'failed';
  /** why it failed for good */
  code?: string;
  message?: string;
}
