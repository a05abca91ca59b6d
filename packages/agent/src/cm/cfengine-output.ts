import { resourceName, type Tally } from './tool-end.ts';

/** What kickd reads of the verbose output of cf-agent 3. */
export interface CfengineOutput extends Tally {
  /** the line that only a run that came to its end writes */
  completed: boolean;
  /** the policy did not validate, so cf-agent ran its built-in failsafe policy instead */
  failsafe: boolean;
  firstError?: string;
}

const promiseEnd = /^ verbose: P: END (\S+) promise \((.*)\)$/;
const verdicts: Readonly<Record<string, 'kept' | 'changed' | 'failed'>> = {
  ' verbose: A: Promise was KEPT': 'kept',
  ' verbose: A: Promise REPAIRED': 'changed',
  ' verbose: A: Promise NOT KEPT!': 'failed',
};
const completion =
  /^ verbose: (?:Logging total compliance, total 'Outcome of version (?:(.+) \(agent-\d+\): )?|Outcome of version '(.*)', no checks were scheduled$)/;

/**
 * Reads the output of `cf-agent --verbose`: the verdict on each promise stands in the line before
 * the end of that promise. The output of commands comes quoted (`Q: "…`), so that it says nothing.
 *
 * A bundle that is called has a verdict too, which repeats those of its own promises: it counts
 * only where they say nothing.
 * @see observed with 3.21; the exit code is 0 for kept, repaired and not kept alike
 */
export function parseCfengineOutput(text: string): CfengineOutput {
  const told = { changed: [] as string[], failed: [] as string[] };
  const byCall = { changed: [] as string[], failed: [] as string[] };
  let verdict: 'kept' | 'changed' | 'failed' | undefined;
  let completed = false;
  let failsafe = false;
  let firstError: string | undefined;
  let configVersion: string | undefined;
  for (const line of text.split('\n')) {
    const [, type, promiser] = promiseEnd.exec(line) ?? [];
    if (verdict !== undefined && verdict !== 'kept') {
      const names = type === 'methods' ? byCall : told;
      names[verdict].push(
        resourceName(type ?? 'promise', promiser ?? 'unnamed'),
      );
    }
    verdict = Object.hasOwn(verdicts, line) ? verdicts[line] : undefined;
    const [end, inTotal, inNone] = completion.exec(line) ?? [];
    completed ||= end !== undefined;
    configVersion ??= inTotal ?? inNone;
    failsafe ||= /^ +error: .* so going to failsafe$/.test(line);
    firstError ??= /^(?: +|\S+:\d+:\d+: )error: (.*)/.exec(line)?.[1];
  }
  const changes = told.changed.length > 0 ? told.changed : byCall.changed;
  const failures = told.failed.length > 0 ? told.failed : byCall.failed;
  return {
    changed: changes.length,
    failed: failures.length,
    changes,
    failures,
    completed,
    failsafe,
    ...(configVersion !== undefined &&
      configVersion !== '(not specified)' && { configVersion }),
    ...(firstError !== undefined && { firstError, reason: firstError }),
  };
}
