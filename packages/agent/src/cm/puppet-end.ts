import type { Outcome } from '@kickd/protocol';
import { bareOutcome } from '../run/outcome.ts';
import type { ToolEnd } from '../ports.ts';
import type { PuppetReport } from './puppet-report.ts';

/**
 * What a Puppet run did, from its detailed exit code and its own report.
 * The code alone lies: a run that somebody ended by TERM exits with 0, and 1 has six meanings.
 * @param report the report of this very run, undefined where there is none
 * @see puppet-agent(8), --detailed-exitcodes
 */
export function judgePuppetEnd(
  end: ToolEnd,
  report: PuppetReport | undefined,
): Outcome {
  if (report === undefined) return judgeWithoutReport(end);
  const facts = {
    ...(end.exitCode !== undefined && { exitCode: end.exitCode }),
    ...(report.configVersion !== undefined && {
      configVersion: report.configVersion,
    }),
    cachedCatalog: report.cachedCatalog,
    corrected: end.noop ? [] : report.corrected,
    ...(end.noop && { pending: report.pending }),
    failed: report.failed,
  };
  const because = (code: string, reason?: string): Partial<Outcome> => ({
    code,
    ...(reason !== undefined && { reason }),
  });
  if (!report.completed) {
    // A catalog that did not compile is told the same way as a run that was ended midway.
    const isInterrupted = end.exitCode === 0 || end.signal !== undefined;
    return {
      kind: 'failed',
      ...because(
        isInterrupted ? 'interrupted' : 'catalog',
        isInterrupted
          ? 'somebody ended the run before it was complete'
          : report.firstError,
      ),
      ...facts,
    };
  }
  const hasFailed = report.status === 'failed' || report.failed.length > 0;
  const hasCorrected = facts.corrected.length > 0 || hasChangedBits(end);
  if (hasFailed) {
    return {
      kind: hasCorrected ? 'partly' : 'failed',
      ...because('resources', report.firstError),
      ...facts,
    };
  }
  return { kind: hasCorrected ? 'corrected' : 'unchanged', ...facts };
}

/** 2: changes; 6: changes and failures. */
function hasChangedBits(end: ToolEnd): boolean {
  return end.exitCode === 2 || end.exitCode === 6;
}

function judgeWithoutReport(end: ToolEnd): Outcome {
  const { exitCode } = end;
  const outcome = ((): Outcome => {
    switch (exitCode) {
      case 2:
        return bareOutcome('corrected', 'no-report');
      case 4:
        return bareOutcome('failed', 'resources');
      case 6:
        return bareOutcome('partly', 'resources');
      case undefined:
        return bareOutcome(
          'failed',
          end.signal === undefined ? 'no-report' : 'killed',
          end.signal === undefined
            ? 'the run left no report of its own'
            : `somebody ended the run with ${end.signal}`,
        );
      case 0:
        // Nothing changed, or ended by TERM before it could report: nobody can tell.
        return bareOutcome(
          'failed',
          'no-report',
          'puppet ended with 0 but left no report of this run (report = false, or ended by a signal)',
        );
      default:
        return bareOutcome(
          'failed',
          'no-report',
          `puppet ended with ${String(exitCode)} before it could report; see the log of the run`,
        );
    }
  })();
  return { ...outcome, ...(exitCode !== undefined && { exitCode }) };
}
