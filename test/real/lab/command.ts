import { execa } from 'execa';
export interface Finished {
  /** undefined when a signal ended it */
  exitCode: number | undefined;
  /** stdout and stderr, each in its own order */
  output: string;
}

/** The environment of everything that the lab starts: no more than Debian's init gives. */
export const plainEnvironment = {
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
} as const;

/**
 * The command under an environment that holds these names and nothing else. tap adds NODE_OPTIONS
 * to every child that a test starts, whatever `env` says, and kickd refuses to start with it.
 */
export function inEnvironment(
  env: Readonly<Record<string, string>>,
  command: readonly string[],
): [string, string[]] {
  const pairs = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return ['/usr/bin/env', ['-i', ...pairs, ...command]];
}

/**
 * Runs a program to its end, without a shell; any exit code is an answer.
 * @throws ExecaError where it cannot be started, says too much, or the signal aborts it
 */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: { env?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<Finished> {
  const ended = await execa(
    ...inEnvironment({ ...plainEnvironment, ...options.env }, [
      program,
      ...args,
    ]),
    {
      maxBuffer: 64 * 1024 * 1024,
      ...(options.signal && { cancelSignal: options.signal }),
      stripFinalNewline: false,
      reject: false,
    },
  );
  const { exitCode, signal, isCanceled, isMaxBuffer } = ended;
  const hasEnded = exitCode !== undefined || signal !== undefined;
  if (!hasEnded || isCanceled || isMaxBuffer) throw ended;
  return { exitCode, output: ended.stdout + ended.stderr };
}

/** Like `runCommand`, but anything except 0 is an error that shows the output. */
export async function mustRun(
  program: string,
  args: readonly string[],
  options: { env?: Record<string, string> } = {},
): Promise<string> {
  const { exitCode, output } = await runCommand(program, args, options);
  if (exitCode !== 0)
    throw new Error(
      `${program} ${args.join(' ')} ended with ${exitCode ?? 'a signal'}:\n${output}`,
    );
  return output;
}
