import type { RunOutcomeKind } from '@kickd/protocol';
import type { CmProfile } from '../ports.ts';
import { judgeNotBegun } from './tool-end.ts';
import type { ServiceMap } from '../run/match.ts';
import { bareOutcome } from '../run/outcome.ts';

export interface CommandSettings {
  name: string;
  services: ServiceMap;
  /** the program and its arguments, literal: nothing of a kick is added */
  argv: [string, ...string[]];
  env: Record<string, string>;
  /** what each exit code means; a code that is not listed is `failed` */
  exitCodes: Record<string, RunOutcomeKind>;
}

/**
 * An operator's own program with a table of exit codes.
 * A kick's scope reaches it in the environment, as `KICKD_NOOP`, `KICKD_TAGS` and
 * `KICKD_ENVIRONMENT`, never as an argument; a program that cannot do noop must refuse it.
 */
export function createCommand(settings: CommandSettings): CmProfile {
  const [file, ...argv] = settings.argv;
  return {
    name: settings.name,
    services: settings.services,
    evidenceFiles: () => ({}),
    command: (run, scope) => ({
      file,
      argv,
      env: {
        ...settings.env,
        KICKD_RUN: run,
        KICKD_NOOP: scope.noop ? '1' : '0',
        KICKD_TAGS: scope.tags?.join(',') ?? '',
        KICKD_ENVIRONMENT: scope.environment ?? '',
      },
    }),
    refusal: () => undefined,
    isLocked: () => false,
    outcome: (end) => {
      const { exitCode } = end;
      if (exitCode === undefined) {
        return bareOutcome(
          'failed',
          'killed',
          `the command was ended by ${end.signal ?? 'something unseen'}`,
        );
      }
      const kind = settings.exitCodes[String(exitCode)];
      if (end.noop && (kind === 'corrected' || kind === 'partly')) {
        return {
          ...bareOutcome(
            'failed',
            'noop-ignored',
            `the command ended with ${String(exitCode)}, ${kind}, although KICKD_NOOP was 1`,
          ),
          exitCode,
        };
      }
      const notBegun =
        kind === undefined ? judgeNotBegun(end, 'the command') : undefined;
      if (notBegun !== undefined) return notBegun;
      return {
        ...(kind === undefined
          ? bareOutcome(
              'failed',
              'exit-code',
              `the command ended with ${String(exitCode)}, which exitCodes does not list`,
            )
          : bareOutcome(kind)),
        exitCode,
      };
    },
  };
}
