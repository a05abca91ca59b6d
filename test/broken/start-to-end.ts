import { execa } from 'execa';

/** How a process went that should end by itself. */
export interface Ended {
  /** exit code; a signal where it had to be ended */
  exit: number | string;
  errors: string;
  /** from its start to its end */
  ms: number;
}

/** Whatever has not ended by then goes on for ever: a start takes a tenth of a second. */
const patienceMs = 20 * 1000;
const base = { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', HOME: '/nonexistent' };

/** Runs a command to its end; one that does not end is killed, and `exit` says so. */
export async function startToEnd(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Ended> {
  const variables = Object.entries({ ...base, ...environment });
  // env -i: a test runner may put variables of its own into whatever is spawned
  const { exitCode, signal, stderr, durationMs } = await execa(
    '/usr/bin/env',
    ['-i', ...variables.map(([name, value]) => `${name}=${value}`), ...command],
    {
      cwd: '/',
      stdin: 'ignore',
      stdout: 'ignore',
      timeout: patienceMs,
      killSignal: 'SIGKILL',
      stripFinalNewline: false,
      reject: false,
    },
  );
  return {
    exit: exitCode ?? signal ?? 'unknown',
    errors: stderr,
    ms: durationMs,
  };
}
