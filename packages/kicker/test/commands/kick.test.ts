import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openLedger } from '../../src/io/sqlite-ledger.ts';
import {
  correctedRun,
  createParties,
  hostName,
  runId,
  startFakeKickd,
  type Behaviour,
} from '../fake-kickd.ts';
import { runKicker } from '../run-kicker.ts';

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
      wrong: { certname: 'web2.example.com', address: '127.0.0.1' },
      down: {
        certname: hostName.replace('1', '3'),
        address: '127.0.0.1',
        port: 1,
      },
    },
    timeouts: { requestSeconds: 1 },
    ledger: join(dir, 'ledger.sqlite'),
  }),
);
const env = { KICKER_CONFIG: config };
const kick = (...args: string[]) => runKicker(['kick', ...args], env);

const outcome = (kind: string, more: object = {}): Behaviour => ({
  run: {
    state: 'ended',
    durationMs: 1500,
    outcome: { ...correctedRun.outcome, kind, ...more } as NonNullable<
      typeof correctedRun.outcome
    >,
  },
});

// What the host does with POST and then GET, the exit code, and what is said.
const rows: [string, Behaviour[], string[], number, RegExp][] = [
  [
    'waits for the outcome',
    ['accept', 'ended'],
    [],
    0,
    /^web1: corrected Service\[apache2\] \(stopped -> running\) in 4\.2 s, run [0-9a-f-]{36}\n$/,
  ],
  [
    'does not wait',
    ['accept'],
    ['--no-wait'],
    0,
    /^web1: accepted, run .* is running\n$/,
  ],
  [
    'unchanged',
    [outcome('unchanged', { corrected: [] })],
    [],
    0,
    /^web1: unchanged in 1\.5 s/,
  ],
  [
    'partly',
    [outcome('partly', { failed: ['File[/x]'] })],
    [],
    1,
    /^web1: partly .* failed: File\[\/x\]/,
  ],
  ['failed', [outcome('failed', { corrected: [] })], [], 1, /^web1: failed/],
  ['timed out', [outcome('timed-out')], [], 1, /^web1: timed-out/],
  ['lost', [outcome('lost', { reason: 'rebooted' })], [], 1, /rebooted/],
  [
    'disabled',
    [
      outcome('refused', {
        corrected: [],
        code: 'disabled',
        reason: 'by \u001b[1mada',
      }),
    ],
    [],
    3,
    /^web1: refused \(disabled\) by \\u\{1b\}\[1mada/,
  ],
  [
    'refused by the ACL',
    [{ status: 403, code: 'ACL_DENIED', title: 'denied', remedy: 'ask' }],
    [],
    3,
    /^web1: refused: ACL_DENIED: denied\n {2}remedy: ask\n$/,
  ],
  [
    'the outcome is not known in time',
    ['accept', 'accept'],
    ['--timeout', '1'],
    5,
    /^web1: accepted, outcome not known, run .*: WAIT_OVER/,
  ],
  ['the reply is lost once', ['reset', 'ended'], [], 0, /^web1: corrected/],
  ['the wait is cut', ['accept', 'reset', 'ended'], [], 0, /^web1: corrected/],
];
for (const [name, behaviours, args, code, pattern] of rows) {
  void t.test(name, async (t) => {
    kickd.behave(...behaviours);
    const ended = await kick('web1', ...args);
    t.match(ended, { code, stdout: pattern, stderr: '' });
  });
}

void t.test('the host is another, or down', async (t) => {
  t.match(await kick('wrong'), {
    code: 3,
    stdout: /^wrong: refused: SERVER_NAME_MISMATCH: .*\n {2}remedy: .*\n$/,
  });
  t.match(await kick('down'), {
    code: 4,
    stdout: /^down: not sent: CONNECT_REFUSED: .*\n {2}remedy: .*\n$/,
  });
  kickd.behave('ended');
  const ended = await kick('web1', 'down', 'wrong', '--parallel', '2');
  t.equal(ended.code, 4, 'the highest');
  t.match(ended.stdout, /^web1: corrected/m);
});

void t.test('--json: one object a host, in plain ASCII', async (t) => {
  kickd.behave(
    outcome('failed', { reason: 'caf\u00e9 \u2028', corrected: [] }),
  );
  const ended = await kick('web1', 'down', '--json', '-p1');
  const [first = '', second = '', end] = ended.stdout.split('\n');
  t.equal(end, '');
  // oxlint-disable-next-line no-control-regex
  t.match(first, /^[\u0020-\u007e]+$/);
  t.match(JSON.parse(first), {
    version: 1,
    host: 'web1',
    certname: hostName,
    result: 'failed',
    exit: 1,
    run: runId,
    durationMs: 1500,
    outcome: { reason: 'caf\u00e9 \u2028' },
  });
  t.match(JSON.parse(second), {
    result: 'not-sent',
    exit: 4,
    error: { code: 'CONNECT_REFUSED', remedy: /./ },
  });
});

void t.test(
  'what is asked for stands in the request, and in the ledger',
  async (t) => {
    kickd.behave('ended');
    const asked =
      'web1 -t apache --tag web --noop -f --environment test --cm puppet-agent --timeout 60';
    await kick(...asked.split(' '));
    const sent = kickd.seen.at(-1)?.kick;
    t.match(sent, {
      certname: hostName,
      tags: ['apache', 'web'],
      noop: true,
      environment: 'test',
      cm: 'puppet-agent',
      expires: /Z$/,
    });
    const clock = { now: () => new Date(), monotonicMs: () => 0 };
    const ledger = openLedger(join(dir, 'ledger.sqlite'), clock);
    t.teardown(() => ledger.close());
    t.strictSame(
      ledger
        .entriesOf({ kick: sent?.kick ?? '' })
        .map(({ entry }) => entry.kind),
      ['decision', 'kick', 'reply', 'outcome'],
    );
  },
);

void t.test('--ping kicks only who answers; --test kicks nobody', async (t) => {
  const before = kickd.seen.length;
  t.match(await kick('down', '--ping'), { code: 4 });
  t.match(await kick('web1', 'down', '--test'), {
    code: 0,
    stdout: /^web1: would be kicked: .*\ndown: would be kicked: .*\n$/,
  });
  t.equal(kickd.seen.length, before);
  kickd.behave({ status: 403, code: 'ACL_DENIED' }, 'ended');
  t.match(await kick('web1', '-P'), { code: 0, stdout: /corrected/ });
});

void t.test('hosts from a file', async (t) => {
  const list = join(dir, 'hosts');
  writeFileSync(list, '# all of them\nweb1  # the first\n\nweb1\n');
  t.match(await kick('--file', list, '--test'), {
    code: 0,
    stdout: /^web1: [^\n]*\n$/,
  });
  writeFileSync(list, '# nobody\n');
  t.match(await kick('--file', list), { code: 2, stderr: /NO_HOSTS/ });
  t.match(await kick('--file', '/none'), { code: 2, stderr: /HOST_LIST/ });
});

const mistakes: [string[], RegExp][] = [
  [[], /NO_HOSTS/],
  [[''], /HOST_EMPTY/],
  [['web*'], /HOST_WILDCARD/],
  [['web1', '--parallel', '0'], /--parallel is "0"/],
  [['web1', '-p', 'many'], /--parallel is "many"/],
  [['web1', '--tag', 'a,b'], /--tag is "a,b"; expected: one tag/],
  [['web1', '--environment', 'a/b'], /--environment/],
  [['web1', '--tags', 'a'], /no option --tags; did you mean --tag\?/],
  [['web1', '--all'], /USAGE_ALL/],
  [['web1', '--class', 'x'], /USAGE_CLASS/],
  [['web1', '--ignoreschedules'], /CM profile/],
  [['web1', '--no-wait', '-f'], /say the opposite/],
  [['web1', '--timeout', '9999999'], /--timeout/],
  [['web1', '--config', '/none.yaml'], /CONFIG_MISSING/],
];
for (const [args, pattern] of mistakes) {
  void t.test(`kick ${args.join(' ')}`, async (t) => {
    const before = kickd.seen.length;
    const ended = await kick(...args);
    t.match(ended, { code: 2, stdout: '', stderr: pattern });
    t.match(ended.stderr, /\n {2}remedy: .+\n$/);
    t.equal(kickd.seen.length, before);
  });
}

void t.test(
  'a kick by hand counts for the host and the rate, and for no problem',
  async (t) => {
    const file = join(t.testdir(), 'ledger.sqlite');
    const own = join(t.testdirName, 'kicker.yaml');
    writeFileSync(
      own,
      JSON.stringify({
        port: kickd.port,
        tls: parties.kicker,
        hosts: { web1: { certname: hostName, address: '127.0.0.1' } },
        ledger: file,
      }),
    );
    const by = (...args: string[]) => runKicker(args, { KICKER_CONFIG: own });
    kickd.behave('accept', 'ended');
    t.match(await by('kick', 'web1'), { code: 0, stderr: '' });
    const ledger = openLedger(file, { now: () => new Date() });
    t.teardown(() => ledger.close());
    t.match(ledger.read('host', hostName), { bad: [], lastKickMs: Number });
    t.match(ledger.read('fleet', ''), { open: 0, kicks: [Number] });
    t.notOk(ledger.read('host', hostName)?.open);
    t.strictSame(ledger.remembered('service', '', 10), []);

    const event = `CRITICAL HARD 4 127.0.0.1 web1 HTTP`.split(' ');
    const { stdout } = await by('explain', ...event);
    t.match(stdout, /wait .*, host-interval/);

    await by('stop', '--by=ada', 'move');
    kickd.behave('accept', 'ended');
    const stopped = await by('kick', 'web1');
    t.equal(stopped.code, 0);
    t.match(
      stopped.stderr,
      /^kicker: ada stopped kicker at .*: move; a kick by hand is sent/,
    );
  },
);
