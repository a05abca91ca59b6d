import { spawn } from 'node:child_process';

/** How the operator's command ended. */
export type CommandEnd =
  { kind: 'ended'; exitCode: number } | { kind: 'failed'; why: string };

/**
 * Runs the operator's command: a literal argument list, no shell, the text on its standard input, nothing
 * of its output kept. After `timeoutMs` its whole process group is killed.
 */
export function runCommand(
  [file = '', ...args]: readonly string[],
  input: string,
  timeoutMs: number,
): Promise<CommandEnd> {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd: '/',
      detached: true,
      shell: false,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' },
    });
    const kill = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    };
    let isOver = false;
    const timer = setTimeout(() => {
      isOver = true;
      kill();
    }, timeoutMs);
    const end = (ended: CommandEnd): void => {
      clearTimeout(timer);
      resolve(ended);
    };
    // A command need not read what it is given.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.once('error', (error) => end({ kind: 'failed', why: error.message }));
    child.once('exit', (exitCode, signal) => {
      if (exitCode === null) {
        const why = isOver
          ? `no end within ${timeoutMs / 1000} s`
          : String(signal);
        end({ kind: 'failed', why });
      } else end({ kind: 'ended', exitCode });
    });
  });
}
