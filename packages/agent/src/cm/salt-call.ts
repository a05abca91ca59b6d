import type { Outcome, Uuid7 } from '@kickd/protocol';
import type { CmProfile, ToolEnd } from '../ports.ts';
import type { ServiceMap } from '../run/match.ts';
import { bareOutcome } from '../run/outcome.ts';
import type { RunScope } from '../run/scope.ts';
import { lastWords } from './last-words.ts';
import { parseSaltReturn, type SaltReturn } from './salt-return.ts';
import { judgeTally, judgeUnfinished } from './tool-end.ts';
import { unlistedTags } from './unlisted-tags.ts';

export interface SaltCallSettings {
  name: string;
  services: ServiceMap;
  /** absolute path of `salt-call` */
  binary: string;
  env: Record<string, string>;
  /** without a master: `--local` */
  isLocal: boolean;
  /** undefined: `/etc/salt` */
  configDir?: string;
  /** the SLS files that a kick may name by its tags, in the order in which they are applied */
  states: readonly string[];
  /** where the return of each run goes */
  logDir: string;
}

/** `salt-call state.apply`: the highstate of this minion, or some of its SLS files. */
export function createSaltCall(settings: SaltCallSettings): CmProfile {
  const returnFile = (run: Uuid7): string =>
    `${settings.logDir}/${run}.salt.json`;
  return {
    name: settings.name,
    services: settings.services,
    evidenceFiles: (run) => ({
      report: returnFile(run),
      log: `${settings.logDir}/${run}.log`,
    }),
    command: (run, scope) => ({
      file: settings.binary,
      argv: callArguments(settings, scope, returnFile(run)),
      env: settings.env,
    }),
    refusal: () => undefined,
    unsupported: (scope) => unlistedTags(scope, settings.states, 'states'),
    isLocked: () => false,
    outcome: (end, evidence) => {
      const text = evidence['report'];
      return judgeCallEnd(
        end,
        text === undefined ? undefined : parseSaltReturn(text),
        evidence['log'],
      );
    },
  };
}

function callArguments(
  settings: SaltCallSettings,
  scope: RunScope,
  returnFile: string,
): string[] {
  const { tags } = scope;
  const states = settings.states.filter((name) => tags?.includes(name));
  return [
    // without it every run ends with 0, failed states included
    '--retcode-passthrough',
    '--no-color',
    // the return apart from the log, which goes to the run's output
    '--out=json',
    `--out-file=${returnFile}`,
    '--log-level=warning',
    ...(settings.isLocal ? ['--local'] : []),
    ...(settings.configDir === undefined
      ? []
      : [`--config-dir=${settings.configDir}`]),
    'state.apply',
    ...(tags === undefined ? [] : [states.join(',')]),
    // waits for another state run; kickd's own limit bounds it
    'queue=True',
    ...(scope.noop ? ['test=True'] : []),
    ...(scope.environment === undefined
      ? []
      : [`saltenv=${scope.environment}`]),
  ];
}

function judgeCallEnd(
  end: ToolEnd,
  told: SaltReturn | undefined,
  output: string | undefined,
): Outcome {
  if (told === undefined) {
    const said = firstError(output) ?? lastWords(output, end.exitCode);
    return judgeUnfinished(end, 'salt-call', said);
  }
  const exit = end.exitCode !== undefined && { exitCode: end.exitCode };
  if (told.kind === 'errors') {
    const [first = 'salt gave no reason'] = told.errors;
    const isBusy = told.errors.some((text) =>
      /^The function "state\.\w+" is running as PID /.test(text),
    );
    return {
      ...(isBusy
        ? bareOutcome('refused', 'busy', first)
        : bareOutcome('failed', 'policy', first)),
      ...exit,
    };
  }
  // in a test run, and under `test: True` of the minion's own configuration
  if (end.noop) {
    return judgeTally(end, {
      ...told,
      changes: [...told.changes, ...told.pending],
    });
  }
  const outcome = judgeTally(end, told);
  if (told.pending.length === 0) return outcome;
  const asked = { ...end, noop: true };
  const { pending = [] } = judgeTally(asked, {
    ...told,
    changes: told.pending,
  });
  return {
    ...outcome,
    ...(outcome.kind === 'unchanged' && {
      code: 'noop-of-the-host',
      reason:
        "this minion's own configuration has test: True: what is pending stays as it is, however often it is kicked",
    }),
    pending,
  };
}

/** `[ERROR   ] TEXT` of Salt's log, `salt-call: error: TEXT` of its options. */
function firstError(output = ''): string | undefined {
  return /^(?:\[(?:ERROR|CRITICAL) *\]|salt-call: error:) +(\S.*)$/m.exec(
    output,
  )?.[1];
}
