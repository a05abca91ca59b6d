import type { Timing } from '../ports.ts';
import type { CommandSpec, Given } from './options.ts';

/** What a command gets of the world; `main.ts` fills it from the process. */
export interface Shell extends Timing {
  env: Readonly<Record<string, string | undefined>>;
  /** one line to stdout, the result */
  say(line: string): void;
  /** one line to stderr */
  warn(line: string): void;
  readStdin(): Promise<string>;
  /** the same, piece by piece, until `signal` aborts */
  stdin(): AsyncIterable<Uint8Array>;
  stdoutIsTty: boolean;
  /** one line to the terminal, in place of the last one; absent: stderr is no terminal */
  progress?: (text: string) => void;
  /** aborts at SIGINT and SIGTERM */
  signal: AbortSignal;
  user: { isRoot: boolean; uid: number; home: string; hostname: string };
  /** Calls back at SIGHUP, from now until the function that it returns is called. */
  onHangup(reload: () => void): () => void;
  pid: number;
  /** how to start this very program once more */
  self: { command: string; args: readonly string[] };
}

export interface Command {
  spec: CommandSpec;
  /** @returns the exit code @throws {Fault | Faults} what the person did wrong or must mend */
  run(given: Given, shell: Shell): Promise<number>;
}

/** The option that every command with a configuration has. */
export const configOption = {
  config: {
    type: 'string',
    value: 'FILE',
    about:
      'the configuration; default: $KICKER_CONFIG, or /etc/kicker/kicker.yaml',
    group: 'Where from',
  },
} as const;

export const jsonOption = {
  json: {
    type: 'boolean',
    about: 'one JSON object a line, stable names',
    group: 'Output',
  },
} as const;
