import type { Uuid7 } from '@kickd/protocol';
import type { Command, Confinement } from '../ports.ts';

export interface UnitPlan {
  command: Command;
  run: Uuid7;
  /** the tool's output is appended to this file */
  outputFile: string;
  /** systemd leaves the end of the tool here, as the target of a link */
  endFile: string;
  /** what an administrator's `systemctl stop` and a shutdown wait between TERM and KILL */
  graceMs: number;
  /** names in the manager's own environment, which every service would inherit */
  managerNames: readonly string[];
}

/** One unit a run, so that the run is found again by its id alone; its probes have one that is not the run's. */
export function unitOf(run: Uuid7): string {
  return run.startsWith('probe-') || run.startsWith('standby-')
    ? `kickd-${run}.service`
    : `kickd-run-${run}.service`;
}

/**
 * The literal arguments of `systemd-run` for one run.
 *
 * - `Type=exec`: `systemd-run` returns when the tool is there, or says that it could not be started.
 * - `KillMode=process`, as in Puppet's own unit: what a run repaired by starting it directly, an init
 *   script's daemon, must not end with the run. A run that is ended on purpose is killed by its
 *   whole control group all the same (`systemctl kill`).
 * - `ExecStopPost`: systemd expands the variables itself and writes the end of the tool down as the
 *   target of a link. So it is there for the next kickd too, and the unit can be forgotten at once.
 * - `OOMPolicy=continue`, `IgnoreSIGPIPE=no`: as in a run without systemd.
 *
 * @see systemd.exec(5), systemd.service(5), "$EXIT_CODE, $EXIT_STATUS" and "COMMAND LINES"
 */
export function systemdRunArguments(plan: UnitPlan): string[] {
  const { command, run, outputFile, endFile, managerNames } = plan;
  const { confined } = command;
  const env = Object.entries(command.env);
  const foreign = managerNames.filter((name) => !(name in command.env));
  const properties = [
    'Type=exec',
    'WorkingDirectory=/',
    'StandardInput=null',
    `StandardOutput=append:${outputFile}`,
    'StandardError=inherit',
    'UMask=0022',
    // A probe leaves nothing behind.
    `KillMode=${confined === undefined ? 'process' : 'control-group'}`,
    'SendSIGKILL=yes',
    `TimeoutStopSec=${String(plan.graceMs)}ms`,
    'OOMPolicy=continue',
    'IgnoreSIGPIPE=no',
    // `+`: the user of a probe may not write there
    `ExecStopPost=${confined === undefined ? '' : '+'}/bin/ln -s "$\{EXIT_CODE}:$\{EXIT_STATUS}" ${quoted(endFile)}`,
    ...(confined === undefined ? [] : confinedBy(confined)),
    ...(foreign.length > 0 ? [`UnsetEnvironment=${foreign.join(' ')}`] : []),
  ];
  return [
    '--quiet',
    '--no-ask-password',
    '--collect',
    `--unit=${unitOf(run)}`,
    // otherwise the command line, which would then stand in the system's journal
    `--description=kickd ${confined === undefined ? 'run ' : ''}${run}`,
    ...properties.map((property) => `--property=${property}`),
    ...env.map(([name, value]) => `--setenv=${name}=${value}`),
    '--',
    command.file,
    ...command.argv.map(withoutVariables),
  ];
}

/** Should kickd be gone by then, systemd ends a probe. */
const overdueMs = 2000;

/** A user without privileges that cannot get any, and limits of the kernel in place of a look now and then. */
function confinedBy({ user, mostMs }: Confinement): string[] {
  return [
    `User=${user}`,
    'NoNewPrivileges=yes',
    'CapabilityBoundingSet=',
    'KillSignal=SIGKILL',
    `RuntimeMaxSec=${String(mostMs + overdueMs)}ms`,
    `LimitFSIZE=${String(64 * 1024)}`,
    'MemoryMax=256M',
    'TasksMax=64',
  ];
}

/**
 * The names in the text of `systemctl show-environment`, one assignment a line; a line break in a
 * value is told as `\n`.
 */
export function environmentNames(text: string): string[] {
  return [...text.matchAll(/^([A-Za-z_][A-Za-z0-9_]*)=/gm)].map(
    ([, name]) => name!,
  );
}

/** systemd puts variables into the arguments of a service; `$$` is a plain `$`. */
function withoutVariables(argument: string): string {
  return argument.replaceAll('$', '$$$$');
}

/** One word of a command line in a unit, whatever it holds. */
function quoted(word: string): string {
  const escaped = word.replaceAll(/["\\]/g, String.raw`\$&`);
  return `"${withoutVariables(escaped)}"`;
}
