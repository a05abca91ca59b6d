import type { Outcome } from '@kickd/protocol';
import type { CmProfile, ToolEnd } from '../ports.ts';
import type { ServiceMap } from '../run/match.ts';
import { bareOutcome } from '../run/outcome.ts';
import type { RunScope } from '../run/scope.ts';
import { parseChefOutput, type ChefOutput } from './chef-output.ts';
import { lastWords } from './last-words.ts';
import { judgeTally, judgeUnfinished } from './tool-end.ts';

export interface ChefClientSettings {
  name: string;
  services: ServiceMap;
  /** absolute path of `chef-client` (or `cinc-client`) */
  binary: string;
  env: Record<string, string>;
  /** undefined: `/etc/chef/client.rb` */
  config?: string;
  /** how long Chef itself may wait for another run's lock */
  waitForLockSeconds: number;
  /** where kickd keeps the output of runs */
  logDir: string;
}

/** `chef-client --once`: one run of this node's own run list. */
export function createChefClient(settings: ChefClientSettings): CmProfile {
  return {
    name: settings.name,
    services: settings.services,
    evidenceFiles: (run) => ({ report: `${settings.logDir}/${run}.log` }),
    command: (_run, scope) => ({
      file: settings.binary,
      argv: clientArguments(settings, scope),
      env: settings.env,
    }),
    refusal: () => undefined,
    unsupported: ({ tags, environment }) => {
      if (tags !== undefined) {
        return 'chef-client cannot narrow a run: its tags are attributes of a node';
      }
      return environment === undefined
        ? undefined
        : 'chef-client would write the environment into the node for good';
    },
    isLocked: () => false,
    outcome: (end, evidence) => {
      const text = evidence['report'] ?? '';
      return judgeClientEnd(end, parseChefOutput(text), text);
    },
  };
}

function clientArguments(
  settings: ChefClientSettings,
  scope: RunScope,
): string[] {
  return [
    // no interval, no splay, whatever client.rb says
    '--once',
    // without it there is only a log where standard output is no terminal
    '--force-formatter',
    '--format=doc',
    '--no-color',
    // the default waits for ever
    `--run-lock-timeout=${String(settings.waitForLockSeconds)}`,
    ...(settings.config === undefined ? [] : [`--config=${settings.config}`]),
    ...(scope.noop ? ['--why-run'] : []),
  ];
}

/**
 * Codes that say more than the output does. 1 is any failure, 0 any success.
 * @see chef: docs/dev/design_documents/client_exit_codes.md (once RFC 062)
 */
const exitCodes: Readonly<Record<number, { code: string; reason: string }>> = {
  2: { code: 'interrupted', reason: 'somebody ended the run with SIGINT' },
  3: { code: 'interrupted', reason: 'somebody ended the run with SIGTERM' },
  41: { code: 'reboot-failed', reason: 'the reboot could not be started' },
  42: { code: 'audit', reason: 'the audit of the run failed' },
  43: { code: 'policy', reason: 'the configuration of chef-client is wrong' },
  173: { code: 'license', reason: 'the licence does not cover this node' },
  174: { code: 'license', reason: 'no licence is set for chef-client' },
  213: { code: 'upgraded', reason: 'chef-client replaced itself and stopped' },
};

/** A run that did its work and asks for a reboot. */
const reboots: Readonly<Record<number, string>> = {
  35: 'reboot-scheduled',
  37: 'reboot-needed',
};

function judgeClientEnd(
  end: ToolEnd,
  output: ChefOutput,
  text: string,
): Outcome {
  const { exitCode = -1 } = end;
  const ending = exitCodes[exitCode];
  if (ending !== undefined) {
    const isPartly = !end.noop && output.changed > 0;
    return {
      ...judgeTally(end, output),
      kind: isPartly ? 'partly' : 'failed',
      code: ending.code,
      reason: ending.reason,
    };
  }
  if (
    /^(?:Chef::Exceptions::RunLockTimeout|Unable to acquire lock)/.test(
      output.firstError ?? '',
    )
  ) {
    return {
      ...bareOutcome(
        'refused',
        'busy',
        'another Chef run held the lock for longer than waitForLockSeconds',
      ),
      ...(end.exitCode !== undefined && { exitCode }),
    };
  }
  if (output.end === undefined) {
    const said = output.firstError ?? lastWords(text, exitCode);
    return judgeUnfinished(end, 'chef-client', said);
  }
  const reboot = reboots[exitCode];
  return reboot !== undefined && output.end === 'complete'
    ? { ...judgeTally({ ...end, exitCode: 0 }, output), exitCode, code: reboot }
    : judgeTally(end, output);
}
