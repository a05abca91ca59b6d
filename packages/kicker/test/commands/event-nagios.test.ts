import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { openLedger } from '../../src/io/sqlite-ledger.ts';
import { isAlive } from '../../src/io/process-identity.ts';
import {
  createParties,
  hostName,
  startFakeKickd,
  type FakeKickd,
} from '../fake-kickd.ts';
import { runKicker, startKicker } from '../run-kicker.ts';

const root = t.testdir();
const parties = createParties(root);
const clock = { now: () => new Date() };

/** A monitoring host: configuration, ledger, and a command pipe that somebody reads. */
function createMonitor(
  t: Pick<Test, 'teardown'>,
  port: number,
  more: object = {},
) {
  const dir = mkdtempSync(join(root, 'monitor-'));
  const pipe = join(dir, 'nagios.cmd');
  const ledgerFile = join(dir, 'ledger.sqlite');
  const config = join(dir, 'kicker.yaml');
  execFileSync('mkfifo', [pipe]);
  writeFileSync(
    config,
    JSON.stringify({
      port,
      tls: parties.kicker,
      hosts: { Web1: { certname: hostName } },
      nagios: { commandFile: pipe },
      ledger: ledgerFile,
      ...more,
    }),
  );
  // Both ends open: the reader never sees an end of file.
  const fd = openSync(pipe, 'r+');
  const cat = spawn('cat', [], { stdio: [fd, 'pipe', 'inherit'] });
  closeSync(fd);
  t.teardown(() => cat.kill());
  const { stdout } = cat;
  if (stdout === null) throw new Error('cat has no stdout');
  let read = '';
  stdout.on('data', (part) => (read += String(part)));
  const ledger = openLedger(ledgerFile, clock);
  t.teardown(() => {
    for (const { owner } of ledger.listOpen(10)) {
      if (isAlive(owner)) process.kill(Number(owner.split('/')[1]));
    }
    ledger.close();
  });
  return {
    config,
    ledger,
    nextCommand: async (): Promise<string> => {
      while (!read.includes('\n')) await once(stdout, 'data');
      const [line = ''] = read.split('\n');
      read = read.slice(line.length + 1);
      return line;
    },
    fire: (part: Record<string, string> = {}) =>
      runKicker(['event', 'nagios', ...argsOf(config, part)]),
    start: (part: Record<string, string> = {}) =>
      startKicker(['event', 'nagios', ...argsOf(config, part)]),
  };
}

function argsOf(config: string, part: Record<string, string>): string[] {
  const macros: Record<string, string> = {
    host: 'Web1',
    address: '127.0.0.1',
    service: 'HTTP',
    state: 'CRITICAL',
    'state-type': 'SOFT',
    attempt: '3',
    'max-attempts': '4',
    'problem-id': '17',
    since: '1772323200',
    'service-downtime': '0',
    'host-downtime': '0',
    'host-state': 'UP',
    ...part,
  };
  return [
    '--config',
    config,
    ...Object.entries(macros).map(([name, value]) => `--${name}=${value}`),
  ];
}

async function start(t: Pick<Test, 'teardown'>, port = 0): Promise<FakeKickd> {
  const kickd = await startFakeKickd(parties.host, port);
  t.teardown(() => kickd.close());
  return kickd;
}

