import { printable, type Run } from '@kickd/protocol';
import { describeOutcome } from '../../events/describe-outcome.ts';
import { linesOfKick, type TargetRecord, type Trouble } from './kick.ts';
import type { View } from './view.ts';

/** A host that does not say what ran. */
export interface NoRunsRecord extends TargetRecord {
  result: 'refused' | 'not-sent' | 'not-known';
  exit: number;
  error: Trouble;
}

/** One run of a host. */
export type RunRecord = Run & { host: string };

export const runsView: View<RunRecord | NoRunsRecord> = (out) => ({
  print: (record) => {
    if ('error' in record) {
      for (const line of linesOfKick(record)) out.warn(line);
      return;
    }
    const { host, run, state, startedAt, queuedAt, outcome } = record;
    const said =
      outcome === undefined
        ? `${state}, run ${run}`
        : describeOutcome(record, outcome);
    out.say(`${printable(host)}: ${startedAt ?? queuedAt}: ${said}`);
  },
});
