import type { Clock } from '../ports.ts';
import type { CommandSpec, Given } from './options.ts';

/** What a command gets of the world; `main.ts` fills it from the process. */
export interface Shell {
  env: Readonly<Record<string, string | undefined>>;
  /** one line to stdout, the result */
  say(line: string): void;
  /** one line to stderr */
  warn(line: string): void;
  readStdin(): Promise<string>;
  stdoutIsTty: boolean;
  /** aborts at SIGINT and SIGTERM */
  signal: AbortSignal;
  clock: Clock;
  random(): number;
  /** resolves after `ms`, or at once when `signal` aborts; never rejects */
  pause(ms: number, signal: AbortSignal): Promise<void>;
  user: { isRoot: boolean; home: string; hostname: string };
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
