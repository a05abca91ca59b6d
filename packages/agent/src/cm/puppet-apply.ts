import type { CmProfile } from '../ports.ts';
import type { ServiceMap } from '../run/match.ts';
import { judgePuppetEnd } from './puppet-end.ts';
import { parsePuppetReport } from './puppet-report.ts';

export interface PuppetApplySettings {
  name: string;
  services: ServiceMap;
  /** absolute path of `puppet` */
  binary: string;
  manifest: string;
  modulePath?: string;
  env: Record<string, string>;
  /** where each run's own report goes: `puppet apply` has no job id to tell reports apart */
  reportDir: string;
}

/** `puppet apply` of a manifest on this host: no server. */
export function createPuppetApply(settings: PuppetApplySettings): CmProfile {
  const reportFile = (run: string): string =>
    `${settings.reportDir}/${run}.report.yaml`;
  return {
    name: settings.name,
    services: settings.services,
    evidenceFiles: (run) => ({ report: reportFile(run) }),
    command: (run, scope) => ({
      file: settings.binary,
      argv: [
        'apply',
        '--detailed-exitcodes',
        '--color=false',
        '--no-show_diff',
        `--lastrunreport=${reportFile(run)}`,
        ...(settings.modulePath === undefined
          ? []
          : [`--modulepath=${settings.modulePath}`]),
        ...(scope.tags === undefined ? [] : [`--tags=${scope.tags.join(',')}`]),
        ...(scope.noop ? ['--noop'] : []),
        ...(scope.environment === undefined
          ? []
          : [`--environment=${scope.environment}`]),
        settings.manifest,
      ],
      env: settings.env,
    }),
    refusal: () => undefined,
    isLocked: () => false,
    outcome: (end, evidence) => {
      const text = evidence['report'];
      return judgePuppetEnd(
        end,
        text === undefined ? undefined : parsePuppetReport(text),
      );
    },
  };
}
