import type { Outcome, Uuid7 } from '@kickd/protocol';
import type { CmProfile, Evidence, ToolEnd } from '../ports.ts';
import type { ServiceMap } from '../run/match.ts';
import { bareOutcome } from '../run/outcome.ts';
import type { RunScope } from '../run/scope.ts';
import { fatalError } from './ansible-error.ts';
import { parseAnsibleLog, type AnsibleLog } from './ansible-log.ts';
import { parseAnsibleReport, type AnsibleReport } from './ansible-report.ts';
import { lastWords } from './last-words.ts';
import { judgeReported } from './reported-noop.ts';
import { judgeTally, judgeUnfinished, type Tally } from './tool-end.ts';

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
  /** where the output of each run goes, Ansible's own log of it and its report */
  logDir: string;
  /** folder of kickd's own callback; undefined: it was not found, and the log tells what was done */
  callbacks?: string;
}

/** `ansible-pull`: fetches a repository of playbooks and plays one on this host. */
export function createAnsiblePull(settings: AnsiblePullSettings): CmProfile {
  const files = (run: Uuid7): Record<'report' | 'results' | 'log', string> => ({
    report: `${settings.logDir}/${run}.ansible.log`,
    results: `${settings.logDir}/${run}.ansible.jsonl`,
    log: `${settings.logDir}/${run}.log`,
  });
  return {
    name: settings.name,
    services: settings.services,
    evidenceFiles: files,
    command: (run, scope) => ({
      file: settings.binary,
      argv: pullArguments(settings, scope),
      env: {
        ...settings.env,
        ...ansibleEnv(files(run).report),
        ...(settings.callbacks !== undefined &&
          callbackEnv(settings.callbacks, files(run).results)),
      },
    }),
    refusal: () => undefined,
    unsupported: ({ environment }) =>
      environment === undefined ? undefined : 'Ansible has no environments',
    isLocked: () => false,
    outcome: judgePullEnd,
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

/**
 * Loads kickd's own callback into the play, and into nothing else: the fetch of the repository is an `ansible` that
 * loads none. The other folders are those where Ansible looks by itself: the variable stands in for all of them.
 */
function callbackEnv(folder: string, file: string): Record<string, string> {
  return {
    ANSIBLE_CALLBACK_PLUGINS: `${folder}:~/.ansible/plugins/callback:/usr/share/ansible/plugins/callback`,
    ANSIBLE_LOAD_CALLBACK_PLUGINS: '0',
    KICKD_ANSIBLE_REPORT: file,
  };
}

function judgePullEnd(end: ToolEnd, evidence: Evidence): Outcome {
  const log = parseAnsibleLog(evidence['report'] ?? '');
  const report = parseAnsibleReport(evidence['results'] ?? '');
  if (report === undefined && !log.completed) {
    // before Ansible opens its log: a locale that is not UTF-8, a Python that is too old
    const output = evidence['log'];
    const said =
      log.firstError ??
      fatalError(linesOf(output)) ??
      lastWords(output, end.exitCode);
    return judgeUnfinished(end, 'ansible-pull', said);
  }
  const { hasNoHosts } = report ?? log;
  if (hasNoHosts && (end.exitCode ?? 0) === 0) {
    return {
      ...bareOutcome(
        'failed',
        'no-hosts',
        'no play of the playbook is for a host of this inventory',
      ),
      ...(end.exitCode !== undefined && { exitCode: end.exitCode }),
    };
  }
  return report === undefined
    ? judgeTally(end, log)
    : judgeReported(end, tallyOf(report, log), report.pending, {
        noop: (task) => `the policy says check_mode: true of ${task}`,
        real: (task) => `the policy says check_mode: false of ${task}`,
      });
}

function tallyOf(report: AnsibleReport, log: AnsibleLog): Tally {
  const [first] = report.failures;
  const { configVersion } = log;
  return {
    ...report,
    ...(first !== undefined && { reason: `${first} failed` }),
    ...(configVersion !== undefined && { configVersion }),
  };
}

function linesOf(output = ''): string[] {
  return output.split('\n');
}
