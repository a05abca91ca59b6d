import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../bin/kicker', import.meta.url));

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Starts the real kicker as a Nagios worker does: nothing but PATH, no stdin, cwd /tmp. */
export function startKicker(
  args: readonly string[],
  env: Record<string, string> = {},
): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(bin, args, {
    cwd: '/tmp',
    env: { PATH: '/usr/bin:/bin', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  return { child, ended: collect(child) };
}

export function runKicker(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Ended> {
  return startKicker(args, env).ended;
}

/** `close` comes only when nobody holds stdout and stderr any more: a follower must not. */
async function collect(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (part) => (stdout += String(part)));
  child.stderr?.on('data', (part) => (stderr += String(part)));
  await once(child, 'close');
  return { code: child.exitCode, stdout, stderr };
}
