import type { Outcome } from '@kickd/protocol';
import type { CmProfile, Evidence, StreamedReport, ToolEnd } from '../ports.ts';
import type { ServiceMap } from '../run/match.ts';
import { confArguments, scopeArguments } from './puppet-conf-arguments.ts';
import { judgePuppetEnd, judgeWithoutReport } from './puppet-end.ts';
import { readPuppetLog } from './puppet-log.ts';
import { createPuppetStandby, type StandbyProgram } from './puppet-standby.ts';
import {
  outcomeOfText,
  streamPuppetReport,
  type FoundReport,
} from './puppet-streamed.ts';

export interface PuppetApplySettings {
  name: string;
  services: ServiceMap;
  /** absolute path of `puppet` */
  binary: string;
  manifest: string;
  modulePath?: string;
  env: Record<string, string>;
  /** the puppet.conf that kickd itself goes by, where that is not Puppet's own */
  puppetConf?: string;
  /** where the output of each run goes, and each run's own report: `puppet apply` has no job id to tell reports apart */
  reportDir: string;
  /** with what a Puppet is loaded ahead; left out: none is */
  standby?: StandbyProgram;
}

/** `puppet apply` of a manifest on this host: no server. */
export function createPuppetApply(settings: PuppetApplySettings): CmProfile {
  const reportFile = (run: string): string =>
    `${settings.reportDir}/${run}.report.yaml`;
  const reportArgument = (run: string): string =>
    `--lastrunreport=${reportFile(run)}`;
  const streamed = (run: string): StreamedReport =>
    streamPuppetReport(reportFile(run), undefined, judgeApplyEnd);
  return {
    name: settings.name,
    services: settings.services,
    evidenceFiles: (run) => ({ log: `${settings.reportDir}/${run}.log` }),
    streamed,
    command: (run, scope) => ({
      file: settings.binary,
      argv: [
        ...ordinaryArguments(settings),
        reportArgument(run),
        ...scopeArguments(scope),
        settings.manifest,
      ],
      env: settings.env,
    }),
    refusal: () => undefined,
    isLocked: () => false,
    outcome: (end, evidence) => outcomeOfText(streamed(end.run), end, evidence),
    ...(settings.standby !== undefined && {
      standby: createPuppetStandby({
        ...settings.standby,
        run: {
          file: settings.binary,
          argv: [...ordinaryArguments(settings), settings.manifest],
          env: settings.env,
        },
        ofRun: [reportArgument('RUN')],
        services: settings.services,
        logDir: settings.reportDir,
      }),
    }),
  };
}

/** Of every run. */
function ordinaryArguments(settings: PuppetApplySettings): string[] {
  return [
    'apply',
    ...confArguments(settings.puppetConf),
    '--detailed-exitcodes',
    '--color=false',
    '--no-show_diff',
    ...(settings.modulePath === undefined
      ? []
      : [`--modulepath=${settings.modulePath}`]),
  ];
}

function judgeApplyEnd(
  end: ToolEnd,
  evidence: Evidence,
  found: FoundReport,
): Outcome {
  return found.kind === 'report'
    ? judgePuppetEnd(end, found.report)
    : judgeWithoutReport(
        end,
        readPuppetLog(evidence['log']),
        found.kind === 'unreadable' ? found.reason : undefined,
      );
}
