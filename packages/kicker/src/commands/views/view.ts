import type { Shell } from '../command.ts';
import type { Given } from '../options.ts';
import { toJsonLine } from './json-line.ts';

/** Where a view prints: the lines, and what it may know of who reads them. */
export type Out = Pick<Shell, 'say' | 'warn' | 'env' | 'stdoutIsTty'>;

/** Prints the records of one command, in the order in which they come. */
export interface Printer<Found> {
  print(record: Found): void;
  /** no more will come */
  end?(): void;
}

/** How a command's records look to a person. */
export type View<Found> = (out: Out, given: Given) => Printer<Found>;

/** A view that prints each record as it comes, on lines of its own. */
export function viewOfEach<Found>(
  linesOf: (record: Found) => readonly string[],
): View<Found> {
  return (out) => ({
    print: (record) => {
      for (const line of linesOf(record)) out.say(line);
    },
  });
}

/** A view that needs all records before it can print: a table, a report. */
export function viewOfAll<Found>(
  linesOf: (records: readonly Found[], given: Given) => readonly string[],
): View<Found> {
  return (out, given) => {
    const records: Found[] = [];
    return {
      print: (record) => void records.push(record),
      end: () => {
        for (const line of linesOf(records, given)) out.say(line);
      },
    };
  };
}

/** The same records for a program: one JSON object a line, whose names and meaning stay within `version`. */
export function jsonView<Found extends object>(out: Out): Printer<Found> {
  return {
    print: (record) => out.say(toJsonLine({ version: 1, ...record })),
  };
}
