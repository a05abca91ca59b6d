import { catalogue } from '../../packages/kicker/src/commands/catalogue.ts';

/** What bash completes after `kicker`: the names of commands, then the options of the one that was typed. */
export async function kickerCompletion(): Promise<string> {
  const shown = Object.entries(catalogue);
  const firstWords = new Set(shown.map(([name]) => name.split(' ')[0]));
  const options = await Promise.all(
    shown.map(async ([name, { load }]) => {
      const { spec } = await load();
      const words = Object.entries(spec.options)
        .filter(([, option]) => option.isHidden !== true)
        .map(([option]) => `--${option}`);
      return [name, [...words, '--help'].join(' ')] as const;
    }),
  );
  return completionText('kicker', [...firstWords].join(' '), options);
}

/** kickd's commands are few, and mostly typed by systemd. */
export function kickdCompletion(): string {
  return completionText(
    'kickd',
    'foreground serve check acl audit --help --version',
    [
      ['foreground', '--config --help'],
      ['serve', '--config --help'],
      ['check', '--config --help'],
      ['acl', 'explain'],
      ['audit', 'verify'],
    ],
  );
}

function completionText(
  program: string,
  commands: string,
  options: readonly (readonly [name: string, words: string])[],
): string {
  const cases = options
    .map(([name, words]) => `    '${name}'*) words='${words}' ;;\n`)
    .toSorted()
    // the longer of two names that begin alike comes first
    .toReversed()
    .join('');
  return `# bash completion of ${program}
_${program}() {
  local words='${commands}' typed="\${COMP_WORDS[*]:1:COMP_CWORD-1}"
  case "$typed" in
${cases}  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}")
}
complete -o default -F _${program} ${program}
`;
}
