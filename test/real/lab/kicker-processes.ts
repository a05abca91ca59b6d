/** `kicker serve` and `kicker receive` of this checkout by one kicker.yaml, and what the ledger has of one service. */
import { readFileSync } from 'node:fs';
import { plainEnvironment, runCommand } from './command.ts';
import { checkout } from './places.ts';
import { startProcess, type LabProcess } from './processes.ts';
import { waitFor } from './wait.ts';

/** One entry of the ledger, as `kicker history --json` has it. */
export interface Entry {
  at: string;
  kind: string;
  kick?: string;
  body: Record<string, unknown>;
}

export interface KickerProcesses {
  /** the command line of any command, for `runCommand` */
  command(...args: string[]): [string, ...string[]];
  startServe(): Promise<LabProcess>;
  startReceive(): Promise<LabProcess>;
  /** Starts both. @returns what kills the one that serves, and starts it again */
  startBoth(): Promise<{ kill(): Promise<void>; start(): Promise<void> }>;
  /** everything in the ledger about the service, oldest first */
  history(): Promise<Entry[]>;
  /** Waits until what the ledger has of the service fits; each look is a process. */
  waitHistory<Found>(
    what: string,
    probe: (entries: Entry[]) => Found | undefined,
    timeoutMs: number,
  ): Promise<Found>;
}

/**
 * @param name of the processes in the lab
 * @param started each is added when it starts, for whoever stops them
 */
export function createKicker(
  name: string,
  config: string,
  { host, service }: { host: string; service: string },
  started: LabProcess[] = [],
): KickerProcesses {
  const command: KickerProcesses['command'] = (...args) => [
    `${checkout}/packages/kicker/bin/kicker`,
    ...args,
    '--config',
    config,
  ];
  let serveLog = (): string => '';
  const start = async (
    what: 'serve' | 'receive',
    words: string,
  ): Promise<LabProcess> => {
    const process = startProcess(`${name}-${what}`, command(what), {
      env: plainEnvironment,
    });
    started.push(process);
    const log = (): string => readFileSync(process.log, 'utf8');
    if (what === 'serve') serveLog = log;
    await waitFor(
      words,
      () => {
        if (!process.isRunning()) throw new Error(`it ended:\n${log()}`);
        return log().includes(words) || undefined;
      },
      { timeoutMs: 30_000, watch: [process.log], explain: log },
    );
    return process;
  };
  const history = async (): Promise<Entry[]> => {
    const [program, ...args] = command('history');
    const { output } = await runCommand(program, [
      ...args,
      ...[`--host=${host}`, `--service=${service}`],
      ...['--kind=all', '--limit=1000', '--json'],
    ]);
    return output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Entry)
      .toReversed();
  };
  const startServe = () => start('serve', '"event":"serving"');
  const startReceive = () => start('receive', '"event":"receiving"');
  return {
    command,
    startServe,
    startReceive,
    startBoth: async () => {
      let serve = await startServe();
      await startReceive();
      return {
        kill: () => serve.stop({ signal: 'SIGKILL' }),
        start: async () => {
          serve = await startServe();
        },
      };
    },
    history,
    waitHistory: (what, probe, timeoutMs) => {
      let askedMs = Number.NEGATIVE_INFINITY;
      return waitFor(
        what,
        async () => {
          if (performance.now() - askedMs < 500) return undefined;
          const found = probe(await history());
          askedMs = performance.now();
          return found;
        },
        { timeoutMs, explain: () => serveLog().slice(-4000) },
      );
    },
  };
}

/** Whether kicker has told the monitor to hold the page. */
export function isHeld({ kind, body }: Pick<Entry, 'kind' | 'body'>): boolean {
  return (
    kind === 'action' &&
    body['result'] === 'done' &&
    JSON.stringify(body).includes('"kind":"hold"')
  );
}

/** One line an entry, with the seconds since `fromMs`. */
export function timelineOf(
  entries: readonly Entry[],
  fromMs: number,
): string[] {
  return entries.map(({ at, kind, body }) => {
    const seconds = ((Date.parse(at) - fromMs) / 1000).toFixed(2);
    const what = body['kind'] ?? body['state'] ?? body['verdict'] ?? '';
    return `${seconds} s ${kind} ${String(what)} ${String(body['code'] ?? body['by'] ?? '')}`;
  });
}
