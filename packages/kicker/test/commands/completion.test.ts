import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeFileSync } from 'node:fs';
import { execa } from 'execa';
import t from 'tap';
import { complete } from '../../src/commands/complete.ts';
import { runKicker } from '../run-kicker.ts';

const hosts = ['web1', 'web2', 'db:1'];
const asked: (string | undefined)[] = [];
async function words(...typed: string[]): Promise<string[]> {
  const found = await complete(typed, async (config) => {
    asked.push(config);
    return hosts;
  });
  return found.map(({ word }) => word);
}

const rows: [string[], string[]][] = [
  [['ki'], ['kick']],
  [['h', ''], []],
  [['hi'], ['history']],
  [['--'], ['--help', '--version']],
  [['kick', ''], hosts],
  [
    ['kick', 'we'],
    ['web1', 'web2'],
  ],
  [['kick', 'web1', 'db'], ['db:1']],
  [
    ['ping', 'we'],
    ['web1', 'web2'],
  ],
  [
    ['runs', 'we'],
    ['web1', 'web2'],
  ],
  [
    ['check', 'we'],
    ['web1', 'web2'],
  ],
  [
    ['doctor', 'we'],
    ['web1', 'web2'],
  ],
  [
    ['why', 'we'],
    ['web1', 'web2'],
  ],
  [
    ['kick', '--host', 'we'],
    ['web1', 'web2'],
  ],
  [
    ['kick', '--host=we'],
    ['--host=web1', '--host=web2'],
  ],
  // bash
  [
    ['kick', '--host', '=', 'we'],
    ['web1', 'web2'],
  ],
  [['kick', '--host', '='], hosts],
  [
    ['explain', '--host', 'we'],
    ['web1', 'web2'],
  ],
  [
    ['history', '--host', 'we'],
    ['web1', 'web2'],
  ],
  [['explain', '--state', 'W'], ['WARNING']],
  [
    ['explain', '--state-type', ''],
    ['SOFT', 'HARD'],
  ],
  [['history', '--kind', 'de'], ['decision']],
  [['history', '--kind', 'al'], ['all']],
  [['kick', '--no'], ['--noop']],
  [['kick', '--noop', 'web1'], ['web1']],
  [['kick', '--noop', '--no'], []],
  [['kick', '--tag', 'x', '--ta'], ['--tag']],
  // what puppet kick had is understood, not offered
  [['kick', '--al'], []],
  [
    ['runs', '--'],
    ['--json', '--config', '--help'],
  ],
  // files: the shell's part
  [['kick', '--file', ''], []],
  [['backtest', ''], []],
  [['explain', ''], []],
  [['kick', '--', '--h'], []],
  [
    ['kick', '--', 'we'],
    ['web1', 'web2'],
  ],
  [['bogus', ''], []],
  [['constructor', ''], []],
];
for (const [typed, expected] of rows) {
  t.test(`kicker ${typed.join(' ')}<Tab>`, async (t) => {
    t.strictSame(await words(...typed), expected);
  });
}

t.test('the configuration that was typed names the hosts', async (t) => {
  asked.length = 0;
  await words('kick', '');
  await words('kick', '--config', 'a.yaml', '');
  await words('kick', '--config=b.yaml', 'we');
  await words('kick', '--config', '=', 'c.yaml', 'we');
  t.strictSame(asked, [undefined, 'a.yaml', 'b.yaml', 'c.yaml']);
});

t.test('each shell gets its own form', async (t) => {
  const file = join(t.testdir(), 'kicker.yaml');
  writeFileSync(file, 'hosts: {web1: {}, "db:1": {}}');
  const ask = async (SHELL: string, ...typed: string[]) =>
    (
      await runKicker(['--get-yargs-completions', 'kicker', ...typed], {
        SHELL,
        KICKER_CONFIG: file,
      })
    ).stdout;
  t.equal(await ask('/bin/bash', 'kick', ''), 'web1\ndb:1\n');
  t.equal(await ask('/bin/zsh', 'kick', ''), 'web1:host\ndb\\:1:host\n');
  t.equal(await ask('fish', 'kick', ''), 'web1\thost\ndb:1\thost\n');
  t.equal(await ask('/bin/zsh', 'explain', '--state-type', ''), 'SOFT\nHARD\n');
});

t.test('a configuration that is wrong spoils no line', async (t) => {
  const file = join(t.testdir(), 'kicker.yaml');
  writeFileSync(file, 'prt: 1');
  t.match(
    await runKicker(['--get-yargs-completions', 'kicker', 'kick', ''], {
      KICKER_CONFIG: file,
    }),
    { code: 0, stdout: '', stderr: '' },
  );
});

t.test('the scripts', async (t) => {
  const scripts = {
    bash: /complete -o bashdefault -o default -F _kicker_yargs_completions kicker\n/,
    zsh: /^#compdef kicker\n/,
    fish: /^complete -c kicker -f -a '\(__kicker_complete\)'$/m,
  };
  for (const [shell, pattern] of Object.entries(scripts)) {
    const { stdout, stderr, code } = await runKicker(['completion'], {
      SHELL: `/bin/${shell}`,
    });
    t.match(stdout, pattern);
    t.match({ stderr, code }, { stderr: '', code: 0 });
    if (shell !== 'fish') t.match(stdout, `SHELL=${shell} kicker --get-yargs`);
  }
});

t.test('bash completes with it', async (t) => {
  const file = join(t.testdir(), 'kicker.yaml');
  writeFileSync(file, 'hosts: {web1: {}, web2: {}, db1: {}}');
  const bin = fileURLToPath(new URL('../../bin/kicker', import.meta.url));
  const press = async (...typed: string[]) => {
    const { stdout } = await execa(
      'bash',
      [
        '--norc',
        '-c',
        'source <(SHELL=bash kicker completion); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _kicker_yargs_completions; printf "%s\\n" "${COMPREPLY[@]}"',
        'bash',
        ...typed,
      ],
      {
        env: {
          PATH: [dirname(bin), '/usr/bin', '/bin'].join(delimiter),
          SHELL: '/bin/zsh',
          KICKER_CONFIG: file,
        },
        extendEnv: false,
      },
    );
    return stdout.split('\n').filter((line) => line !== '');
  };
  t.strictSame(await press('kicker', 'kick', 'we'), ['web1', 'web2']);
  t.strictSame(await press('kicker', 'sto'), ['stop']);
  t.strictSame(await press('kicker', 'kick', '--host', '=', 'd'), ['db1']);
});
