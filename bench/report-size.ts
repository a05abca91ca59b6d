import { accessSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { execa } from 'execa';
import { interleave } from './measure.ts';
import { writeReport } from './make-report.ts';
import { compare, type Row } from './row.ts';

/** As kickd-runner.service starts it. */
const flags = ['--jitless', '--max-semi-space-size=1'];
const memoryGoal = { what: 'ours', most: 64 } as const;
/** 20 MB/s */
const speedGoal = { what: 'ours', most: 50 } as const;

/** What Ruby's own YAML makes of the same file: the class of the report is not there, so its tag is left out. */
const rubyProbe = `
peak = -> { File.read('/proc/self/status')[/^VmHWM:\\s+(\\d+)/, 1].to_i / 1024.0 }
idle = peak.call
started = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID)
YAML.unsafe_load(File.read(ARGV[0]).sub(/ !ruby\\S+/, ''))
took = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) - started
print took * 1000, ' ', peak.call - idle
`;

/**
 * A Puppet report of 1, 10 and 50 MB, read under the runner's own flags, beside Ruby's YAML: CPU time, and memory. Without Ruby the same
 * reader with its JIT is the peer.
 */
export async function benchReports(rounds: number): Promise<Row[]> {
  const dir = mkdtempSync(join(tmpdir(), 'kickd-bench-'));
  try {
    const probe = join(dir, 'probe.mjs');
    await build({
      entryPoints: [join(import.meta.dirname, 'report-probe.ts')],
      outfile: probe,
      bundle: true,
      platform: 'node',
      target: 'node24',
      format: 'esm',
      logLevel: 'warning',
      banner: {
        js: `import { createRequire } from 'node:module'; const require = createRequire('/');`,
      },
    });
    const rows: Row[] = [];
    for (const megabytes of [1, 10, 50]) {
      const file = join(dir, 'report.yaml');
      writeReport(file, megabytes * 1e6);
      rows.push(...(await benchFile(probe, file, megabytes, rounds)));
    }
    return rows;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

async function benchFile(
  probe: string,
  file: string,
  megabytes: number,
  rounds: number,
): Promise<Row[]> {
  const memory: [ours: number[], peer: number[]] = [[], []];
  const contender =
    (argv: readonly string[], peaks: number[]) => async (): Promise<number> => {
      const [program = '', ...args] = argv;
      const { stdout } = await execa(program, [...args, file], {
        env: { MALLOC_ARENA_MAX: '1', LANG: 'C.UTF-8' },
        extendEnv: false,
      });
      const [ms = Number.NaN, mb = Number.NaN] = stdout.split(' ').map(Number);
      peaks.push(mb);
      return ms;
    };
  const ruby = rubyHere();
  const peer =
    ruby === undefined
      ? { name: 'with its JIT', argv: [process.execPath, probe] }
      : { name: 'ruby -ryaml', argv: [ruby, '-ryaml', '-e', rubyProbe] };
  const [ours = [], others = []] = await interleave(
    [
      contender([process.execPath, ...flags, probe], memory[0]),
      contender(peer.argv, memory[1]),
    ],
    { rounds, warmUps: 0 },
  );
  const what = `report of ${String(megabytes)} MB`;
  const size = statSync(file).size / 1e6;
  const each = (samples: readonly number[]): number[] =>
    samples.map((ms) => ms / size);
  return [
    compare({ name: `${what}, CPU`, unit: 'ms' }, ours, {
      name: peer.name,
      samples: others,
    }),
    compare(
      { name: `${what}, each MB (50 is 20 MB/s)`, unit: 'ms', goal: speedGoal },
      each(ours),
      { name: peer.name, samples: each(others) },
    ),
    compare(
      { name: `${what}, peak over idle`, unit: 'MB', goal: memoryGoal },
      memory[0],
      { name: peer.name, samples: memory[1] },
    ),
  ];
}

function rubyHere(): string | undefined {
  try {
    accessSync('/usr/bin/ruby');
    return '/usr/bin/ruby';
  } catch {
    return undefined;
  }
}
