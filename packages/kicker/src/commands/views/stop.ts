import { printable } from '@kickd/protocol';
import { shownName } from '../../events/name-bytes.ts';
import { viewOfEach } from './view.ts';

/** `kicker stop`, done. */
export interface StopRecord {
  by: string;
  reason: string;
  /** kicks that are not sent yet, and will not be */
  waiting: number;
  /** kicks that are followed to their end */
  following: number;
  /** which ledger it is: a stop of another one would stop nothing */
  ledger: string;
  /** undefined: cannot be known from here */
  isServed: boolean | undefined;
  holder: string | undefined;
}

export const stopView = viewOfEach<StopRecord>((record) => [
  `stopped: nothing is kicked until: kicker resume (${record.waiting} kicks not sent yet, ${record.following} to be followed to their end)`,
  servedBy(record),
]);

function servedBy({ ledger, isServed, holder = '?' }: StopRecord): string {
  const file = printable(ledger);
  switch (isServed) {
    case true:
      return `ledger: ${file}, served by ${printable(holder)}`;
    case false:
      return `ledger: ${file}; nobody serves it now: the stop holds for whoever does`;
    case undefined:
      return `ledger: ${file}, last served by ${printable(holder)}`;
  }
}

/** `kicker resume`, done. */
export interface ResumeRecord {
  by: string;
  reason: string;
  /** the host group whose storm is over; else it is about the whole fleet */
  storm: string | undefined;
  /** whether there was a storm, or a stop */
  hadEffect: boolean;
  /** the stop that is taken back */
  stopped: { by: string; at: string; reason: string } | undefined;
}

export const resumeView = viewOfEach<ResumeRecord>(
  ({ storm, hadEffect, stopped }) => {
    if (storm !== undefined) {
      const of = shownName(storm);
      return [
        hadEffect
          ? `the storm of ${of} is over`
          : `there was no storm of ${of}`,
      ];
    }
    return [
      stopped === undefined
        ? 'kicker was not stopped'
        : `resumed: ${stopped.by} had stopped kicker at ${stopped.at}: ${stopped.reason}`,
    ];
  },
);
