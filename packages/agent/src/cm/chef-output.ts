import { ChefResources } from './chef-resources.ts';
import { resourceName, type Tally } from './tool-end.ts';

/** What kickd reads of the output of chef-client under `--format doc`. */
export interface ChefOutput extends Tally {
  /** `failed`: the run broke off at a resource, or before the first; undefined: no last line */
  end?: 'complete' | 'failed';
  firstError?: string;
}

/**
 * The last line but for the log's: `Infra Phase complete, 1/4 resources updated in 03 seconds`;
 * `Chef Infra Client finished, …` before 16, `Chef Client finished, …` before 15;
 * `… failed. 1 resources updated in …` without the total.
 * @see lib/chef/formatters/doc.rb, run_completed and run_failed
 */
const summary =
  /^(?:\S+(?: Infra)? (?:Client|Phase)) (?:(?:finished|complete), (\d+)\/\d+|(failed)\. (\d+)) resources (?:updated in|would have been updated)/;
const failure = /^ *Error executing action `\w+` on resource '([^[\s]+)\[(.*)$/;
/** A longer line is the content of a file or the output of a command. */
const lineMaxChars = 8 * 1024;

/** Reads the doc formatter's output; the last line decides, the names only tell of it. */
export function parseChefOutput(text: string): ChefOutput {
  const resources = new ChefResources();
  const failures: string[] = [];
  let changed = 0;
  let end: ChefOutput['end'];
  let firstError: string | undefined;
  for (const line of text.split(/\r?\n/)) {
    resources.take(line);
    if (line.length > lineMaxChars) continue;
    const [, brokenType, brokenTitle] = failure.exec(line) ?? [];
    const [, complete, failed, failedCount] = summary.exec(line) ?? [];
    if (brokenType !== undefined && brokenTitle !== undefined) {
      // without its end it is the first line of several
      failures.push(resourceName(brokenType, brokenTitle.replace(/\]'$/, '')));
    } else if (complete !== undefined || failed !== undefined) {
      changed = Number(complete ?? failedCount);
      end = failed === undefined ? 'complete' : 'failed';
    }
    firstError ??= /^\[\S+\] FATAL: (?!Stacktrace|-+$|PLEASE)(.*)/.exec(
      line,
    )?.[1];
  }
  const reason =
    failures[0] === undefined ? firstError : `${failures[0]} failed`;
  return {
    changed,
    failed: end === 'failed' ? Math.max(1, failures.length) : 0,
    changes: changed > 0 ? resources.changed : [],
    failures: end === 'failed' ? failures : [],
    ...(end !== undefined && { end }),
    ...(reason !== undefined && { reason }),
    ...(firstError !== undefined && { firstError }),
  };
}
