import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Shell } from '../../src/commands/command.ts';
import { parseCommandLine } from '../../src/commands/command-line.ts';
import { command } from '../../src/commands/kick.ts';
import { createParties, hostName, startFakeKickd } from '../fake-kickd.ts';

const dir = t.testdir();
const parties = createParties(dir);
const kickd = await startFakeKickd(parties.host);
t.teardown(() => kickd.close());
const config = join(dir, 'kicker.yaml');
writeFileSync(
  config,
  JSON.stringify({
    port: kickd.port,
    tls: parties.kicker,
    hosts: {
      web1: { certname: hostName, address: '127.0.0.1' },
      down: { certname: 'down', address: '127.0.0.1', port: 1 },
    },
    ledger: join(dir, 'ledger.sqlite'),
  }),
);

/** What stands on the terminal, in order: lines of stdout, and `> ` before the line of progress. */
async function kick(
  args: readonly string[],
  { isTerminal = true } = {},
): Promise<{ seen: string[]; exit: number }> {
  kickd.behave('ended');
  const seen: string[] = [];
  const never = new AbortController();
  const shell: Shell = {
    env: { KICKER_CONFIG: config },
    say: (line) => void seen.push(line),
    drained: () => undefined,
    warn: (line) => void seen.push(`! ${line}`),
    readStdin: () => Promise.resolve(''),
    async *stdin() {},
    stdoutIsTty: isTerminal,
    ...(isTerminal
      ? { progress: (text: string) => void seen.push(`> ${text}`) }
      : {}),
    signal: never.signal,
    // The time stands still: only what happens draws.
    clock: {
      now: () => new Date(),
      monotonicMs: () => 0,
      moment: () => ({
        wallMs: Date.now(),
        monotonicMs: 0,
        boot: 'test',
      }),
    },
    random: () => 0,
    pause: (_ms, signal) =>
      new Promise((resolve) =>
        signal.addEventListener('abort', () => resolve()),
      ),
    user: { isRoot: false, uid: 0, home: dir, hostname: 'monitor' },
    onHangup: () => () => {},
    pid: 1,
    version: () => Promise.resolve('1.2.3'),
    self: { command: '', args: [] },
  };
  const given = parseCommandLine(command.spec, args);
  if (given === 'help') throw new Error('help');
  const exit = await command.execute(given, shell);
  // what was aborted draws once more
  await Promise.resolve();
  return { seen, exit };
}

t.test('several hosts at a terminal', async (t) => {
  const { seen, exit } = await kick(['web1', 'down', '-p1']);
  t.equal(exit, 4);
  t.match(seen, [
    '> 0 of 2 done, 0 failed, 0 running',
    '> ',
    /^web1: corrected/,
    /^> 1 of 2 done, 0 failed, 1 running, longest: down 0 s$/,
    '> ',
    /^down: not sent/,
    / {2}remedy/,
    '> 2 of 2 done, 1 failed, 0 running',
    '> ',
  ]);
  t.equal(seen.length, 9);
});

const without: [string, string[], { isTerminal: boolean }][] = [
  ['no terminal', ['web1', 'down'], { isTerminal: false }],
  ['--json', ['web1', 'down', '--json'], { isTerminal: true }],
  ['one host', ['web1'], { isTerminal: true }],
  ['--test', ['web1', 'down', '--test'], { isTerminal: true }],
];
for (const [name, args, terminal] of without) {
  t.test(`no line of progress: ${name}`, async (t) => {
    const { seen } = await kick(args, terminal);
    t.ok(seen.length > 0);
    t.strictSame(
      seen.filter((line) => line.startsWith('> ')),
      [],
    );
  });
}
