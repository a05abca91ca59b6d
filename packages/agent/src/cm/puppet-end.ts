import { oneLine, type Outcome } from '@kickd/protocol';
import { bareOutcome } from '../run/outcome.ts';
import type { ToolEnd } from '../ports.ts';
import type { PuppetLog } from './puppet-log.ts';
import type { PuppetReport } from './puppet-report.ts';
import { judgeNotBegun } from './tool-end.ts';

/**
 * What a Puppet run did, from its own report and its detailed exit code.
 * The code alone lies: a run that somebody ended by TERM exits with 0, and 1 has six meanings. The report alone lies
 * as well: what went wrong behind it, as a command after the run, only the code tells.
 * @param report of this very run, and whole
 * @see puppet-agent(8), --detailed-exitcodes
 */
export function judgePuppetEnd(end: ToolEnd, report: PuppetReport): Outcome {
  const { corrected, pending, failed } = report;
  const facts = {
    ...(end.exitCode !== undefined && { exitCode: end.exitCode }),
    ...(report.configVersion !== undefined && {
      configVersion: report.configVersion,
    }),
    cachedCatalog: report.cachedCatalog,
    corrected,
    ...((end.noop || pending.length > 0) && { pending }),
    failed,
  };
  const because = (code: string, reason?: string): Partial<Outcome> => ({
    code,
    ...(reason !== undefined && { reason: oneLine(reason) }),
  });
  if (!report.completed) {
    // A catalog that did not compile is told the same way as a run that was ended midway.
    const { exitCode = 0 } = end;
    // above 128 a wrapper tells of a signal
    const isInterrupted =
      exitCode === 0 || exitCode > 128 || end.signal !== undefined;
    return {
      kind: corrected.length > 0 ? 'partly' : 'failed',
      ...because(
        isInterrupted ? 'interrupted' : 'catalog',
        isInterrupted
          ? 'somebody ended the run before it was complete'
          : report.firstError,
      ),
      ...facts,
    };
  }
  const hasCorrected = corrected.length > 0 || hasChangedBits(end);
  const failure = hasCorrected ? 'partly' : 'failed';
  if (report.status === 'failed' || failed.length > 0) {
    return {
      kind: failure,
      ...because('resources', report.firstError),
      ...facts,
    };
  }
  if (end.signal !== undefined) {
    const reason = `somebody ended the run with ${end.signal}, after it had written its report`;
    return { kind: failure, ...because('killed', reason), ...facts };
  }
  if (!isSuccess(end.exitCode)) {
    const reason = `puppet ended with ${String(end.exitCode)}, although its report tells of no failure`;
    const { firstError } = report;
    return {
      kind: failure,
      ...because(
        'exit-code',
        firstError === undefined ? reason : `${reason}: ${firstError}`,
      ),
      ...facts,
    };
  }
  return {
    kind: hasCorrected ? 'corrected' : 'unchanged',
    ...noopOf(end, report),
    ...facts,
  };
}

/** Puppet's own words for success; undefined: nobody was there to see the code. */
function isSuccess(exitCode: number | undefined): boolean {
  return exitCode === undefined || exitCode === 0 || exitCode === 2;
}

/** What was noop and was not asked to be, and the reverse: a monitor that kicks for it kicks in vain. */
function noopOf(end: ToolEnd, report: PuppetReport): Partial<Outcome> {
  const { corrected, pending } = report;
  if (end.noop) {
    return corrected.length === 0
      ? {}
      : {
          code: 'noop-ignored',
          reason: oneLine(
            `${corrected[0]?.resource ?? ''} was changed in a noop run: the policy says noop => false of it`,
          ),
        };
  }
  if (pending.length === 0 && !report.noopPending) return {};
  return report.noop
    ? {
        code: 'noop-of-the-host',
        reason: oneLine(
          `this host's own configuration has noop = true: ${pending[0]?.resource ?? 'what is pending'} stays as it is, however often it is kicked`,
        ),
      }
    : {
        code: 'noop-of-a-resource',
        reason: oneLine(
          `the policy says noop => true of ${pending[0]?.resource ?? 'a resource'}: it stays as it is, however often it is kicked`,
        ),
      };
}

/** 2: changes; 6: changes and failures. */
function hasChangedBits(end: ToolEnd): boolean {
  return end.exitCode === 2 || end.exitCode === 6;
}

/**
 * A run of which no report can be had: what its exit code alone allows to say, with the first error of its log.
 * @param unreadable why the report that is there cannot be read
 */
export function judgeWithoutReport(
  end: ToolEnd,
  log: PuppetLog,
  unreadable?: string,
): Outcome {
  const { exitCode, signal } = end;
  const exit = exitCode !== undefined && { exitCode };
  if (unreadable !== undefined) {
    const reason = `the report of this run cannot be read: ${unreadable}`;
    const kind =
      exitCode === 2 ? 'corrected' : exitCode === 6 ? 'partly' : 'failed';
    return { ...bareOutcome(kind, 'report-unreadable', reason), ...exit };
  }
  if (log.unknownOption !== undefined && exitCode === 1) {
    const reason = `this Puppet does not know ${log.unknownOption}: Puppet 6.16 or later is needed`;
    return { ...bareOutcome('failed', 'too-old', reason), ...exit };
  }
  const notBegun = judgeNotBegun(end, 'puppet', log.firstLine);
  if (notBegun !== undefined) return notBegun;
  const outcome = ((): Outcome => {
    switch (exitCode) {
      case 2:
        return bareOutcome('corrected', 'no-report');
      case 4:
        return bareOutcome('failed', 'resources', log.firstError);
      case 6:
        return bareOutcome('partly', 'resources', log.firstError);
      case undefined:
        return bareOutcome(
          'failed',
          signal === undefined ? 'no-report' : 'killed',
          signal === undefined
            ? 'the run left no report of its own'
            : `somebody ended the run with ${signal}`,
        );
      case 0:
        // Nothing changed, or ended by TERM before it could report: nobody can tell.
        return bareOutcome(
          'failed',
          'no-report',
          log.firstError ??
            'puppet ended with 0 but left no report of this run (report = false, or ended by a signal)',
        );
      default:
        return bareOutcome(
          'failed',
          'no-report',
          log.firstError ??
            `puppet ended with ${String(exitCode)} before it could report; see the log of the run`,
        );
    }
  })();
  return { ...outcome, ...exit };
}
