import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execaSync } from 'execa';
import t from 'tap';
import { completionFiles } from '../scripts/package/completion.ts';

const programs = { kickd: 'agent', kicker: 'kicker' };
for (const [program, folder] of Object.entries(programs)) {
  const bin = fileURLToPath(
    new URL(`../packages/${folder}/bin/${program}`, import.meta.url),
  );
  t.test(`${program}: what a package brings`, (t) => {
    const files = completionFiles(program, [bin]);
    t.match(files, [
      {
        path: `usr/share/bash-completion/completions/${program}`,
        text: `SHELL=bash ${program} --get-yargs-completions`,
      },
      {
        path: `usr/share/zsh/vendor-completions/_${program}`,
        text: new RegExp(
          `^#compdef ${program}\\n[^]*[^=]SHELL=zsh ${program} --get-yargs`,
        ),
      },
      {
        path: `usr/share/fish/vendor_completions.d/${program}.fish`,
        text: `complete -c ${program} -f`,
      },
    ]);
    for (const file of files) {
      t.notMatch(file, { text: /SHELL=\w+ SHELL=/ });
    }
    t.end();
  });

  t.test(`${program}: bash completes`, (t) => {
    const [file] = completionFiles(program, [bin]);
    const script = file !== undefined && 'text' in file ? file.text : '';
    const press = (...words: string[]): string[] =>
      execaSync(
        'bash',
        [
          '--norc',
          '-c',
          `${String(script)}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _${program}_yargs_completions; printf '%s\\n' "\${COMPREPLY[@]}"`,
          'bash',
          program,
          ...words,
        ],
        {
          env: {
            PATH: `${dirname(bin)}:/usr/bin:/bin`,
            // whoever starts bash from another shell
            SHELL: '/usr/bin/zsh',
          },
          extendEnv: false,
        },
      )
        .stdout.split('\n')
        .filter((line) => line !== '');
    t.strictSame(press('che'), ['check']);
    t.strictSame(press('check', '--js'), ['--json']);
    if (program === 'kickd') {
      t.strictSame(press('acl', ''), ['explain']);
      t.strictSame(press('acl', 'explain', '--certn'), ['--certname']);
    }
    t.end();
  });
}
