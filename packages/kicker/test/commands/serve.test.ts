import { execFileSync, spawn, spawnSync } from 'node:child_process';

import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { openLedger } from '../../src/io/sqlite-ledger.ts';
import {
  createParties,
  hostName,
  startFakeKickd,
  type FakeKickd,
} from '../fake-kickd.ts';
import { startKicker } from '../run-kicker.ts';

const handler = fileURLToPath(
  new URL('../../../../deploy/nagios/handle_puppetrun', import.meta.url),
);
const root = t.testdir();
const parties = createParties(root);

/** Looks until it is so; the world outside tells no event for it. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(10);
}

interface Monitor {
  dir: string;
  config: string;
  ledger: ReturnType<typeof openLedger>;
  /** as Nagios calls it; @returns its exit code and what it said */
  event(part?: Record<string, string>): { status: number | null; said: string };
  commands(): string[];
  serve(): Promise<Serving>;
}

interface Serving {
  log(): Record<string, unknown>[];
  pid: number;
  kill(signal?: NodeJS.Signals): Promise<number | null>;
}

/** A monitoring host: configuration, rules without delays, a ledger, a command pipe that is read. */
function createMonitor(t: Test, port: number, more: object = {}): Monitor {
  const dir = mkdtempSync(join(root, 'monitor-'));
  const pipe = join(dir, 'nagios.cmd');
  execFileSync('mkfifo', [pipe]);
  const config = join(dir, 'kicker.yaml');
  const rules = join(dir, 'rules.yaml');
  writeFileSync(
    rules,
    JSON.stringify({
      rules: [
        {
          name: 'all',
          match: { host: '*' },
          coolDownSeconds: 0,
          verifySeconds: 60,
          tell: { escalate: ['comment', 'command'] },
        },
      ],
      guards: { hostIntervalSeconds: 0 },
    }),
  );
  writeFileSync(
    config,
    JSON.stringify({
      port,
      rules,
      tls: parties.kicker,
      hosts: { Web1: { certname: hostName } },
      nagios: { commandFile: pipe },
      ledger: join(dir, 'ledger.sqlite'),
      ...more,
    }),
  );
  const fd = openSync(pipe, 'r+');
  const cat = spawn('cat', [], { stdio: [fd, 'pipe', 'inherit'] });
  closeSync(fd);
  t.teardown(() => cat.kill());
  let read = '';
  cat.stdout?.on('data', (part) => (read += String(part)));
  const ledger = openLedger(join(dir, 'ledger.sqlite'), {
    now: () => new Date(),
  });
  t.teardown(() => ledger.close());
  return {
    dir,
    config,
    ledger,
    event: (part = {}) => {
      const macros: Record<string, string> = {
        host: 'Web1',
        address: '127.0.0.1',
        service: 'HTTP',
        state: 'CRITICAL',
        'state-type': 'SOFT',
        attempt: '3',
        'max-attempts': '4',
        'problem-id': '17',
        'last-ok': String(Math.floor(Date.now() / 1000) - 20),
        'host-state': 'UP',
        ...part,
      };
      const { status, stdout, stderr } = spawnSync(
        handler,
        Object.entries(macros).map(([name, value]) => `--${name}=${value}`),
        {
          encoding: 'utf8',
          env: {
            PATH: '/usr/bin:/bin',
            KICKER: '/bin/false',
            KICKER_SPOOL: join(dir, 'spool'),
          },
        },
      );
      return { status, said: stdout + stderr };
    },
    commands: () => read.split('\n').slice(0, -1),
    serve: async () => {
      const { child, ended } = startKicker(['serve', `--config=${config}`]);
      let said = '';
      child.stdout?.on('data', (part) => (said += String(part)));
      const kill = async (signal: NodeJS.Signals = 'SIGTERM') => {
        child.kill(signal);
        const { code, stderr } = await ended;
        t.equal(stderr, '');
        return code;
      };
      t.teardown(() => child.kill('SIGKILL'));
      const log = () =>
        said
          .split('\n')
          .slice(0, -1)
          .map((line) => JSON.parse(line) as Record<string, unknown>);
      await until(
        () =>
          existsSync(join(dir, 'spool', 'serving')) || child.exitCode !== null,
      );
      return { log, kill, pid: child.pid ?? 0 };
    },
  };
}

