import {
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { printable, type Uuid7 } from '@kickd/protocol';
import { execa, execaSync } from 'execa';
import type {
  Child,
  ChildEnd,
  ChildIdentity,
  Command,
  Launch,
  Launcher,
} from '../ports.ts';
import { makeFolder } from './make-folder.ts';
import { readBootId, readStartTicks } from './proc.ts';
import {
  environmentNames,
  systemdRunArguments,
  unitOf,
} from './unit-command.ts';
import { watchFolder } from './watch-folder.ts';
import {
  parseEnd,
  parseUnit,
  unitProperties,
  type UnitState,
} from './unit-state.ts';

export interface UnitLauncherSettings {
  /** where systemd leaves the ends of runs: on a tmpfs, so that a full disk loses none */
  endsDir: string;
  graceMs: number;
}

/** A look at a link costs some microseconds, a question to systemd some milliseconds. */
const lookEveryMs = 100;
const askEachRound = 10;
const killRoundsMax = 100;
const keepEndsMs = 24 * 60 * 60 * 1000;

/**
 * Starts each run as a transient systemd service of its own: its control group is the run, so
 * that nothing leaves it by setsid or a double fork, and its end is written down by systemd, so that
 * it is known even when no kickd was there. Needs root and systemd 243 as process 1.
 * @see docs/decisions/0007-transient-units.md
 */
export function createUnitLauncher(settings: UnitLauncherSettings): Launcher {
  const bootId = readBootId();
  const { endsDir } = settings;
  const fileOf = (run: Uuid7): string => join(endsDir, `${run}.end`);
  return {
    bootId: () => bootId,
    launch: async (command, run, outputFile) => {
      makeFolder(endsDir, 0o700);
      forgetOldEnds(endsDir);
      return launch(settings, command, run, outputFile, fileOf(run), bootId);
    },
    adopt: (identity, run) => {
      if (identity.bootId !== bootId) return undefined;
      const known = readEnd(fileOf(run));
      if (known !== undefined) {
        return toChild(identity, run, Promise.resolve(known));
      }
      return parseUnit(showNow(run)).isActive
        ? toChild(identity, run, waitForEnd(identity, run, fileOf(run)))
        : undefined;
    },
    find: (run) => {
      const { isActive, mainPid } = parseUnit(showNow(run));
      const isKnown = isActive || readEnd(fileOf(run)) !== undefined;
      return isKnown ? identify(mainPid, bootId) : undefined;
    },
    killSurvivors,
  };
}

async function launch(
  { graceMs }: UnitLauncherSettings,
  command: Command,
  run: Uuid7,
  outputFile: string,
  endFile: string,
  bootId: string,
): Promise<Launch> {
  // systemd would make it readable for everybody
  closeSync(openSync(outputFile, 'a', 0o600));
  // of the last probe of this run: a run has one end, since it starts once
  if (command.confined !== undefined) rmSync(endFile, { force: true });
  const manager = await ask('systemctl', ['show-environment']);
  const started = await ask(
    'systemd-run',
    systemdRunArguments({
      command: { ...command, env: { ...command.env, KICKD_RUN: run } },
      run,
      outputFile,
      endFile,
      graceMs,
      managerNames: environmentNames(manager.stdout),
    }),
  );
  const unit = await show(run);
  // a tool that fails at once is told as a start that failed, and a broken call says nothing at all
  if (started.failed && !unit.isActive && !wasThere(readEnd(endFile))) {
    const reason = whyNot(started.stderr, readEnd(endFile));
    return { kind: 'not-started', reason: `${command.file}: ${reason}` };
  }
  const identity = identify(unit.mainPid, bootId);
  const ended = waitForEnd(identity, run, endFile);
  return { kind: 'started', child: toChild(identity, run, ended) };
}

/**
 * Whether the tool itself came to its end. 200 to 243 are what systemd's own process ends with before
 * it has become the tool, 203 when the kernel does not take the file: asked only where the start
 * failed, so that a tool may end with them too, unless it does so within a millisecond.
 * @see systemd.exec(5), "Process Exit Codes"
 */
function wasThere(end: ChildEnd | undefined): boolean {
  const { exitCode, signal } = end ?? {};
  return exitCode === undefined
    ? signal !== undefined
    : exitCode < 200 || exitCode > 243;
}

function whyNot(stderr: string, end: ChildEnd | undefined): string {
  const said = printable(stderr.trim());
  if (said !== '') return said;
  return end?.exitCode === undefined
    ? 'systemd did not start it'
    : `systemd could not start it (status ${String(end.exitCode)}, see systemd.exec(5), "Process Exit Codes")`;
}

/** Without its pid the unit is still found, by the id of the run. */
function identify(pid: number | undefined, bootId: string): ChildIdentity {
  const startTicks = pid === undefined ? undefined : readStartTicks(pid);
  return { pid: pid ?? 0, startTicks: startTicks ?? 'gone', bootId };
}

function toChild(
  identity: ChildIdentity,
  run: Uuid7,
  ended: Promise<ChildEnd>,
): Child {
  return {
    identity,
    mark: run,
    ended,
    signalGroup: (signal) => void sendSignal(run, signal),
  };
}

/** To all of the control group; a unit that is gone has nobody to send it to. */
async function sendSignal(run: Uuid7, signal: string): Promise<void> {
  await ask('systemctl', ['kill', `--signal=${signal}`, unitOf(run)]);
}

/** systemd forgets a unit that has ended as soon as its control group is empty. */
async function killSurvivors(run: Uuid7): Promise<void> {
  for (let round = 0; round < killRoundsMax; round++) {
    if (!(await show(run)).isLoaded) return;
    await sendSignal(run, 'SIGKILL');
    await sleep(10);
  }
}

/** Never rejects; does not keep the process alive. */
async function waitForEnd(
  { pid, startTicks }: ChildIdentity,
  run: Uuid7,
  endFile: string,
): Promise<ChildEnd> {
  const changes = watchFolder(dirname(endFile));
  try {
    for (let round = 1; ; round++) {
      const changed = changes.next();
      const end = readEnd(endFile);
      if (end !== undefined) return end;
      const isTurn = round % askEachRound === 0;
      if (isTurn && readStartTicks(pid) !== startTicks) {
        // whatever wrote the end was killed, or could not write: what systemd still knows
        const unit = await show(run);
        if (!unit.isActive) return readEnd(endFile) ?? unit.end ?? {};
      }
      await Promise.race([changed, sleep(lookEveryMs, null, { ref: false })]);
    }
  } finally {
    changes.close();
  }
}

function readEnd(endFile: string): ChildEnd | undefined {
  try {
    return parseEnd(readlinkSync(endFile));
  } catch {
    // ENOENT: not ended
    return undefined;
  }
}

/** An end is read within a second of its run, or at the next start of kickd. */
function forgetOldEnds(endsDir: string): void {
  for (const name of readdirSync(endsDir)) {
    const file = join(endsDir, name);
    if (Date.now() - lstatSync(file).mtimeMs > keepEndsMs) {
      rmSync(file, { force: true });
    }
  }
}

const showArguments = (run: Uuid7): string[] => [
  'show',
  `--property=${unitProperties.join(',')}`,
  unitOf(run),
];

async function show(run: Uuid7): Promise<UnitState> {
  return parseUnit((await ask('systemctl', showArguments(run))).stdout);
}

function showNow(run: Uuid7): string {
  return execaSync('systemctl', showArguments(run), askOptions).stdout;
}

const askOptions = {
  // LANG: what systemd says of a failure is handed on
  env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' },
  extendEnv: false,
  cwd: '/',
  stdin: 'ignore',
  reject: false,
  timeout: 30 * 1000,
  maxBuffer: 1024 * 1024,
} as const;

function ask(
  program: 'systemctl' | 'systemd-run',
  argv: readonly string[],
): Promise<{ failed: boolean; stdout: string; stderr: string }> {
  return execa(program, argv, askOptions);
}
