import type { Healed, Uuid7 } from '@kickd/protocol';
import type {
  Command,
  ReportState,
  StandbyPlan,
  StreamedHeal,
} from '../ports.ts';
import type { ServiceMap } from '../run/match.ts';
import { PuppetReportReader } from './puppet-report.ts';

export interface PuppetStandbySettings {
  /** the Ruby that this Puppet runs on, and kickd's program for it */
  ruby: string;
  program: string;
  /** of an ordinary run, without what each run has of its own */
  run: Command;
  /** arguments that each run has of its own, between the subcommand and the others; `RUN` stands for its id */
  ofRun: readonly string[];
  services: ServiceMap;
  /** the file that Puppet keeps while it runs, where it does */
  runLock?: string;
  /** where the output of each run goes, and the report of its first step */
  logDir: string;
}

/** Settings of the profiles that may have one. */
export type StandbyProgram = Pick<PuppetStandbySettings, 'ruby' | 'program'>;

/** A Puppet that is loaded ahead, by the program in packages/agent/puppet. */
export function createPuppetStandby(
  settings: PuppetStandbySettings,
): StandbyPlan {
  const { ruby, program, run, ofRun, services, runLock, logDir } = settings;
  const resources = new Set(Object.values(services).flat());
  return {
    command: (socket) => ({
      file: ruby,
      argv: [
        program,
        `--socket=${socket}`,
        `--logs=${logDir}`,
        ...(runLock === undefined ? [] : [`--lock=${runLock}`]),
        ...ofRun.map((argument) => `--of-run=${argument}`),
        ...[...resources].map((resource) => `--resource=${resource}`),
        '--',
        run.file,
        ...run.argv,
      ],
      env: run.env,
    }),
    healReport: (id) => streamHeal(`${logDir}/${id}.heal.yaml`, id),
  };
}

function streamHeal(file: string, run: Uuid7): StreamedHeal {
  const reader = new PuppetReportReader();
  return {
    file,
    take: (piece) => reader.take(piece),
    healed: (at, state) => healedOf(reader, run, at, state),
  };
}

function healedOf(
  reader: PuppetReportReader,
  run: Uuid7,
  at: Date,
  state: ReportState,
): Healed | undefined {
  const read = reader.end();
  if (state.kind !== 'read' || read.kind !== 'report') return undefined;
  const { jobId, corrected, failed } = read.report;
  return jobId === run && corrected.length > 0
    ? { at: at.toISOString(), corrected, failed }
    : undefined;
}