async function start(t: Test): Promise<FakeKickd> {
  const kickd = await startFakeKickd(parties.host);
  t.teardown(() => kickd.close());
  return kickd;
}

const kicksOf = (kickd: FakeKickd) =>
  new Set(
    kickd.seen.flatMap(({ kick }) => (kick === undefined ? [] : [kick.kick])),
  );

const problem = JSON.stringify(['nagios', 'Web1', 'HTTP', '17']);
const kindsOf = (monitor: Monitor) =>
  monitor.ledger.entriesOf({ problem }).map(({ entry }) => entry.kind);

void t.test('from the spool to the verdict', async (t) => {
  const kickd = await start(t);
  kickd.behave('accept', 'ended');
  const monitor = createMonitor(t, kickd.port);
  const serving = await monitor.serve();
  t.strictSame(monitor.event(), { status: 0, said: '' });
  await until(() => monitor.commands().length === 2);
  t.match(monitor.commands(), [
    /^\[\d+\] SCHEDULE_FORCED_SVC_CHECK;Web1;HTTP;\d+$/,
    /^\[\d+\] ADD_SVC_COMMENT;Web1;HTTP;0;kicker;kicker: corrected Service\[apache2\]/,
  ]);
  t.strictSame(monitor.event({ 'state-type': 'HARD', attempt: '4' }), {
    status: 0,
    said: '',
  });
  t.strictSame(monitor.event({ state: 'OK', attempt: '4' }), {
    status: 0,
    said: '',
  });
  await until(() => monitor.ledger.listOpen(1).length === 0);
  const entries = monitor.ledger.entriesOf({ problem });
  const verdict = entries.find(({ entry }) => entry.kind === 'verdict')?.entry;
  t.match(verdict, { body: { verdict: 'healed', by: 'the monitor’s event' } });
  t.equal(kicksOf(kickd).size, 1);
  t.strictSame(readdirSync(join(monitor.dir, 'spool', 'new')), []);
  t.equal(await serving.kill(), 0);
  t.notOk(existsSync(join(monitor.dir, 'spool', 'serving')));
  t.match(serving.log().at(-1), { event: 'stopped' });
});

void t.test('SOFT 3, then HARD 4: one run', async (t) => {
  const kickd = await start(t);
  kickd.behave('accept', 'hold');
  const monitor = createMonitor(t, kickd.port);
  await monitor.serve();
  monitor.event();
  await kickd.waitFor('GET', 1);
  monitor.event({ 'state-type': 'HARD', attempt: '4' });
  await until(
    () => kindsOf(monitor).filter((k) => k === 'decision').length === 2,
  );
  kickd.release('ended');
  await until(() => kindsOf(monitor).includes('outcome'));
  t.equal(kicksOf(kickd).size, 1);
});

void t.test('what cannot be used is set aside, and said', async (t) => {
  const kickd = await start(t);
  const monitor = createMonitor(t, kickd.port);
  const serving = await monitor.serve();
  monitor.event({ attempt: 'x' });
  monitor.event({ host: '*' });
  monitor.event({ hots: 'x' });
  const bad = join(monitor.dir, 'spool', 'bad');
  await until(() => readdirSync(bad).length === 2);
  t.match(
    readdirSync(bad)
      .map((name) => name.replace(/^.*\./, ''))
      .toSorted(),
    ['MACRO_BAD', 'USAGE_OPTION'],
  );
  const star = JSON.stringify(['nagios', '*', 'HTTP', '17']);
  await until(() => monitor.ledger.entriesOf({ problem: star }).length === 2);
  t.match(monitor.ledger.entriesOf({ problem: star })[1]?.entry, {
    body: { kind: 'skip', code: 'no-target' },
  });
  const unusable = () =>
    serving.log().filter(({ event }) => event === 'event-unusable');
  await until(() => unusable().length === 3);
  t.match(unusable(), [
    { code: 'MACRO_BAD' },
    { code: 'HOST_WILDCARD' },
    { code: 'USAGE_OPTION' },
  ]);
  t.equal(kickd.seen.length, 0);
});
