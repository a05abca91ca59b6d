import type { Outcome } from '@kickd/protocol';
import type { CmProfile, ToolEnd } from '../ports.ts';
import type { ServiceMap } from '../run/match.ts';
import { bareOutcome } from '../run/outcome.ts';
import type { RunScope } from '../run/scope.ts';
import { parseCfengineOutput, type CfengineOutput } from './cfengine-output.ts';
import { lastWords } from './last-words.ts';
import { judgeTally, judgeUnfinished } from './tool-end.ts';
import { unlistedTags } from './unlisted-tags.ts';

export interface CfengineSettings {
  name: string;
  services: ServiceMap;
  /** absolute path of `cf-agent` */
  binary: string;
  env: Record<string, string>;
  /** undefined: cf-agent's own `inputs/promises.cf` */
  policy?: string;
  /** the bundles that a kick may name by its tags, in the order in which they run */
  bundles: readonly string[];
  /** where kickd keeps the output of runs: cf-agent tells of a run nowhere else */
  logDir: string;
}

/** `cf-agent --no-lock`: one run of a CFEngine policy. */
export function createCfengine(settings: CfengineSettings): CmProfile {
  return {
    name: settings.name,
    services: settings.services,
    evidenceFiles: (run) => ({ report: `${settings.logDir}/${run}.log` }),
    command: (_run, scope) => ({
      file: settings.binary,
      argv: agentArguments(settings, scope),
      env: settings.env,
    }),
    refusal: () => undefined,
    unsupported: (scope) =>
      scope.environment === undefined
        ? unlistedTags(scope, settings.bundles, 'bundles')
        : 'CFEngine has no environments',
    isLocked: () => false,
    outcome: (end, evidence) => {
      const text = evidence['report'];
      return judgeAgentEnd(
        end,
        text === undefined ? undefined : parseCfengineOutput(text),
        text,
      );
    },
  };
}

function agentArguments(settings: CfengineSettings, scope: RunScope): string[] {
  const { tags } = scope;
  const bundles = settings.bundles.filter((name) => tags?.includes(name));
  return [
    // without it a promise that was looked at a minute ago is passed over
    '--no-lock',
    // the only level that names each promise with its verdict
    '--verbose',
    '--color=never',
    // a policy can tell a kicked run from a periodic one
    '--define=kickd',
    ...(scope.noop ? ['--dry-run'] : []),
    ...(tags === undefined ? [] : [`--bundlesequence=${bundles.join(',')}`]),
    ...(settings.policy === undefined ? [] : [`--file=${settings.policy}`]),
  ];
}

function judgeAgentEnd(
  end: ToolEnd,
  output: CfengineOutput | undefined,
  text: string | undefined,
): Outcome {
  if (output?.failsafe === true) {
    return {
      ...bareOutcome(
        'failed',
        'policy',
        `the policy did not validate, cf-agent ran its failsafe policy: ${output.firstError ?? ''}`,
      ),
      ...(end.exitCode !== undefined && { exitCode: end.exitCode }),
    };
  }
  const hasFatalCode = end.exitCode !== undefined && end.exitCode !== 0;
  if (output === undefined || !output.completed || hasFatalCode) {
    const said = output?.firstError ?? lastWords(text, end.exitCode);
    return judgeUnfinished(end, 'cf-agent', said);
  }
  if (!end.noop) return judgeTally(end, output);
  // A dry run tells everything that it would do as not kept.
  return judgeTally(end, {
    ...output,
    changes: [...output.changes, ...output.failures],
    failed: 0,
    failures: [],
  });
}
