import yargs from 'yargs';
import { loadConfig } from '../io/load-config.ts';
import { complete, type Completion } from './complete.ts';
import type { Command, Shell } from './command.ts';

/** Prints what a shell loads so that it completes `kicker`; each Tab then asks `kicker --get-yargs-completions`. */
export const command: Command = {
  spec: {
    name: 'completion',
    operands: '',
    about:
      'print the completion script for the shell in $SHELL: bash, zsh or fish',
    takesOperands: false,
    options: {},
    examples: [
      ['source <(kicker completion)', 'bash and zsh, for this session'],
      ['SHELL=fish kicker completion | source', 'fish'],
    ],
  },
  async execute(_given, shell) {
    const name = shellOf(shell.env);
    shell.say(
      name === 'fish'
        ? fishScript('kicker')
        : pinShell(await scriptOfYargs(), 'kicker', name).trim(),
    );
    return 0;
  },
};

/**
 * What `kicker --get-yargs-completions kicker WORD…` prints, a line each, in the form that the script of the shell wants.
 * yargs itself would need the options of every command at once; ours are loaded when a command is typed.
 */
export async function printCompletions(
  [, ...typed]: readonly string[],
  shell: Pick<Shell, 'env' | 'say'>,
): Promise<void> {
  const found = await complete(typed, async (config) => {
    try {
      const { hosts } = await loadConfig(config, shell.env);
      return Object.keys(hosts);
    } catch {
      // Nobody reads an error in the middle of a line; the command will report it.
      return [];
    }
  });
  const name = shellOf(shell.env);
  for (const completion of found) shell.say(lineOf(completion, name));
}

type ShellName = 'bash' | 'zsh' | 'fish';

function shellOf(env: Shell['env']): ShellName {
  const name = env['SHELL'] ?? '';
  if (name.includes('fish')) return 'fish';
  return name.includes('zsh') || env['ZSH_NAME'] !== undefined ? 'zsh' : 'bash';
}

function lineOf({ word, about }: Completion, shell: ShellName): string {
  switch (shell) {
    case 'bash':
      return word;
    case 'zsh':
      return `${word.replaceAll(':', '\\:')}${about === '' ? '' : `:${about}`}`;
    case 'fish':
      return about === '' ? word : `${word}\t${about}`;
  }
}

function scriptOfYargs(): Promise<string> {
  return new Promise((resolve) => {
    void yargs()
      .scriptName('kicker')
      .locale('en')
      .exitProcess(false)
      .completion('completion', false)
      .parse(['completion'], (_error: unknown, _argv: unknown, text: string) =>
        resolve(text),
      );
  });
}

/** Makes a script of yargs ask in the name of its shell: one may be started from another, which $SHELL goes on to name. */
export function pinShell(
  script: string,
  program: string,
  shell: 'bash' | 'zsh',
): string {
  return script.replaceAll(
    new RegExp(`(?<!SHELL=${shell} )${program} --get-yargs`, 'g'),
    `SHELL=${shell} $&`,
  );
}

/** yargs' own for fish completes no empty word and no file. */
export function fishScript(program: string): string {
  return `# fish completion of ${program}
function __${program}_complete
    set -lx SHELL fish
    set -l found (${program} --get-yargs-completions (commandline -opc) (commandline -ct))
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c ${program} -f -a '(__${program}_complete)'`;
}
