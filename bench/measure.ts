import { execa } from 'execa';
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

async function watchProcess(
  [file = '', ...args]: readonly string[],
  env: Environment,
  stdout: 'ignore' | 'pipe',
  exitCodes: readonly number[],
): Promise<{ firstWordMs: number | undefined; exitMs: number }> {
  const startedMs = performance.now();
  const child = execa(file, args, {
    env,
    extendEnv: false,
    cwd: '/',
    stdin: 'ignore',
    stdout,
    buffer: { stdout: false },
    reject: false,
  });
  let firstWordMs: number | undefined;
  let exitMs = Number.NaN;
  child.stdout?.on('data', () => {
    firstWordMs ??= performance.now() - startedMs;
  });
  child.nodeChildProcess.once('exit', () => {
    exitMs = performance.now() - startedMs;
  });
  // Its last words may come after its exit.
  const { exitCode, signal, code, stderr } = await child;
  if (exitCode === undefined || !exitCodes.includes(exitCode))
    throw new Error(
      `exit ${String(exitCode ?? signal ?? code)}: ${[file, ...args].join(' ')}\n${stderr}`,
    );
  return { firstWordMs, exitMs };
}

function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1
    ? upper
    : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
