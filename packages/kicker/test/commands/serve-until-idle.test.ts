import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execaSync } from 'execa';
import t, { type Test } from 'tap';
import { isLeased } from '../../src/io/lease.ts';
import { createParties } from '../fake-kickd.ts';
import {
  argumentsOf,
  createMonitorHost,
  handler,
  keyOf,
  kicksOf,
  kindsOf,
  startHost,
  until,
  type MonitorHost,
} from '../monitor-host.ts';
import { runKicker } from '../run-kicker.ts';

const root = t.testdir();
const { host, kicker } = createParties(root);
const bin = fileURLToPath(new URL('../../bin/kicker', import.meta.url));

/** Nagios calls its handler, and nobody serves: kicker is started in the background. */
function call(
  { config, spool }: MonitorHost,
  part: Record<string, string> = {},
): { status: number | undefined; said: string } {
  const { exitCode, stdout, stderr } = execaSync(handler, argumentsOf(part), {
    env: {
      PATH: '/usr/bin:/bin',
      KICKER: bin,
      KICKER_CONFIG: config,
      KICKER_SPOOL: spool,
    },
    extendEnv: false,
    stripFinalNewline: false,
    reject: false,
  });
  return { status: exitCode, said: stdout + stderr };
}

/** Ends whoever serves in the background when the test is over. */
function endServing(t: Test, { dir, spool }: MonitorHost): void {
  t.teardown(async () => {
    const serving = join(spool, 'serving');
    if (existsSync(serving)) {
      const pid = Number(readFileSync(serving, 'utf8').split(' ')[0]);
      if (pid > 0) process.kill(pid, 'SIGKILL');
    }
    await until(() => isLeased(join(dir, 'ledger.sqlite')) !== true);
  });
}

void t.test(
  'nobody serves: kicker is started, follows the kick to its verdict, and goes',
  async (t) => {
    const kickd = await startHost(t, host);
    kickd.behave('accept', 'hold');
    const monitor = createMonitorHost(t, root, { kicker, port: kickd.port });
    endServing(t, monitor);
    t.strictSame(call(monitor), { status: 0, said: '' });
    await kickd.waitFor('GET', 1);
    t.strictSame(
      call(monitor, { 'state-type': 'HARD', attempt: '4' }),
      { status: 0, said: '' },
      'the second call joins',
    );
    kickd.release('ended');
    await until(() => monitor.commands().length === 2);
    t.equal(isLeased(monitor.ledger.file), true, 'it waits for the verdict');
    call(monitor, { state: 'OK', attempt: '4' });
    await until(() => isLeased(monitor.ledger.file) === false);
    t.equal(kicksOf(kickd).size, 1);
    t.strictSame(
      kindsOf(monitor).filter((kind) => kind === 'verdict'),
      ['verdict'],
    );
    t.notOk(existsSync(join(monitor.spool, 'serving')));
    t.strictSame(readdirSync(join(monitor.spool, 'new')), []);
    t.equal(monitor.ledger.countWaiting(), 0);
  },
);

void t.test(
  'six calls one after the other where nobody serves: each once',
  async (t) => {
    const kickd = await startHost(t, host);
    kickd.behave('ended');
    const monitor = createMonitorHost(t, root, { kicker, port: kickd.port });
    endServing(t, monitor);
    const handed = Array.from({ length: 6 }, (_, index) =>
      call(monitor, { service: `S${String(index)}`, attempt: '1' }),
    );
    t.strictSame(
      handed.filter(({ status, said }) => status !== 0 || said !== ''),
      [],
    );
    const kinds = () =>
      Array.from({ length: 6 }, (_, index) =>
        kindsOf(monitor, keyOf('Web1', '17', `S${String(index)}`)).join(),
      );
    await until(() => kinds().every((each) => each !== ''));
    await until(() => isLeased(monitor.ledger.file) === false);
    t.strictSame(
      kinds(),
      Array.from({ length: 6 }, () => 'event,decision'),
    );
  },
);

void t.test('no spool yet: it is made, and the event is in it', async (t) => {
  const kickd = await startHost(t, host);
  kickd.behave('ended');
  const monitor = createMonitorHost(t, root, { kicker, port: kickd.port });
  endServing(t, monitor);
  rmSync(monitor.spool, { recursive: true, force: true });
  t.strictSame(call(monitor, { attempt: '1' }), { status: 0, said: '' });
  await until(() => kindsOf(monitor).length === 2);
  await until(() => isLeased(monitor.ledger.file) === false);
});

void t.test('what is wrong with the settings, Nagios hears', async (t) => {
  const monitor = createMonitorHost(t, root, { kicker, port: 1 });
  mkdirSync(join(monitor.spool, 'new'), { recursive: true });
  const { status, said } = call({ ...monitor, config: '/none.yaml' });
  t.equal(status, 2);
  t.match(said, /^kicker: CONFIG_MISSING: .*\n/);
  t.equal(
    readdirSync(join(monitor.spool, 'new')).length,
    1,
    'the event is kept all the same',
  );
});

void t.test('until idle: at once where another serves', async (t) => {
  const kickd = await startHost(t, host);
  const monitor = createMonitorHost(t, root, { kicker, port: kickd.port });
  const serving = await monitor.serve();
  const config = `--config=${monitor.config}`;
  t.match(await runKicker(['serve', '--until-idle', config]), {
    code: 0,
    stdout: '',
    stderr: '',
  });
  t.equal(await serving.kill(), 0);
});

void t.test(
  'whoever serves hangs: Nagios and kicker check hear so',
  async (t) => {
    const kickd = await startHost(t, host);
    kickd.behave('accept', 'ended');
    const monitor = createMonitorHost(t, root, { kicker, port: kickd.port });
    const serving = await monitor.serve();
    process.kill(serving.pid, 'SIGSTOP');
    // It said that it would answer for some seconds: they are over.
    const past = Date.now() / 1000 - 1;
    utimesSync(join(monitor.spool, 'serving'), past, past);
    const config = `--config=${monitor.config}`;
    const check = () => runKicker(['check', config]);
    const { status, said } = call(monitor, { service: 'other' });
    t.equal(status, 4);
    t.match(
      said,
      /^kicker: SERVE_HANGS: kicker serve \(process \d+\) has not answered for \d+ s; the event is in the spool\n/,
    );
    t.match(await check(), {
      code: 2,
      stdout: /FAIL serve: kicker serve \(process \d+\) has not answered/,
    });
    process.kill(serving.pid, 'SIGCONT');
    await until(() => readdirSync(join(monitor.spool, 'new')).length === 0);
    // It says so once a second, and may handle the event before.
    await until(
      () => statSync(join(monitor.spool, 'serving')).mtimeMs > Date.now(),
    );
    t.match(await check(), { stdout: /ok serve: process \d+ handles/ });
    t.equal(await serving.kill(), 0);
  },
);

void t.test(
  'a second serve stands by, and takes over when the first is killed',
  async (t) => {
    const kickd = await startHost(t, host);
    kickd.behave('accept', 'hold');
    const monitor = createMonitorHost(t, root, { kicker, port: kickd.port });
    const first = await monitor.serve();
    monitor.event();
    await kickd.waitFor('GET', 1);
    const second = await monitor.serve();
    await until(() => second.log().length > 0);
    t.match(second.log(), [{ event: 'standing-by', epoch: 1 }]);
    await first.kill('SIGKILL');
    await until(() => second.log().some(({ event }) => event === 'serving'));
    kickd.release('ended');
    await until(() => kindsOf(monitor).includes('outcome'));
    t.equal(kicksOf(kickd).size, 1);
    t.equal(await second.kill(), 0);
  },
);
