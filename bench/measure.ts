import { spawn } from 'node:child_process';

/** The middle of some samples, and their ends. */
export interface Spread {
  median: number;
  least: number;
  most: number;
}

/** One contender: does its work once and resolves with what it cost, in milliseconds. */
export type Contender = () => Promise<number>;

/**
 * Runs contenders in turn (A B C A B C …), so that what else the machine does hits all of them alike.
 * The first `warmUps` rounds do not count.
 */
export async function interleave(
  contenders: readonly Contender[],
  { rounds, warmUps }: { rounds: number; warmUps: number },
): Promise<number[][]> {
  const samples = contenders.map((): number[] => []);
  for (let round = -warmUps; round < rounds; round += 1) {
    for (const [index, contender] of contenders.entries()) {
      const cost = await contender();
      if (round >= 0) samples[index]?.push(cost);
    }
  }
  return samples;
}

export function spreadOf(samples: readonly number[]): Spread {
  return {
    median: median(samples),
    least: Math.min(...samples),
    most: Math.max(...samples),
  };
}

/** The median of the ratios round by round: a disturbance of one round spoils one ratio, not the median. */
export function ratioOf(
  ours: readonly number[],
  peer: readonly number[],
): number {
  return median(ours.map((cost, round) => cost / (peer[round] ?? Number.NaN)));
}

/**
 * Milliseconds from the start of a process to its exit.
 * @throws with what it said on stderr, unless it exits with one of `exitCodes`
 */
export async function timeProcess(
  argv: readonly string[],
  env: Environment,
  exitCodes: readonly number[] = [0],
): Promise<number> {
  const { exitMs } = await watchProcess(argv, env, 'ignore', exitCodes);
  return exitMs;
}

/** Milliseconds from the start of a process to the first byte that it says, and to its exit. */
export async function timeFirstWord(
  argv: readonly string[],
  env: Environment,
): Promise<{ firstWordMs: number; exitMs: number }> {
  const { firstWordMs, exitMs } = await watchProcess(argv, env, 'pipe', [0]);
  if (firstWordMs === undefined) throw new Error(`no word: ${argv.join(' ')}`);
  return { firstWordMs, exitMs };
}

type Environment = Readonly<Record<string, string | undefined>>;

function watchProcess(
  [file = '', ...args]: readonly string[],
  env: Environment,
  stdout: 'ignore' | 'pipe',
  exitCodes: readonly number[],
): Promise<{ firstWordMs: number | undefined; exitMs: number }> {
  return new Promise((resolve, reject) => {
    const startedMs = performance.now();
    const child = spawn(file, args, {
      env,
      cwd: '/',
      stdio: ['ignore', stdout, 'pipe'],
    });
    let firstWordMs: number | undefined;
    let exitMs = Number.NaN;
    let said = '';
    child.stdout?.on('data', () => {
      firstWordMs ??= performance.now() - startedMs;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.once('error', reject);
    child.once('exit', () => {
      exitMs = performance.now() - startedMs;
    });
    // Its last words may come after its exit.
    child.once('close', (exitCode) => {
      if (exitCode !== null && exitCodes.includes(exitCode))
        resolve({ firstWordMs, exitMs });
      else
        reject(
          new Error(
            `exit ${String(exitCode)}: ${[file, ...args].join(' ')}\n${said}`,
          ),
        );
    });
  });
}

function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1
    ? upper
    : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
