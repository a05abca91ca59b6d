import type { Outcome } from '@kickd/protocol';
import type {
  Evidence,
  ReportState,
  StreamedReport,
  ToolEnd,
} from '../ports.ts';
import { PuppetReportReader, type ReadReport } from './puppet-report.ts';

/** What became of the report of one run. */
export type FoundReport =
  | (ReadReport & { kind: 'report' })
  | { kind: 'none' }
  | { kind: 'unreadable'; reason: string };

/** A file time is that of the last tick of the kernel, a start is told to the millisecond. */
const tickMs = 1000;

/**
 * The report of one run, read as it comes.
 * @param isOurs whether a report with this job id is the run's; undefined: the file is the run's own, whatever it holds
 */
export function streamPuppetReport(
  file: string,
  isOurs: ((jobId: string | undefined) => boolean) | undefined,
  judge: (end: ToolEnd, evidence: Evidence, found: FoundReport) => Outcome,
): StreamedReport {
  const reader = new PuppetReportReader();
  return {
    file,
    take: (piece) => reader.take(piece),
    outcome: (end, evidence, state) => {
      return judge(end, evidence, find(reader.end(), state, end, isOurs));
    },
  };
}

/** A report in memory, for whoever has no file. */
export function outcomeOfText(
  report: StreamedReport,
  end: ToolEnd,
  evidence: Evidence,
): Outcome {
  const text = evidence['report'];
  if (text === undefined) {
    return report.outcome(end, evidence, { kind: 'missing' });
  }
  report.take(Buffer.from(text));
  return report.outcome(end, evidence, { kind: 'read' });
}

function find(
  read: ReadReport,
  state: ReportState,
  { startedAt }: ToolEnd,
  isOurs: ((jobId: string | undefined) => boolean) | undefined,
): FoundReport {
  if (state.kind === 'missing') return { kind: 'none' };
  if (state.kind === 'unreadable') return state;
  const jobId = read.kind === 'report' ? read.report.jobId : read.jobId;
  if (isOurs !== undefined && jobId !== undefined && !isOurs(jobId)) {
    return { kind: 'none' };
  }
  if (read.kind === 'report') {
    // A report without a job id, as of an old Puppet, may be any run's: it is never taken for ours.
    return isOurs === undefined || isOurs(jobId) ? read : { kind: 'none' };
  }
  // one that was there before the run tells nothing about it
  const { modifiedAt } = state;
  const isOlder =
    isOurs !== undefined &&
    modifiedAt !== undefined &&
    modifiedAt.getTime() < startedAt.getTime() - tickMs;
  return isOlder
    ? { kind: 'none' }
    : { kind: 'unreadable', reason: read.reason };
}
