import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execaSync } from 'execa';
import t from 'tap';
import { readIcingaArguments } from '../packages/kicker/src/monitors/icinga2/arguments.ts';
import { permissions } from '../packages/kicker/src/monitors/icinga2/requests.ts';

const deploy = fileURLToPath(new URL('../deploy', import.meta.url));
const read = (path: string): string =>
  readFileSync(`${deploy}/${path}`, 'utf8');

/** What listens and what starts runs: two processes, their sockets, a watch on the certificate, and a daily start. */
const units = globSync('kickd{.,-runner,-credentials}*', {
  cwd: `${deploy}/systemd`,
}).filter((name) => /\.(service|socket|path|timer)$/.test(name));

t.test('the Puppet module carries the same files as deploy/', (t) => {
  // Copies: a link would not survive `puppet module build`.
  for (const path of [
    'nagios/handle_puppetrun',
    'nagios/kickd-commands.cfg',
    'nagios/kickd-templates.cfg',
    'systemd/kicker.service',
    ...units.map((unit) => `systemd/${unit}`),
  ]) {
    const name = path.replace(/.*\//, '');
    t.equal(
      read(`puppet/modules/kickd/files/${name}`),
      read(path),
      `cp deploy/${path} deploy/puppet/modules/kickd/files/`,
    );
  }
  t.end();
});

t.test('shell scripts parse', (t) => {
  const scripts = [
    'nagios/handle_puppetrun',
    ...globSync('compose/*.sh', { cwd: deploy }),
  ];
  for (const script of scripts) {
    const { exitCode, stderr } = execaSync(
      'sh',
      ['-n', `${deploy}/${script}`],
      { reject: false },
    );
    t.equal(exitCode, 0, `${script} ${stderr}`);
  }
  t.end();
});

t.test('Nagios objects', (t) => {
  const files = globSync('{nagios,compose}/*.cfg', { cwd: deploy });
  t.ok(files.length >= 4);
  for (const file of files) {
    const text = read(file).replaceAll(/^\s*#.*$/gm, '');
    // Nagios takes the brace for a part of the value when it does not stand alone.
    t.notMatch(
      text,
      /\S.*\}\s*$/m,
      `${file}: closing braces on lines of their own`,
    );
    t.notMatch(
      text,
      /\$(LONG)?(SERVICE|HOST)(OUTPUT|PERFDATA)\$/,
      `${file}: no plugin output`,
    );
  }
  const command = /command_line\s+(.*)/.exec(
    read('nagios/kickd-commands.cfg'),
  )?.[1];
  for (const word of command?.split(' ').slice(1) ?? [])
    t.match(word, /^--[a-z-]+='\$[A-Z]+\$'$/, 'a macro in quotes, in one word');
  t.end();
});

t.test(
  'Icinga 2: the command says what kicker reads, the user may what kicker uses',
  (t) => {
    const withoutComments = (path: string): string =>
      read(path).replaceAll(/\/\*[^]*?\*\//g, '');
    const command = withoutComments('icinga2/kicker-command.conf');
    const given = [...command.matchAll(/(?:key = )?"(--[a-z-]+)"(?: = "|\n)/g)]
      .map(([, option = '']) => option)
      .concat('--host-group');
    const found = readIcingaArguments(given.flatMap((option) => [option, 'x']));
    t.equal(found.kind, 'options');
    // All that it knows, and the label of a second variable.
    t.equal(new Set(given).size, 19);
    t.notMatch(command, /output|perfdata/, 'no plugin output');
    const user = withoutComments('icinga2/kicker-user.conf');
    const [, list = ''] = /permissions = \[([^\]]*)\]/.exec(user) ?? [];
    t.same(
      [...list.matchAll(/"([^"]+)"/g)].map(([, one]) => one),
      permissions,
    );
    t.end();
  },
);

const analyze = (...args: string[]) =>
  execaSync('systemd-analyze', args, {
    cwd: `${deploy}/systemd`,
    reject: false,
  });
const noAnalyze =
  analyze('--version').exitCode === 0
    ? false
    : 'needs systemd-analyze; run: apt-get install --no-install-recommends systemd';
if (noAnalyze !== false) process.stderr.write(`SKIPPED: ${noAnalyze}\n`);

t.test('what a unit could be used for', { skip: noAnalyze }, (t) => {
  // tenths: systemd's own parsers of the network have 2.3 and more
  const most: [string, number][] = [
    ['kickd.service', 0.3],
    ['kickd-runner.service', 1],
  ];
  for (const [unit, threshold] of most) {
    const { stdout } = analyze('security', '--offline=true', `./${unit}`);
    const level = /Overall exposure level for \S+: (\d+\.\d+)/.exec(
      stdout,
    )?.[1];
    t.ok(Number(level) <= threshold, `${unit}: ${String(level)}\n${stdout}`);
  }
  t.end();
});

t.test('systemd reads the units without a word', { skip: noAnalyze }, (t) => {
  t.equal(units.length, 7);
  const { stderr } = analyze('verify', ...units.map((unit) => `./${unit}`));
  const words = stderr
    .split('\n')
    // the programs are not installed here
    .filter((line) => !/^$|is not executable/.test(line));
  t.same(words, []);
  t.end();
});
