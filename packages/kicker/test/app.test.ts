import t from 'tap';
import { runApp } from '../src/app.ts';
import { catalogue } from '../src/commands/catalogue.ts';
import type { Shell } from '../src/commands/command.ts';

/** What is typed, the exit code, stdout and stderr. */
async function type(...args: string[]) {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const shell: Shell = {
    env: {},
    say: (line) => void stdout.push(...line.split('\n')),
    drained: () => undefined,
    warn: (line) => void stderr.push(line),
    readStdin: () => Promise.resolve(''),
    async *stdin() {},
    stdoutIsTty: false,
    signal: new AbortController().signal,
    clock: {
      now: () => new Date(0),
      monotonicMs: () => 0,
      moment: () => ({ wallMs: 0, monotonicMs: 0, boot: 'test' }),
    },
    random: () => 0,
    pause: () => Promise.resolve(),
    user: { isRoot: false, uid: 0, home: '/none', hostname: 'monitor' },
    onHangup: () => () => {},
    pid: 1,
    version: () => Promise.resolve('1.2.3'),
    self: { command: '', args: [] },
  };
  const exit = await runApp(args, shell);
  return { exit, stdout, stderr };
}

t.test('the version', async (t) => {
  for (const word of ['--version', '-V']) {
    t.strictSame(await type(word), {
      exit: 0,
      stdout: ['kicker 1.2.3'],
      stderr: [],
    });
  }
});

t.test('help: one line a command', async (t) => {
  for (const word of ['--help', '-h', 'help']) {
    const { exit, stdout } = await type(word);
    t.equal(exit, 0);
    for (const [name, { about }] of Object.entries(catalogue)) {
      t.ok(stdout.includes(`  ${`kicker ${name}`.padEnd(17)}  ${about}`), name);
    }
  }
});

t.test('help of a command: no example is broken in two', async (t) => {
  for (const [name, entry] of Object.entries(catalogue)) {
    const { spec } = await entry.load();
    t.equal(spec.name, name);
    for (const args of [['--help'], ['-h'], ['--bogus', '--help']]) {
      const { exit, stdout, stderr } = await type(name, ...args);
      t.match({ exit, stderr }, { exit: 0, stderr: [] });
      t.ok(stdout[0]?.startsWith(`kicker ${name} [OPTION…]`), name);
      for (const [example, about] of spec.examples) {
        const at = stdout.indexOf(`  ${example}`);
        t.ok(at > 0, example);
        t.equal(stdout[at + 1], `      ${about}`);
      }
    }
  }
});

const mistakes: [string[], string][] = [
  [[], 'kicker: USAGE_COMMAND: no command was given'],
  [
    ['kik', 'web1'],
    'kicker: USAGE_COMMAND: there is no command kik; did you mean kick?',
  ],
  [['constructor'], 'kicker: USAGE_COMMAND: there is no command constructor'],
  // yargs alone would take `kick` for the value of --noop, and stop
  [
    ['--noop', 'kick', 'stop'],
    'kicker: USAGE_COMMAND: there is no command --noop',
  ],
  [['event', 'nagios'], 'kicker: USAGE_COMMAND: there is no command event'],
  [
    ['kick', '--tags', 'x'],
    'kicker: USAGE_OPTION: kicker kick has no option --tags; did you mean --tag?',
  ],
  [['history', 'x'], 'kicker: USAGE: unexpected argument x'],
];
for (const [args, first] of mistakes) {
  t.test(`kicker ${args.join(' ')}`, async (t) => {
    const { exit, stdout, stderr } = await type(...args);
    t.match({ exit, stdout }, { exit: 2, stdout: [] });
    t.equal(stderr[0], first);
    t.match(stderr[1], /^ {2}remedy: /);
    t.equal(stderr.length, 2);
  });
}
