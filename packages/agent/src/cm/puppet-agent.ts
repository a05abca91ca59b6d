import type { Outcome, Uuid7 } from '@kickd/protocol';
import type { CmProfile, Evidence, ToolEnd } from '../ports.ts';
import type { ServiceMap } from '../run/match.ts';
import { bareOutcome } from '../run/outcome.ts';
import type { RunScope } from '../run/scope.ts';
import { parsePuppetReport } from './puppet-report.ts';
import { readPolicy } from './puppet-summary.ts';
import { judgePuppetEnd } from './puppet-end.ts';

export interface PuppetAgentSettings {
  name: string;
  services: ServiceMap;
  /** absolute path of `puppet` */
  binary: string;
  /** environment of the child, literal */
  env: Record<string, string>;
  /** how long Puppet itself may wait for another run's lock */
  waitForLockSeconds: number;
  /** where this Puppet keeps its files, from puppet.conf */
  files: {
    report: string;
    runLock: string;
    disabledLock: string;
    summary: string;
  };
  confdir?: string;
}

/** `puppet agent --onetime`: the run that the talk of 2011 kicked. */
export function createPuppetAgent(settings: PuppetAgentSettings): CmProfile {
  return {
    name: settings.name,
    services: settings.services,
    evidenceFiles: () => settings.files,
    command: (run, scope) => ({
      file: settings.binary,
      argv: agentArguments(settings, run, scope),
      env: settings.env,
    }),
    refusal: refusalOfDisabled,
    isLocked: (evidence, isAlive) => isLockHeld(evidence['runLock'], isAlive),
    policy: (evidence) => readPolicy(evidence['summary']),
    outcome: judgeAgentEnd,
  };
}

function agentArguments(
  settings: PuppetAgentSettings,
  run: Uuid7,
  scope: RunScope,
): string[] {
  return [
    'agent',
    ...(settings.confdir === undefined ? [] : ['--confdir', settings.confdir]),
    '--onetime',
    '--no-daemonize',
    // without it a onetime run sleeps up to splaylimit
    '--no-splay',
    // without it every run ends with 0, failed resources included
    '--detailed-exitcodes',
    // the default waits two minutes for a certificate, again and again
    '--waitforcert=0',
    '--waitforlock=1',
    `--maxwaitforlock=${String(settings.waitForLockSeconds)}`,
    '--color=false',
    // a diff can hold a secret, and the output is kept
    '--no-show_diff',
    // ties the report to this run
    `--job-id=${run}`,
    ...(scope.tags === undefined ? [] : [`--tags=${scope.tags.join(',')}`]),
    ...(scope.noop ? ['--noop'] : []),
    ...(scope.environment === undefined
      ? []
      : [`--environment=${scope.environment}`]),
  ];
}

function refusalOfDisabled(evidence: Evidence): Outcome | undefined {
  const message = disabledMessage(evidence['disabledLock']);
  return message === undefined
    ? undefined
    : bareOutcome('refused', 'disabled', message);
}

/**
 * The administrator's message of `puppet agent --disable MESSAGE`.
 * A lock that is not JSON disables the agent all the same.
 * @see lib/puppet/agent/disabler.rb
 */
function disabledMessage(lock: string | undefined): string | undefined {
  if (lock === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(lock);
    if (
      typeof parsed === 'object' &&
      parsed !== null &&
      'disabled_message' in parsed &&
      typeof parsed.disabled_message === 'string'
    ) {
      return parsed.disabled_message;
    }
  } catch {
    // not JSON: written by hand or by an old Puppet
  }
  return 'reason not specified';
}

function isLockHeld(
  lock: string | undefined,
  isAlive: (pid: number) => boolean,
): boolean {
  // A lock by its existence says nothing: a killed run leaves it, and Puppet itself goes on.
  return (
    lock !== undefined && /^\d{1,9}\s*$/.test(lock) && isAlive(Number(lock))
  );
}

function judgeAgentEnd(end: ToolEnd, evidence: Evidence): Outcome {
  const text = evidence['report'];
  const report = text === undefined ? undefined : parsePuppetReport(text);
  // "The latest report" may be another run's: only the one with our job id counts.
  const ours = report?.jobId === end.run ? report : undefined;
  if (ours === undefined && end.exitCode === 1) {
    const disabled = refusalOfDisabled(evidence);
    if (disabled !== undefined) return disabled;
    if (evidence['runLock'] !== undefined) {
      return bareOutcome(
        'refused',
        'busy',
        'another Puppet run held the lock for longer than waitForLockSeconds',
      );
    }
  }
  return judgePuppetEnd(end, ours);
}
