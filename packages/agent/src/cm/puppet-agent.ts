import type { Outcome, Uuid7 } from '@kickd/protocol';
import type { CmProfile, Evidence, StreamedReport, ToolEnd } from '../ports.ts';
import type { ServiceMap } from '../run/match.ts';
import { bareOutcome } from '../run/outcome.ts';
import type { RunScope } from '../run/scope.ts';
import { confArguments, scopeArguments } from './puppet-conf-arguments.ts';
import { judgePuppetEnd, judgeWithoutReport } from './puppet-end.ts';
import { disabledMessage, isLockHeld } from './puppet-locks.ts';
import { readPuppetLog, type PuppetLog } from './puppet-log.ts';
import { createPuppetStandby, type StandbyProgram } from './puppet-standby.ts';
import {
  outcomeOfText,
  streamPuppetReport,
  type FoundReport,
} from './puppet-streamed.ts';
import { readPolicy } from './puppet-summary.ts';

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
  /** the puppet.conf that kickd itself goes by, where that is not Puppet's own */
  puppetConf?: string;
  /** where the output of each run goes */
  logDir: string;
  /** with what a Puppet is loaded ahead; left out: none is */
  standby?: StandbyProgram;
}

/** `puppet agent --onetime`: the run that the talk of 2011 kicked. */
export function createPuppetAgent(settings: PuppetAgentSettings): CmProfile {
  const { files } = settings;
  const streamed = (run: Uuid7): StreamedReport =>
    // "The latest report" may be another run's: only the one with our job id counts.
    streamPuppetReport(files.report, (jobId) => jobId === run, judgeAgentEnd);
  return {
    name: settings.name,
    services: settings.services,
    evidenceFiles: (run) => ({
      runLock: files.runLock,
      disabledLock: files.disabledLock,
      summary: files.summary,
      log: `${settings.logDir}/${run}.log`,
    }),
    streamed,
    command: (run, scope) => ({
      file: settings.binary,
      argv: agentArguments(settings, run, scope),
      env: settings.env,
    }),
    refusal: refusalOfDisabled,
    isLocked: (evidence, isAlive) => isLockHeld(evidence['runLock'], isAlive),
    policy: (evidence) => readPolicy(evidence['summary']),
    outcome: (end, evidence) => outcomeOfText(streamed(end.run), end, evidence),
    ...(settings.standby !== undefined && {
      standby: createPuppetStandby({
        ...settings.standby,
        run: {
          file: settings.binary,
          argv: ordinaryArguments(settings),
          env: settings.env,
        },
        ofRun: [jobIdOf('RUN')],
        services: settings.services,
        runLock: files.runLock,
        logDir: settings.logDir,
      }),
    }),
  };
}

function agentArguments(
  settings: PuppetAgentSettings,
  run: Uuid7,
  scope: RunScope,
): string[] {
  return [
    ...ordinaryArguments(settings),
    jobIdOf(run),
    ...scopeArguments(scope),
  ];
}

/** Ties the report to this run. */
const jobIdOf = (run: string): string => `--job-id=${run}`;

/** Of every run. */
function ordinaryArguments(settings: PuppetAgentSettings): string[] {
  return [
    'agent',
    ...confArguments(settings.puppetConf),
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
    // by itself an agent says everything to syslog and nothing to whoever started it
    '--logdest=console',
    '--logdest=syslog',
    // a diff can hold a secret, and the output is kept
    '--no-show_diff',
  ];
}

function refusalOfDisabled(evidence: Evidence): Outcome | undefined {
  const message = disabledMessage(evidence['disabledLock']);
  return message === undefined
    ? undefined
    : bareOutcome('refused', 'disabled', message);
}

function judgeAgentEnd(
  end: ToolEnd,
  evidence: Evidence,
  found: FoundReport,
): Outcome {
  if (found.kind === 'report') return judgePuppetEnd(end, found.report);
  const log = readPuppetLog(evidence['log']);
  if (end.exitCode === 1) {
    const disabled = refusalOfDisabled(evidence);
    if (disabled !== undefined) return disabled;
    if (wasBusy(end, evidence, log)) {
      return bareOutcome(
        'refused',
        'busy',
        'another Puppet run held the lock for longer than waitForLockSeconds',
      );
    }
  }
  return judgeWithoutReport(
    end,
    log,
    found.kind === 'unreadable' ? found.reason : undefined,
  );
}

/** Puppet says so itself; where it said nothing at all, a process that lives and holds the lock does. */
function wasBusy(end: ToolEnd, evidence: Evidence, log: PuppetLog): boolean {
  if (log.isBusy) return true;
  return (
    log.firstError === undefined &&
    isLockHeld(evidence['runLock'], (pid) => end.isAlive?.(pid) ?? false)
  );
}