/** Looks until it is so; the world outside tells no event for it. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(10);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const kicksOf = (kickd: FakeKickd) =>
  kickd.seen.flatMap(({ kick }) => (kick === undefined ? [] : [kick.kick]));

void t.test('from SOFT 3 to the recheck', async (t) => {
  const kickd = await start(t);
  kickd.behave('accept', 'ended');
  const monitor = createMonitor(t, kickd.port);
  const ended = await monitor.fire();
  t.match(ended, {
    code: 0,
    stdout:
      /^kicker: Web1 \/ HTTP: kick accepted, run .*SOFT, attempt 3 of 4.*\n$/,
    stderr: '',
  });
  t.match(
    await monitor.nextCommand(),
    /^\[\d+\] SCHEDULE_FORCED_SVC_CHECK;Web1;HTTP;\d+$/,
  );
  const [post] = kickd.seen;
  t.match(post?.kick, {
    certname: hostName,
    because: {
      monitor: 'nagios',
      host: 'Web1',
      service: 'HTTP',
      state: 'CRITICAL SOFT',
      problem: '17',
      since: '2026-03-01T00:00:00.000Z',
    },
  });
  const kick = post?.kick?.kick ?? '';
  await until(() => monitor.ledger.entriesOf({ kick }).length === 7);
  t.match(
    await monitor.nextCommand(),
    /^\[\d+\] ADD_SVC_COMMENT;Web1;HTTP;0;kicker;kicker: corrected Service\[apache2\] .*run /,
  );
  const entries = monitor.ledger.entriesOf({ kick });
  t.strictSame(
    entries.map(({ entry }) => entry.kind),
    ['event', 'decision', 'kick', 'reply', 'outcome', 'errand', 'errand'],
  );
  t.match(entries[4]?.entry, {
    body: { kind: 'ended', outcome: { kind: 'corrected' } },
  });
  t.match(monitor.ledger.listOpen(10), [{ progress: { stage: 'verify' } }]);
  t.match(await monitor.fire({ state: 'OK', attempt: '4' }), { code: 0 });
  t.match(monitor.ledger.entriesOf({ kick }).at(-1)?.entry, {
    kind: 'verdict',
    body: { verdict: 'healed' },
  });
  t.strictSame(monitor.ledger.listOpen(10), []);
});

void t.test('two calls for one problem: one kick', async (t) => {
  const kickd = await start(t);
  kickd.behave('accept', 'accept', 'hold');
  const monitor = createMonitor(t, kickd.port);
  t.match(await monitor.fire(), { code: 0, stdout: /kick accepted/ });
  await kickd.waitFor('GET', 1);
  const second = await monitor.fire({
    'state-type': 'HARD',
    attempt: '4',
    since: '1772323206',
  });
  t.match(second, { code: 0, stdout: /skip, joined: kick [0-9a-f-]{36}/ });
  t.equal(new Set(kicksOf(kickd)).size, 1);
  kickd.release('ended');
  await monitor.nextCommand();
  t.equal(new Set(kicksOf(kickd)).size, 1);
});

void t.test('both calls at the very same time', async (t) => {
  const kickd = await start(t);
  kickd.behave('hold');
  const monitor = createMonitor(t, kickd.port);
  const both = [monitor.fire(), monitor.fire({ 'state-type': 'HARD' })];
  await kickd.waitFor('POST', 1);
  const first = await Promise.race(both);
  t.match(first, { code: 0, stdout: /skip, joined/ }, 'one joins at once');
  kickd.release('ended');
  const codes = await Promise.all(both);
  t.strictSame(
    codes.map(({ code }) => code),
    [0, 0],
  );
  await monitor.nextCommand();
  t.equal(new Set(kicksOf(kickd)).size, 1);
});

void t.test(
  'the host is down at first: sent again, under one id',
  async (t) => {
    const port = await freePort();
    const monitor = createMonitor(t, port);
    const ended = await monitor.fire();
    t.equal(ended.code, 4);
    t.equal(ended.stdout, '');
    t.match(
      ended.stderr,
      /^kicker: Web1 \/ HTTP: CONNECT_REFUSED: .* is sent again until .*\n$/,
    );
    const kickd = await start(t, port);
    kickd.behave('accept', 'ended');
    await monitor.nextCommand();
    const [open] = kicksOf(kickd);
    t.match(ended.stderr, open ?? '?');
    t.equal(
      monitor.ledger
        .entriesOf({ kick: open ?? '' })
        .filter(({ entry }) => entry.kind === 'outcome').length,
      1,
    );
  },
);

void t.test(
  'it never gets through: given up, once, without a recheck',
  async (t) => {
    const monitor = createMonitor(t, await freePort(), {
      retry: { forSeconds: 1 },
    });
    t.equal((await monitor.fire()).code, 4);
    await until(() => monitor.ledger.listOpen(1).length === 0);
    const problem = JSON.stringify(['nagios', 'Web1', 'HTTP', '17']);
    const kinds = monitor.ledger
      .entriesOf({ problem })
      .map(({ entry }) => entry);
    t.match(kinds.at(-1), {
      kind: 'outcome',
      body: { kind: 'gave-up', code: 'CONNECT_REFUSED' },
    });
  },
);

void t.test(
  'kill -9 of the follower: the next call takes the kick over',
  async (t) => {
    const kickd = await start(t);
    kickd.behave('accept', 'accept', 'hold');
    const monitor = createMonitor(t, kickd.port);
    await monitor.fire();
    await kickd.waitFor('GET', 1);
    const [open] = monitor.ledger.listOpen(1);
    const owner = open?.owner ?? '';
    process.kill(Number(owner.split('/')[1]), 'SIGKILL');
    await until(() => !isAlive(owner));
    kickd.behave('accept', 'ended');
    t.match(await monitor.fire({ 'state-type': 'HARD', attempt: '4' }), {
      code: 0,
      stdout: /kick accepted, .*taken over/,
    });
    await monitor.nextCommand();
    t.strictSame([...new Set(kicksOf(kickd))], [open?.kick]);
  },
);

void t.test(
  'kill -9 of the handler while it sends: any next event adopts',
  async (t) => {
    const kickd = await start(t);
    kickd.behave('hang');
    const monitor = createMonitor(t, kickd.port);
    const { child, ended } = monitor.start();
    await kickd.waitFor('POST', 1);
    // As Nagios does: the whole process group.
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    await ended;
    const [open] = monitor.ledger.listOpen(1);
    t.ok(open, 'it is written before it is sent');
    kickd.behave('accept', 'ended');
    t.match(
      await monitor.fire({ service: 'SSH', state: 'OK', 'problem-id': '0' }),
      { code: 0, stdout: /skip, not-a-problem/ },
    );
    await monitor.nextCommand();
    t.strictSame([...new Set(kicksOf(kickd))], [open?.kick]);
  },
);

void t.test(
  'the handler is killed with its group: the follower lives',
  async (t) => {
    const kickd = await start(t);
    kickd.behave('accept', 'accept', 'hold');
    const monitor = createMonitor(t, kickd.port);
    const { child, ended } = monitor.start();
    await kickd.waitFor('GET', 1);
    try {
      process.kill(-(child.pid ?? 0), 'SIGKILL');
    } catch (error) {
      t.match(error, { code: 'ESRCH' }, 'the group is gone already');
    }
    await ended;
    kickd.release('ended');
    t.match(await monitor.nextCommand(), /SCHEDULE_FORCED_SVC_CHECK/);
  },
);

void t.test('no reply to the first: the same kick again', async (t) => {
  const kickd = await start(t);
  kickd.behave('reset', 'accept', 'ended');
  const monitor = createMonitor(t, kickd.port);
  t.match(await monitor.fire(), { code: 0, stdout: /kick accepted/ });
  await monitor.nextCommand();
  t.equal(new Set(kicksOf(kickd)).size, 1);
});

void t.test('refused for good: one line, and nobody asks again', async (t) => {
  const kickd = await start(t);
  kickd.behave({
    status: 403,
    code: 'ACL_DENIED',
    title: 'you may not',
    remedy: 'kickd acl explain',
  });
  const monitor = createMonitor(t, kickd.port);
  t.match(await monitor.fire(), {
    code: 3,
    stdout: '',
    stderr:
      /^kicker: .*refused: ACL_DENIED: you may not; remedy: kickd acl explain\n$/,
  });
  t.strictSame(monitor.ledger.listOpen(1), []);
  t.equal(kickd.seen.length, 1);
});

void t.test('skipped: written down, and nothing sent', async (t) => {
  const kickd = await start(t);
  const monitor = createMonitor(t, kickd.port);
  const rows: [Record<string, string>, RegExp][] = [
    [{ state: 'OK' }, /skip, not-a-problem/],
    [{ attempt: '1' }, /skip, attempt-not-reached/],
    [{ 'host-downtime': '1' }, /skip, in-downtime/],
    [{ 'host-state': 'DOWN' }, /skip, host-down/],
    [{ 'ack-author': 'ada' }, /skip, acknowledged/],
    [{ at: '1000000000' }, /skip, stale/],
  ];
  for (const [part, line] of rows) {
    t.match(await monitor.fire(part), { code: 0, stdout: line, stderr: '' });
  }
  t.equal(kickd.seen.length, 0);
  const problem = JSON.stringify(['nagios', 'Web1', 'HTTP', '17']);
  t.equal(monitor.ledger.entriesOf({ problem }).length, 2 * rows.length);
});

void t.test('the positional order of old handler scripts', async (t) => {
  const kickd = await start(t);
  kickd.behave('accept', 'ended');
  const { config, nextCommand } = createMonitor(t, kickd.port);
  t.match(
    await runKicker(
      ['event', 'nagios', 'CRITICAL', 'HARD', '4', '127.0.0.1', 'Web1', 'HTTP'],
      { KICKER_CONFIG: config },
    ),
    { code: 0, stdout: /kick accepted/ },
  );
  await nextCommand();
});

void t.test('mistakes: exit 2, one line, nothing sent', async (t) => {
  const kickd = await start(t);
  const monitor = createMonitor(t, kickd.port);
  const locked = createMonitor(t, kickd.port, {
    ledger: '/proc/none/l.sqlite',
  });
  const broken = createMonitor(t, kickd.port, { prt: 1 });
  const rows: [Awaited<ReturnType<typeof monitor.fire>>, RegExp][] = [
    [await monitor.fire({ state: '$SERVICESTATE$' }), /MACRO_NOT_EXPANDED/],
    [await monitor.fire({ attempt: 'x' }), /MACRO_BAD/],
    [await monitor.fire({ host: '*' }), /HOST_WILDCARD/],
    [await locked.fire(), /LEDGER_UNWRITABLE/],
    [await broken.fire(), /CONFIG_UNKNOWN_KEY.*did you mean port/],
    [await runKicker(['event', 'nagios', '--hots=x']), /did you mean --host\?/],
  ];
  for (const [ended, pattern] of rows) {
    t.equal(ended.code, 2);
    t.equal(ended.stdout, '');
    t.match(ended.stderr, pattern);
    t.match(ended.stderr, /^[^\n]+\n$/, 'one line');
  }
  t.equal(kickd.seen.length, 0);
});

void t.test('Nagios is down when the run ends: told later', async (t) => {
  const kickd = await start(t);
  kickd.behave('accept', 'ended');
  const monitor = createMonitor(t, kickd.port, {
    nagios: { commandFile: join(root, 'none.cmd') },
  });
  await monitor.fire();
  const problem = JSON.stringify(['nagios', 'Web1', 'HTTP', '17']);
  const last = () => monitor.ledger.entriesOf({ problem }).at(-1)?.entry;
  await until(() => last()?.kind === 'outcome');
  await until(() => monitor.ledger.countErrands() === 2);
});
