import type { Timing } from '../ports.ts';
import type { CommandSpec, Given } from './options.ts';
import { jsonView, type View } from './views/view.ts';

/** What a command gets of the world; `main.ts` fills it from the process. */
export interface Shell extends Timing {
  env: Readonly<Record<string, string | undefined>>;
  /** one line to stdout, the result */
  say(line: string): void;
  /** resolves once whoever reads stdout has taken what was said; undefined: there is room */
  drained(): Promise<void> | undefined;
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
  version(): Promise<string>;
  /** how to start this very program once more */
  self: { command: string; args: readonly string[] };
}

export interface Command {
  spec: CommandSpec;
  /** Runs to the end. @returns the exit code @throws {Fault | Faults} what the person did wrong or must fix */
  execute(given: Given, shell: Shell): Promise<number>;
}

/** The records that a command finds, each as soon as it is known, and the exit code in the end. */
export type Found<Record> = AsyncGenerator<Record, number, void>;

/** A command that finds something, and the view that prints it for a person; with --json the records are printed. */
interface FindingCommand<Record extends object> {
  spec: CommandSpec;
  /** @throws {Fault | Faults} what the person did wrong or must fix */
  run(given: Given, shell: Shell): Found<Record>;
  view: View<Record>;
}

export function createCommand<Record extends object>(
  parts: FindingCommand<Record>,
): Command & FindingCommand<Record> {
  return {
    ...parts,
    async execute(given, shell) {
      const found = parts.run(given, shell);
      const printer =
        given.flag('json') === true
          ? jsonView<Record>(shell)
          : parts.view(shell, given);
      for (;;) {
        const { done, value } = await found.next();
        if (done === true) {
          printer.end?.();
          return value;
        }
        printer.print(value);
      }
    },
  };
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
    about: 'print one JSON object a line; its names stay',
    group: 'Output',
  },
} as const;
