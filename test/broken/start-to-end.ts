import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

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
  const startedMs = performance.now();
  // env -i: a test runner may put variables of its own into whatever is spawned
  const child = spawn(
    '/usr/bin/env',
    ['-i', ...variables.map(([name, value]) => `${name}=${value}`), ...command],
    {
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: patienceMs,
      killSignal: 'SIGKILL',
    },
  );
  const [[code, signal], errors] = await Promise.all([
    once(child, 'exit') as Promise<[number | null, string | null]>,
    text(child.stderr),
  ]);
  const ms = performance.now() - startedMs;
  return { exit: code ?? signal ?? 'unknown', errors, ms };
}
