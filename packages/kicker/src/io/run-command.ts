import { execa } from 'execa';

/** How the operator's command ended. */
export type CommandEnd =
  { kind: 'ended'; exitCode: number } | { kind: 'failed'; why: string };

/**
 * Runs the operator's command: a literal argument list, no shell, the text on its standard input, nothing
 * of its output kept. After `timeoutMs` its whole process group is killed.
 */
export async function runCommand(
  [file = '', ...args]: readonly string[],
  input: string,
  timeoutMs: number,
): Promise<CommandEnd> {
  const child = execa(file, args, {
    cwd: '/',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' },
    extendEnv: false,
    detached: true,
    cleanup: false,
    reject: false,
    input,
    stdout: 'ignore',
    stderr: 'ignore',
  });
  let isOver = false;
  const timer = setTimeout(() => {
    isOver = true;
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }, timeoutMs);
  const { exitCode, signal, originalMessage } = await child;
  clearTimeout(timer);
  if (exitCode !== undefined) return { kind: 'ended', exitCode };
  if (isOver) {
    return { kind: 'failed', why: `no end within ${timeoutMs / 1000} s` };
  }
  return { kind: 'failed', why: signal ?? originalMessage ?? 'not started' };
}
