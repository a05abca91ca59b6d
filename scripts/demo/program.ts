import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';

/** A program of ours that runs as long as the demo. */
export interface Program {
  /** the environment that it has, and its event handler */
  env: Readonly<Record<string, string>>;
  /**
   * Takes each line of its output.
   * @param onLine returns what is waited for, once a line says it
   * @throws with its last words, where it ends before
   */
  follow<Found>(onLine: (line: string) => Found | undefined): Promise<Found>;
  /** Nothing is left behind: where it does not end by itself it is killed. */
  end(): Promise<void>;
}

const env = { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' };
const endMs = 5000;

/** @param dir where it runs, and where `NAME.err` keeps what it says on stderr */
export function startProgram(
  { name, file }: { name: string; file: string },
  args: readonly string[],
  dir: string,
): Program {
  const said = join(dir, `${name}.err`);
  const child = execa(file, args, {
    cwd: dir,
    env,
    extendEnv: false,
    stdin: 'ignore',
    stderr: { file: said, append: true },
    buffer: false,
    reject: false,
    forceKillAfterDelay: endMs,
  });
  return {
    env,
    follow: <Found>(onLine: (line: string) => Found | undefined) => {
      const found = Promise.withResolvers<Found>();
      void child.then(({ exitCode, signal }) => {
        found.reject(
          new Error(
            `${name} ended with ${String(exitCode ?? signal)}: ${readFileSync(said, 'utf8')}`,
          ),
        );
      });
      createInterface(child.stdout).on('line', (line) => {
        const result = onLine(line);
        if (result !== undefined) found.resolve(result);
      });
      return found.promise;
    },
    end: async () => {
      child.kill();
      await child;
    },
  };
}
