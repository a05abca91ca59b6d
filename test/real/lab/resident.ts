/** `kicker serve` of this checkout, as user nagios, and what its own commands tell of the ledger. */
import { readFileSync } from 'node:fs';
import { plainEnvironment } from './command.ts';
import { kickerCommand, runKicker } from './kicker.ts';
import { startProcess } from './processes.ts';
import { waitFor } from './wait.ts';

/** One entry of the ledger, as `kicker history --json` tells it. */
interface LedgerLine {
  seq: number;
  at: string;
  kind: string;
  kick?: string;
  problem?: string;
  body: Record<string, unknown>;
}

export interface Resident {
  /** everything that the ledger holds of a service, oldest first */
  history(host: string, service: string): Promise<LedgerLine[]>;
  /** the decisions of a service after `seq`, oldest first */
  decisions(
    host: string,
    service: string,
    since?: number,
  ): Promise<LedgerLine[]>;
  waitEntry(
    host: string,
    service: string,
    what: string,
    fits: (line: LedgerLine) => boolean,
    timeoutMs?: number,
  ): Promise<LedgerLine>;
  /** the number of the last entry of a service so far; 0: none */
  last(host: string, service: string): Promise<number>;
  ask(...args: string[]): Promise<string>;
  log(): string;
  /** with -9 */
  kill(): Promise<void>;
  close(): Promise<void>;
}

export async function startResident(config: string): Promise<Resident> {
  const named = `--config=${config}`;
  const serving = startProcess('kicker', kickerCommand(['serve', named]), {
    env: plainEnvironment,
  });
  const log = (): string => readFileSync(serving.log, 'utf8');
  const ask = async (...args: string[]): Promise<string> => {
    const { exitCode, output } = await runKicker([...args, named]);
    if (exitCode !== 0) throw new Error(`kicker ${args.join(' ')}: ${output}`);
    return output;
  };
  const history: Resident['history'] = async (host, service) => {
    const where = [`--host=${host}`, `--service=${service}`];
    const all = ['--kind=all', '--limit=100000', '--json'];
    const said = await ask('history', ...where, ...all);
    return said
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as LedgerLine)
      .toReversed();
  };
  try {
    await waitFor(
      'kicker to serve',
      () => {
        if (!serving.isRunning()) throw new Error(`kicker ended:\n${log()}`);
        return log().includes('"event":"serving"') || undefined;
      },
      { timeoutMs: 30_000, watch: [serving.log], explain: log },
    );
  } catch (error) {
    await serving.stop();
    throw error;
  }
  return {
    history,
    decisions: async (host, service, since = 0) =>
      (await history(host, service)).filter(
        ({ kind, seq }) => kind === 'decision' && seq > since,
      ),
    waitEntry: (host, service, what, fits, timeoutMs = 60_000) => {
      let askedMs = 0;
      return waitFor(
        `kicker to write ${what} of ${host} / ${service}`,
        async () => {
          // Each look is a process.
          if (performance.now() - askedMs < 500) return undefined;
          const found = (await history(host, service)).findLast(fits);
          askedMs = performance.now();
          return found;
        },
        { timeoutMs, explain: log },
      );
    },
    last: async (host, service) =>
      (await history(host, service)).at(-1)?.seq ?? 0,
    ask,
    log,
    kill: () => serving.stop({ signal: 'SIGKILL' }),
    close: () => serving.stop({ graceMs: 25_000 }),
  };
}
