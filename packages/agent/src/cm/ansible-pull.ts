import type { Outcome, Uuid7 } from '@kickd/protocol';
import type { CmProfile, ToolEnd } from '../ports.ts';
import type { ServiceMap } from '../run/match.ts';
import { bareOutcome } from '../run/outcome.ts';
import type { RunScope } from '../run/scope.ts';
import { parseAnsibleLog, type AnsibleLog } from './ansible-log.ts';
import { judgeTally, judgeUnfinished } from './tool-end.ts';

export interface AnsiblePullSettings {
  name: string;
  services: ServiceMap;
  /** absolute path of `ansible-pull` */
  binary: string;
  env: Record<string, string>;
  /** of the repository, as git takes it */
  url: string;
  /** branch, tag or commit; undefined: the repository's own */
  checkout?: string;
  /** where the repository is checked out */
  directory: string;
  inventory: string;
  /** path inside the repository */
  playbook: string;
  /** where Ansible's own log of each run goes */
  logDir: string;
}

/** `ansible-pull`: fetches a repository of playbooks and plays one on this host. */
export function createAnsiblePull(settings: AnsiblePullSettings): CmProfile {
  const logFile = (run: Uuid7): string =>
    `${settings.logDir}/${run}.ansible.log`;
  return {
    name: settings.name,
    services: settings.services,
    evidenceFiles: (run) => ({ report: logFile(run) }),
    command: (run, scope) => ({
      file: settings.binary,
      argv: pullArguments(settings, scope),
      env: { ...settings.env, ...ansibleEnv(logFile(run)) },
    }),
    refusal: () => undefined,
    unsupported: ({ environment }) =>
      environment === undefined ? undefined : 'Ansible has no environments',
    isLocked: () => false,
    outcome: (end, evidence) => {
      const text = evidence['report'];
      return judgePullEnd(
        end,
        text === undefined ? undefined : parseAnsibleLog(text),
      );
    },
  };
}

function pullArguments(
  settings: AnsiblePullSettings,
  scope: RunScope,
): string[] {
  return [
    `--url=${settings.url}`,
    ...(settings.checkout === undefined
      ? []
      : [`--checkout=${settings.checkout}`]),
    `--directory=${settings.directory}`,
    `--inventory=${settings.inventory}`,
    ...(scope.tags === undefined
      ? []
      : [
          `--tags=${scope.tags.join(',')}`,
          // a tag must not wake what a plain run leaves alone: tasks tagged `never`
          '--skip-tags=never',
        ]),
    ...(scope.noop ? ['--check'] : []),
    settings.playbook,
  ];
}

/** What an ansible.cfg could change of the log that the outcome is read from. */
function ansibleEnv(logFile: string): Record<string, string> {
  return {
    ANSIBLE_LOG_PATH: logFile,
    ANSIBLE_STDOUT_CALLBACK: 'default',
    ANSIBLE_CALLBACK_RESULT_FORMAT: 'json',
    ANSIBLE_CHECK_MODE_MARKERS: '0',
    ANSIBLE_DISPLAY_ARGS_TO_STDOUT: '0',
    // a diff can hold a secret, and the output is kept
    ANSIBLE_DIFF_ALWAYS: '0',
    ANSIBLE_VERBOSITY: '0',
    ANSIBLE_FORCE_COLOR: '0',
    ANSIBLE_NOCOLOR: '1',
    ANSIBLE_NOCOWS: '1',
    ANSIBLE_RETRY_FILES_ENABLED: '0',
    // git must not wait for a password that nobody will type
    GIT_TERMINAL_PROMPT: '0',
  };
}

function judgePullEnd(end: ToolEnd, log: AnsibleLog | undefined): Outcome {
  if (log === undefined || !log.completed) {
    return judgeUnfinished(end, 'ansible-pull', log?.firstError);
  }
  if (log.hasNoHosts) {
    return {
      ...bareOutcome(
        'failed',
        'no-hosts',
        'no play of the playbook is for a host of this inventory',
      ),
      ...(end.exitCode !== undefined && { exitCode: end.exitCode }),
    };
  }
  return judgeTally(end, log);
}
