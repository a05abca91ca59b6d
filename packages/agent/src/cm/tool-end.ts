import type { CorrectedResource, Outcome } from '@kickd/protocol';
import { oneLine, outcomeLimits, printable } from '@kickd/protocol';
import type { ToolEnd } from '../ports.ts';
import { bareOutcome } from '../run/outcome.ts';

/** What a tool other than Puppet says that it did, in numbers and, as far as it tells, in names. */
export interface Tally {
  changed: number;
  failed: number;
  /** what was put back, or would have been in a noop run */
  changes: readonly string[];
  failures: readonly string[];
  /** one line of the tool on the first failure; foreign text is made printable here */
  reason?: string;
  configVersion?: string;
}

/**
 * The outcome of a run that came to its end and told what it did.
 * The tally decides the words; a noop run has corrected nothing whatever it counts as changed.
 */
export function judgeTally(end: ToolEnd, tally: Tally): Outcome {
  if (end.signal !== undefined && tally.failed === 0) {
    return judgeKilled(end, end.signal, tally);
  }
  const hasBadCode = end.exitCode !== undefined && end.exitCode !== 0;
  const isUntold = hasBadCode && tally.failed === 0;
  const hasFailed = hasBadCode || tally.failed > 0;
  const hasCorrected = !end.noop && tally.changed > 0;
  const reason = isUntold
    ? `it ended with ${String(end.exitCode)}, although its report tells of no failure`
    : tally.reason;
  const changes = resourcesOf(tally.changes);
  return {
    kind: hasFailed
      ? hasCorrected
        ? 'partly'
        : 'failed'
      : hasCorrected
        ? 'corrected'
        : 'unchanged',
    ...(hasFailed && { code: isUntold ? 'exit-code' : 'resources' }),
    ...(hasFailed && reason !== undefined && { reason: oneLine(reason) }),
    ...(end.exitCode !== undefined && { exitCode: end.exitCode }),
    ...(tally.configVersion !== undefined && {
      configVersion: printable(
        tally.configVersion,
        outcomeLimits.configVersionChars,
      ),
    }),
    corrected: end.noop ? [] : changes,
    ...(end.noop && { pending: changes }),
    failed: unique(tally.failures),
  };
}

/** The report is whole, and yet somebody ended the run: what came behind the report is not known. */
function judgeKilled(end: ToolEnd, signal: string, tally: Tally): Outcome {
  const reason = `somebody ended the run with ${signal}, after it had told what it did`;
  const told = judgeTally(end, { ...tally, failed: 1, reason });
  return { ...told, code: 'killed' };
}

/**
 * The outcome of a run of which the tool left no report, or one that breaks off.
 * A code of 0 proves nothing here: a tool that somebody ends by TERM may well exit with 0.
 * @param firstError one line of the tool, foreign
 */
export function judgeUnfinished(
  end: ToolEnd,
  tool: string,
  firstError?: string,
): Outcome {
  const { exitCode, signal } = end;
  const notBegun = judgeNotBegun(end, tool, firstError);
  if (notBegun !== undefined) return notBegun;
  if (signal !== undefined) {
    return bareOutcome(
      'failed',
      'killed',
      `somebody ended the run with ${signal}`,
    );
  }
  const how =
    exitCode === undefined
      ? 'the run'
      : `${tool} ended with ${String(exitCode)}`;
  const reason =
    exitCode === undefined
      ? 'the run left no report of its own'
      : (firstError ??
        `${how} but left no report of this run; see the log of the run`);
  return {
    ...bareOutcome('failed', 'no-report', reason),
    ...(exitCode !== undefined && { exitCode }),
  };
}

/**
 * A program that is there and did not become the tool: a wrapper, or a shell, that found nothing to run (127) or
 * something that it may not run (126). Asked only where the tool itself left nothing.
 * @param line one line of what it said, foreign
 */
export function judgeNotBegun(
  { exitCode }: ToolEnd,
  tool: string,
  line?: string,
): Outcome | undefined {
  if (exitCode !== 126 && exitCode !== 127) return undefined;
  const why =
    exitCode === 126
      ? 'something that it needs cannot be executed'
      : 'something that it needs was not found';
  const reason = `${tool} could not be started: it ended with ${String(exitCode)}, ${why}`;
  return {
    ...bareOutcome(
      'not-started',
      'spawn',
      line === undefined ? reason : `${reason}: ${line}`,
    ),
    exitCode,
  };
}

/** `type[title]`, as Puppet and Chef write it; printable. */
export function resourceName(type: string, title: string): string {
  return `${printable(type, 40)}[${printable(title, 170)}]`;
}

function resourcesOf(names: readonly string[]): CorrectedResource[] {
  // none of these tools can tell drift from a change of the policy
  return unique(names).map((resource) => ({ resource, corrective: false }));
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)]
    .slice(0, outcomeLimits.resources)
    .map((name) => printable(name, outcomeLimits.nameChars));
}
