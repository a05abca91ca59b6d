import { command } from '../src/commands/backtest.ts';
import type { Shell } from '../src/commands/command.ts';
import { parseCommandLine } from '../src/commands/command-line.ts';
import { faultsOf } from '../src/faults.ts';

export interface Backtested {
  code: number;
  stdout: string;
  /** each fault as `CODE: message`, its remedy behind it */
  faults: { code: string; message: string; remedy: string }[];
  /** the objects of --json, by their kind */
  of(kind: string): Record<string, unknown>[];
}

/** `kicker backtest ARGS` within this process. */
export async function runBacktest(
  args: readonly string[],
  { stdin = [], config }: { stdin?: readonly Uint8Array[]; config: string },
): Promise<Backtested> {
  const said: string[] = [];
  const shell: Shell = {
    env: {},
    say: (line) => void said.push(line),
    drained: () => undefined,
    warn: () => {},
    readStdin: async () => '',
    async *stdin() {
      yield* stdin;
    },
    stdoutIsTty: false,
    signal: new AbortController().signal,
    clock: {
      now: () => new Date(0),
      monotonicMs: () => 0,
      moment: () => ({ wallMs: 0, boot: 'test', monotonicMs: 0 }),
    },
    random: () => 0,
    pause: async () => {},
    user: { isRoot: false, uid: 1, home: '/', hostname: 'test' },
    onHangup: () => () => {},
    pid: 1,
    version: () => Promise.resolve('1.2.3'),
    self: { command: 'kicker', args: [] },
  };
  let code = 0;
  let faults: Backtested['faults'] = [];
  try {
    const given = parseCommandLine(command.spec, [
      `--config=${config}`,
      ...args,
    ]);
    if (given === 'help') throw new Error('help');
    code = await command.execute(given, shell);
  } catch (error) {
    const found = faultsOf(error);
    code = Math.max(...found.map(({ exitCode }) => exitCode));
    faults = found.map(({ message, remedy, code: word }) => ({
      code: word,
      message,
      remedy,
    }));
  }
  return {
    code,
    stdout: said.map((line) => `${line}\n`).join(''),
    faults,
    of: (kind) =>
      said
        .filter((line) => line.startsWith('{'))
        .map((line): Record<string, unknown> => JSON.parse(line))
        .filter((one) => one['kind'] === kind),
  };
}
