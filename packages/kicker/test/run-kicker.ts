import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const bin = fileURLToPath(new URL('../bin/kicker', import.meta.url));

export interface Ended {
  code: number | undefined;
  stdout: string;
  stderr: string;
}

/**
 * Starts the real kicker as a Nagios worker does: nothing but PATH, no stdin, cwd /tmp.
 * `ended` comes only when nobody holds stdout and stderr any more: a follower must not.
 */
export function startKicker(
  args: readonly string[],
  env: Record<string, string> = {},
) {
  const child = execa(bin, args, {
    cwd: '/tmp',
    env: { PATH: '/usr/bin:/bin', ...env },
    extendEnv: false,
    stdin: 'ignore',
    stripFinalNewline: false,
    detached: true,
    reject: false,
    forceKillAfterDelay: false,
  });
  const ended = child.then(({ exitCode, stdout, stderr }): Ended => ({
    code: exitCode,
    stdout,
    stderr,
  }));
  return { child, ended };
}

export function runKicker(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Ended> {
  return startKicker(args, env).ended;
}
