import { printable, type Outcome, type OutcomeKind } from '@kickd/protocol';
import { describeOutcome } from '../../events/describe-outcome.ts';
import { viewOfEach } from './view.ts';

/** What a host, or the way to it, answered instead of what was asked. */
export interface Trouble {
  code: string;
  message: string;
  remedy: string;
}

export interface TargetRecord {
  host: string;
  certname: string;
  address: string;
  port: number;
}

/** How the kick of one host went. */
export interface KickRecord extends TargetRecord {
  kick: string;
  result: OutcomeKind | 'accepted' | 'refused' | 'not-sent' | 'not-known';
  exit: number;
  run?: string | undefined;
  state?: string | undefined;
  noop?: boolean | undefined;
  durationMs?: number | undefined;
  /** of a run that has ended */
  outcome?: Outcome | undefined;
  error?: Trouble | undefined;
}

/** `kicker kick`; with --test a host that would be kicked. */
export const kickView = viewOfEach<KickRecord | TargetRecord>((record) =>
  'result' in record
    ? linesOfKick(record)
    : [
        `${record.host}: would be kicked: ${record.certname} at ${record.address} port ${record.port}`,
      ],
);

/** One line, and the remedy on a second where there is one. */
export function linesOfKick(
  record: Pick<
    KickRecord,
    | 'host'
    | 'result'
    | 'run'
    | 'state'
    | 'noop'
    | 'durationMs'
    | 'outcome'
    | 'error'
  >,
): string[] {
  const { result, run = '', state = '', outcome, error, durationMs } = record;
  const host = printable(record.host);
  if (outcome !== undefined) {
    const { noop = false } = record;
    const ended = {
      run,
      noop,
      ...(durationMs === undefined ? {} : { durationMs }),
    };
    return [`${host}: ${describeOutcome(ended, outcome)}`];
  }
  if (error === undefined) {
    return [`${host}: accepted, run ${run} is ${state}`];
  }
  return [
    `${host}: ${headOf(result, record.run)}: ${error.code}: ${error.message}`,
    `  remedy: ${error.remedy}`,
  ];
}

function headOf(result: KickRecord['result'], run: string | undefined): string {
  if (result === 'refused') return 'refused';
  if (result === 'not-sent') return 'not sent';
  return run === undefined
    ? 'not known whether it arrived'
    : `accepted, outcome not known, run ${run}`;
}
