import { execaSync } from 'execa';
import {
  fishScript,
  pinShell,
} from '../../packages/kicker/src/commands/completion.ts';
import type { Content } from './stage.ts';

/**
 * The files by which bash, zsh and fish complete a program, each where the shell looks for those of packages.
 * @param start how to start the program: it prints the scripts itself
 * @see bash-completion(7), zsh-common's /usr/share/doc/zsh-common/README.Debian, fish's completions.html "Where to put"
 */
export function completionFiles(
  program: string,
  [command, ...args]: readonly [string, ...string[]],
): Content[] {
  const scriptOf = (shell: 'bash' | 'zsh'): string => {
    const { stdout } = execaSync(command, [...args, 'completion'], {
      env: { PATH: '/usr/bin:/bin', SHELL: shell },
      extendEnv: false,
      stripFinalNewline: false,
    });
    return pinShell(stdout, program, shell);
  };
  return [
    {
      path: `usr/share/bash-completion/completions/${program}`,
      text: scriptOf('bash'),
    },
    {
      path: `usr/share/zsh/vendor-completions/_${program}`,
      text: scriptOf('zsh'),
    },
    {
      path: `usr/share/fish/vendor_completions.d/${program}.fish`,
      text: `${fishScript(program)}\n`,
    },
  ];
}
