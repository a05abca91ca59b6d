import {
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { inEnvironment } from './command.ts';
import { stateFolder } from './places.ts';
import { waitFor } from './wait.ts';

const recordFolder = join(stateFolder, 'run');
const logFolder = join(stateFolder, 'log');

/** A process that the lab started: the leader of a group of its own. */
export interface LabProcess {
  readonly pid: number;
  /** stdout and stderr, appended */
  readonly log: string;
  isRunning(): boolean;
  /** TERM to the leader, then KILL to its group after `graceMs`; resolves when it is gone. */
  stop(options?: { graceMs?: number; signal?: NodeJS.Signals }): Promise<void>;
}

/**
 * Starts a program in the background with a literal environment and its output in a file, and
 * writes down pid and start time, so that a later run can end it if this one dies.
 * @param name of the record and of the log
 */
export function startProcess(
  name: string,
  command: readonly [string, ...string[]],
  options: { env: Record<string, string>; cwd?: string },
): LabProcess {
  mkdirSync(recordFolder, { recursive: true });
  mkdirSync(logFolder, { recursive: true });
  const log = join(logFolder, `${name}.log`);
  const record = join(recordFolder, `${name}.json`);
  const output = openSync(log, 'w');
  const { pid, nodeChildProcess } = execa(
    ...inEnvironment(options.env, command),
    {
      // execa hands on any descriptor as it is; its types name only 3 to 9
      stdio: ['ignore', output as 3, output as 3],
      cwd: options.cwd ?? '/',
      detached: true,
      cleanup: false,
      reject: false,
    },
  );
  closeSync(output);
  if (pid === undefined) throw new Error(`cannot start ${command[0]}`);
  nodeChildProcess.unref();
  writeFileSync(record, JSON.stringify({ pid, startTime: startTimeOf(pid) }));
  const isRunning = (): boolean =>
    nodeChildProcess.exitCode === null && nodeChildProcess.signalCode === null;
  return {
    pid,
    log,
    isRunning,
    stop: async ({ graceMs = 30_000, signal = 'SIGTERM' } = {}) => {
      if (isRunning()) {
        sendSignal(pid, signal);
        await waitFor(`${name} to end`, () => !isRunning() || undefined, {
          timeoutMs: graceMs,
        }).catch(() => sendSignal(-pid, 'SIGKILL'));
        await waitFor(`${name} to be gone`, () => !isRunning() || undefined, {
          timeoutMs: 10_000,
        });
      }
      rmSync(record, { force: true });
    },
  };
}

/**
 * Ends what a run that died left behind. A pid alone proves nothing after a reboot or a wrap,
 * so the start time in /proc must be the recorded one.
 */
export async function endLeftovers(): Promise<void> {
  mkdirSync(recordFolder, { recursive: true });
  for (const file of readdirSync(recordFolder)) {
    const path = join(recordFolder, file);
    const { pid, startTime } = JSON.parse(readFileSync(path, 'utf8')) as {
      pid: number;
      startTime: string;
    };
    if (startTime !== '' && startTimeOf(pid) === startTime) {
      sendSignal(-pid, 'SIGKILL');
      await waitFor(
        `${file} to be gone`,
        () => startTimeOf(pid) !== startTime || undefined,
        { timeoutMs: 10_000 },
      );
    }
    rmSync(path);
  }
}

/** Field 22 of /proc/PID/stat, in clock ticks since boot; '' when there is no such process. @see proc(5) */
export function startTimeOf(pid: number): string {
  return statFieldsOf(pid)[19] ?? '';
}

/** Pids of the direct children of a process, at this moment. */
export function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => statFieldsOf(pid)[1] === String(parent));
}

/** A signal that finds nobody is no error: the process has already ended. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The fields of /proc/PID/stat after the name, which may hold blanks and brackets; [0] is the state. */
function statFieldsOf(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
