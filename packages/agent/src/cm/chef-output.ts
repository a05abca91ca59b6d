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
const action = /^ *\* ([^[\s]+)\[(.*)\] action \w+(.*)$/;
const failure =
  /^ *Error executing action `\w+` on resource '([^[\s]+)\[(.*)\]'$/;

/** Reads the doc formatter's output; the last line decides, the names only tell of it. */
export function parseChefOutput(text: string): ChefOutput {
  const changes: string[] = [];
  const failures: string[] = [];
  let resource: string | undefined;
  let changed = 0;
  let end: ChefOutput['end'];
  let firstError: string | undefined;
  for (const line of text.split('\n')) {
    const [, type, title, rest = ''] = action.exec(line) ?? [];
    const [, brokenType, brokenTitle] = failure.exec(line) ?? [];
    const [, complete, failed, failedCount] = summary.exec(line) ?? [];
    if (type !== undefined && title !== undefined) {
      // `(up to date)`, `(skipped due to …)`
      resource = / \(.*\)$/.test(rest) ? undefined : resourceName(type, title);
    } else if (brokenType !== undefined && brokenTitle !== undefined) {
      resource = undefined;
      failures.push(resourceName(brokenType, brokenTitle));
    } else if (/^ *={20,}$/.test(line)) {
      resource = undefined;
    } else if (resource !== undefined && /^ +- \S/.test(line)) {
      changes.push(resource);
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
    changes: changed > 0 ? changes : [],
    failures: end === 'failed' ? failures : [],
    ...(end !== undefined && { end }),
    ...(reason !== undefined && { reason }),
    ...(firstError !== undefined && { firstError }),
  };
}
