import { printable } from '@kickd/protocol';
import { placeOfProblem, subjectOf } from '../../events/event.ts';
import { shownName } from '../../events/name-bytes.ts';
import type { Entry, StoredEntry } from '../../ledger/entry.ts';
import { wordsOf } from './entry-text.ts';
import type { View } from './view.ts';

/** One entry of the ledger, with the host and the service that its problem is of. */
export type EntryRecord = Entry & {
  seq: number;
  /** ISO 8601 */
  at: string;
  host?: string;
  service?: string;
  kick: string | undefined;
  problem: string | undefined;
};

export function recordOfEntry(stored: StoredEntry): EntryRecord {
  const { seq, at, kick, problem, entry } = stored;
  const place = problem === undefined ? undefined : placeOfProblem(problem);
  return { seq, at, ...place, kick, problem, ...entry };
}

/** `kicker history`: a line an entry. */
export function lineOfEntry(record: EntryRecord): string {
  const subject = printable(subjectOfEntry(record), 60).padEnd(30);
  return `${record.at}  ${subject}  ${wordsOf(record)}`;
}

/** A kick by hand has no problem. */
function subjectOfEntry(record: EntryRecord): string {
  const { host, service } = record;
  if (host !== undefined) {
    return subjectOf({ host, ...(service === undefined ? {} : { service }) });
  }
  return record.kind === 'kick' ? shownName(record.body.target.name) : '-';
}

/** `kicker why`: what the story is about, and then a line an entry. */
export const storyView: View<EntryRecord> = (out) => {
  let isBegun = false;
  return {
    print: (record) => {
      if (!isBegun && record.host !== undefined) {
        out.say(printable(subjectOfEntry(record)));
      }
      isBegun = true;
      out.say(`${record.at}  ${wordsOf(record)}`);
    },
  };
};
