import { resourceName, type Tally } from './tool-end.ts';

/** What kickd reads of the verbose output of cf-agent 3. */
export interface CfengineOutput extends Tally {
  /** the line that only a run that came to its end writes */
  completed: boolean;
  /** the policy did not validate, so cf-agent ran its built-in failsafe policy instead */
  failsafe: boolean;
  firstError?: string;
}

const promiseBegin = /^ verbose: P: BEGIN promise '(.*)' of type "(\S+)" \(/;
const promisePath = /^ verbose: P: {4}Stack path: (.*)$/;
const promiseEnd = /^ verbose: P: END (\S+) promise \((.*)$/;
/** The handle that cf-agent makes up: file and line, which say nothing to a reader. */
const madeUpHandle = /^promise_\w+_\d+$/;
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
  const begun: Begun[] = [];
  let verdict: 'kept' | 'changed' | 'failed' | undefined;
  let completed = false;
  let failsafe = false;
  let fatal = false;
  let firstError: string | undefined;
  let configVersion: string | undefined;
  for (const line of text.split('\n')) {
    const [, handle, begunType] = promiseBegin.exec(line) ?? [];
    if (handle !== undefined && begunType !== undefined) {
      begun.push({ handle, type: begunType, promiser: '' });
    }
    const [, path] = promisePath.exec(line) ?? [];
    const last = begun.at(-1);
    if (path !== undefined && last !== undefined) {
      // a called bundle's path begins with that of its caller
      const mark = `/${last.type}/'`;
      const at = path.lastIndexOf(mark);
      if (at !== -1) {
        // without its end it goes on in the next line
        const rest = path.slice(at + mark.length);
        last.promiser = rest.replace(/'\[\d+\]$/, '');
      }
    }
    const [, type, promiser] = promiseEnd.exec(line.replace(/\)$/, '')) ?? [];
    if (verdict !== undefined && verdict !== 'kept') {
      const names = type === 'methods' ? byCall : told;
      names[verdict].push(
        resourceName(
          type ?? 'promise',
          titleOf(begun, type ?? '', promiser ?? 'unnamed'),
        ),
      );
    }
    verdict = Object.hasOwn(verdicts, line) ? verdicts[line] : undefined;
    const [end, inTotal, inNone] = completion.exec(line) ?? [];
    completed ||= end !== undefined;
    configVersion ??= inTotal ?? inNone;
    fatal ||= /^ +error: Fatal CFEngine error/.test(line);
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
    completed: completed && !fatal,
    failsafe,
    ...(configVersion !== undefined &&
      configVersion !== '(not specified)' && { configVersion }),
    ...(firstError !== undefined && { firstError, reason: firstError }),
  };
}

interface Begun {
  handle: string;
  type: string;
  promiser: string;
}

/** How many promises back one is looked for that ends: those that it called. */
const openMax = 1000;

/**
 * The handle that the policy gives the promise, or else its promiser in full.
 * @param shown the promiser as the end of the promise tells it: cut after some 37 characters
 */
function titleOf(begun: readonly Begun[], type: string, shown: string): string {
  const prefix = shown.replace(/\.\.\.$/, '');
  const promise = begun
    .slice(-openMax)
    .findLast((one) => one.type === type && one.promiser.startsWith(prefix));
  if (promise === undefined) return shown;
  return madeUpHandle.test(promise.handle) ? promise.promiser : promise.handle;
}
