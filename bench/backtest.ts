import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { dist } from './bench-site.ts';
import { interleave } from './measure.ts';
import { compare, type Row } from './row.ts';

/** 200,000 lines a second */
const linesOfGoal = 200_000;
const speedGoal = { what: 'ours', most: 1000 } as const;

/** What any program in this Node pays that looks at each line. */
const readlinePeer = `
const { createReadStream } = require('node:fs');
const { createInterface } = require('node:readline');
let alerts = 0;
createInterface({ input: createReadStream(process.argv[1]) })
  .on('line', (line) => { if (line.includes('SERVICE ALERT: ')) alerts += 1; })
  .on('close', () => console.log(alerts));
`;

/**
 * `kicker backtest` over a log of a noisy site, beside a loop of node:readline over the same file: time, CPU time of the
 * process alone, and peak memory, that also over a quarter of the log.
 */
export async function benchBacktest(
  lines: number,
  rounds: number,
): Promise<Row[]> {
  const dir = mkdtempSync(join(tmpdir(), 'kickd-bench-'));
  try {
    const log = join(dir, 'nagios.log');
    const part = join(dir, 'part.log');
    writeLog(log, lines);
    writeLog(part, lines / 4);
    const config = join(dir, 'kicker.yaml');
    writeFileSync(config, '');
    const costs: Cost[][] = [[], [], []];
    const contender =
      (argv: readonly string[], kept: Cost[]) => async (): Promise<number> => {
        const cost = await costOf(argv);
        kept.push(cost);
        return cost.wallMs;
      };
    const kicker = [process.execPath, join(dist, 'kicker.mjs'), 'backtest'];
    const [ours = [], peer = [], less = []] = costs;
    await interleave(
      [
        contender([...kicker, `--config=${config}`, log], ours),
        contender([process.execPath, '-e', readlinePeer, log], peer),
        contender([...kicker, `--config=${config}`, part], less),
      ],
      { rounds, warmUps: 0 },
    );
    const pick = (of: readonly Cost[], what: keyof Cost): number[] =>
      of.map((cost) => cost[what]);
    const each = (samples: readonly number[]): number[] =>
      samples.map((ms) => (ms * linesOfGoal) / lines);
    const what = `backtest of ${lines.toLocaleString('en')} lines`;
    const name = 'node:readline';
    const goal = linesOfGoal.toLocaleString('en');
    return [
      compare(
        { name: `${what}, 84 % alerts`, unit: 'ms' },
        pick(ours, 'wallMs'),
        {
          name,
          samples: pick(peer, 'wallMs'),
        },
      ),
      compare(
        { name: `… each ${goal} lines`, unit: 'ms' },
        each(pick(ours, 'wallMs')),
        { name, samples: each(pick(peer, 'wallMs')) },
      ),
      compare(
        {
          name: `… each ${goal} lines, user time`,
          unit: 'ms',
          goal: speedGoal,
        },
        each(pick(ours, 'userMs')),
        { name, samples: each(pick(peer, 'userMs')) },
      ),
      compare(
        {
          name: '… peak memory',
          unit: 'MB',
          goal: { what: 'ratio', most: 1.25 },
        },
        pick(ours, 'peakMb'),
        { name: 'over a quarter', samples: pick(less, 'peakMb') },
      ),
    ];
  } finally {
    rmSync(dir, { recursive: true });
  }
}

interface Cost {
  wallMs: number;
  userMs: number;
  peakMb: number;
}

/** What a process costs; the last look at it is a twentieth of a second before its end, at most. */
async function costOf([
  program = '',
  ...args
]: readonly string[]): Promise<Cost> {
  const startedMs = performance.now();
  const child = execa(program, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { LANG: 'C.UTF-8' },
    extendEnv: false,
    reject: false,
  });
  const cost = { userMs: Number.NaN, peakMb: Number.NaN };
  const look = setInterval(() => {
    try {
      const stat = readFileSync(`/proc/${String(child.pid)}/stat`, 'utf8');
      // proc(5): field 14 is utime, in ticks of 10 ms; the name in field 2 may hold blanks.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      cost.userMs = Number(fields[11]) * 10;
      const status = readFileSync(`/proc/${String(child.pid)}/status`, 'utf8');
      const peak = /^VmHWM:\s+(\d+)/m.exec(status)?.[1];
      if (peak !== undefined) cost.peakMb = Number(peak) / 1024;
    } catch {
      // It has just ended.
    }
  }, 50);
  const { exitCode, signal, code } = await child;
  clearInterval(look);
  if (exitCode !== 0)
    throw new Error(
      `${program} ended with ${String(exitCode ?? signal ?? code)}`,
    );
  return { ...cost, wallMs: performance.now() - startedMs };
}

/**
 * A site where some services are always in trouble, each of them for some checks, like
 * https://github.com/cawan1/ranklog: the same text at each call.
 */
function writeLog(file: string, lines: number): void {
  const opened = openSync(file, 'w');
  const random = createRandom();
  const troubles = Array.from({ length: troublesAtOnce }, () =>
    createTrouble(random),
  );
  let seconds = 1_700_000_000;
  let text: string[] = [];
  for (let line = 0; line < lines; line += 1) {
    seconds += random(16);
    const slot = random(troublesAtOnce);
    const trouble = troubles[slot] ?? createTrouble(random);
    const { place, state, type, attempt } = trouble;
    if (random(100) < alertsOf) {
      text.push(
        `[${seconds}] SERVICE ALERT: ${place};${state};${type};${attempt};${state} - the value is ${random(10_000) / 100}, over its limit for some minutes`,
      );
      troubles[slot] = state === 'OK' ? createTrouble(random) : trouble;
      change(trouble, random);
    } else {
      text.push(
        `[${seconds}] SERVICE NOTIFICATION: ops;${place};CRITICAL;notify-service-by-email;CRITICAL - the value is over its limit`,
      );
    }
    if (text.length === 10_000) {
      writeSync(opened, `${text.join('\n')}\n`);
      text = [];
    }
  }
  if (text.length > 0) writeSync(opened, `${text.join('\n')}\n`);
  closeSync(opened);
}

const hosts = 24;
const services = 17;
const troublesAtOnce = 6;
/** of a hundred lines */
const alertsOf = 84;

interface Trouble {
  place: string;
  state: string;
  type: string;
  attempt: number;
}

/** Of few services again and again, of most now and then. */
function createTrouble(random: (below: number) => number): Trouble {
  const index = Math.floor((random(1000) / 1000) ** 4 * hosts * services);
  const host = `bench-host${String(index % hosts).padStart(2, '0')}`;
  return {
    place: `${host};service ${String(Math.floor(index / hosts))} :: load`,
    state: badStates[random(badStates.length)] ?? '',
    type: 'SOFT',
    attempt: 1,
  };
}

const badStates = ['CRITICAL', 'WARNING', 'UNKNOWN', 'UNKNOWN'];

/** The next check; max_check_attempts is 4. */
function change(trouble: Trouble, random: (below: number) => number): void {
  if (random(3) === 0) {
    trouble.state = 'OK';
  } else if (trouble.type === 'SOFT') {
    trouble.attempt += 1;
    if (trouble.attempt === 4) trouble.type = 'HARD';
  } else {
    trouble.state = trouble.state === 'UNKNOWN' ? 'WARNING' : 'UNKNOWN';
  }
}

/** The generator of Lewis, Goodman and Miller. @returns 0 … below - 1 */
function createRandom(): (below: number) => number {
  let state = 1;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}
