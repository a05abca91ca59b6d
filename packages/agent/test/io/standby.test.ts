import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Because, Kick, Run } from '@kickd/protocol';
import {
  createFakeCm,
  createFakeStandby,
  healReportOf,
  type FakeCm,
  type FakeStandby,
} from '@kickd/testkit';
import t, { type Test } from 'tap';
import { createPuppetStandby } from '../../src/cm/puppet-standby.ts';
import { createChildLauncher } from '../../src/io/child-launcher.ts';
import type { LocalRunner } from '../../src/io/local-runner.ts';
import { isAlive } from '../../src/io/proc.ts';
import { openSqliteJournal } from '../../src/io/sqlite-journal.ts';
import { createStandbyKeeper } from '../../src/io/standby-keeper.ts';
import type { StandbyPlan, Standbys } from '../../src/ports.ts';
import type { Told } from '../../src/told.ts';
import { kickId, monitor } from '../fixture.ts';
import { createFakeRunner } from '../run/fake-runner.ts';

const service = 'Service[apache2]';
const because: Because = { monitor: 'nagios', service: 'HTTP' };

const healReport = healReportOf(service);

interface Host {
  dir: string;
  tool: FakeCm;
  fake: FakeStandby;
  plan: StandbyPlan;
  keeper: Standbys;
  told: Told[];
  runner: LocalRunner;
  /** the next kickd, after the last one was killed */
  restart(): LocalRunner;
  /** until one waits */
  ready(): Promise<void>;
  kick(n: number, more?: Partial<Kick>): Promise<Run>;
  ended(run: string): Promise<Run>;
}

async function startHost(t: Test): Promise<Host> {
  const dir = mkdtempSync(join(tmpdir(), 'kickd-standby-'));
  const tool = createFakeCm(dir);
  tool.plan('exit 0');
  const fake = createFakeStandby(dir);
  const launcher = createChildLauncher();
  const keeper = createStandbyKeeper(
    { dir: join(dir, 'standby'), logDir: dir, outlive: false },
    launcher,
  );
  const plan = createPuppetStandby({
    ruby: fake.file,
    program: 'kickd_standby.rb',
    run: { file: tool.file, argv: ['agent'], env: {} },
    services: { HTTP: [service] },
    ofRun: ['--job-id=RUN'],
    runLock: join(dir, 'lock'),
    logDir: dir,
  });
  const told: Told[] = [];
  const start = (): LocalRunner => {
    const runner = createFakeRunner({
      dir,
      journal: openSqliteJournal(join(dir, 'journal.sqlite')),
      launcher,
      told,
      standbys: keeper,
      change: (profile) => ({
        ...profile,
        services: { HTTP: [service] },
        command: () => ({ file: tool.file, argv: ['cold'], env: {} }),
        standby: plan,
      }),
    });
    runner.recover();
    return runner;
  };
  const host: Host = {
    dir,
    tool,
    fake,
    plan,
    keeper,
    told,
    runner: start(),
    restart: () => {
      host.runner = start();
      return host.runner;
    },
    ready: async () => {
      await keeper.keep([plan]);
      for (;;) {
        const asked = await keeper.ask(plan);
        if (asked.kind === 'ready') {
          asked.standby.release();
          return;
        }
        if (asked.kind === 'stale') throw new Error(asked.because);
      }
    },
    kick: async (n, more = {}) => {
      const kick = { kick: kickId(n), certname: 'web1.example.com', ...more };
      const submission = await host.runner.submit(kick, monitor);
      if (submission.kind !== 'accepted') throw new Error(submission.kind);
      return submission.run;
    },
    ended: async (run) => {
      const found = await host.runner.waitForEnd(
        run,
        AbortSignal.timeout(20_000),
      );
      if (found?.state !== 'ended') throw new Error('not ended');
      return found;
    },
  };
  t.teardown(async () => {
    await host.runner.close();
    rmSync(dir, { recursive: true, force: true });
  });
  return host;
}

t.test('a run for an alert: healed first, then as any other', async (t) => {
  const host = await startHost(t);
  await host.ready();
  host.fake.behave({ heal: healReport, run: [host.tool.file, 'ordinary'] });
  host.tool.plan('gate; exit 0');
  const { run } = await host.kick(1, { because });
  const healed = await host.runner.waitForHeal(
    run,
    AbortSignal.timeout(20_000),
  );
  t.match(healed, {
    state: 'running',
    healed: { corrected: [{ resource: service, to: 'running' }], failed: [] },
  });
  await host.tool.release();
  t.match(await host.ended(run), {
    healed: { corrected: [{ resource: service }] },
    outcome: {
      kind: 'corrected',
      corrected: [{ resource: service, from: 'stopped', corrective: true }],
      matched: true,
    },
  });
  t.strictSame(host.fake.taken(), [{ run, resources: [service] }]);
  t.equal(host.tool.starts(), 1, 'no cold run beside it');
});

t.test('what is not for a standby is started cold', async (t) => {
  const host = await startHost(t);
  await host.ready();
  const cases: Partial<Kick>[] = [
    { noop: true },
    { tags: ['httpd'] },
    { environment: 'test' },
  ];
  for (const [n, more] of cases.entries()) {
    const { run } = await host.kick(n + 1, { because, ...more });
    await host.ended(run);
  }
  t.equal(host.tool.starts(), cases.length);
  t.strictSame(host.fake.taken(), []);
});

t.test('a kick without a service has nothing to heal', async (t) => {
  const host = await startHost(t);
  await host.ready();
  const { run } = await host.kick(1);
  await host.ended(run);
  t.strictSame(host.fake.taken(), [{ run, resources: [] }]);
  t.equal(host.tool.starts(), 0);
});

for (const ready of [
  'stale',
  'silent',
  'looks-on',
  'garbage',
  'hang-up',
] as const) {
  t.test(`asked whether it is ready: ${ready}`, async (t) => {
    const host = await startHost(t);
    await host.ready();
    host.fake.behave({ ready });
    const { run } = await host.kick(1, { because });
    t.match(await host.ended(run), { outcome: { kind: 'unchanged' } });
    t.equal(host.tool.starts(), 1);
    t.ok(host.told.some((e) => e.event === 'standby-unused' && e.run === run));
  });
}

for (const order of ['hang-up', 'die'] as const) {
  t.test(`handed the run: ${order}: it is started cold`, async (t) => {
    const host = await startHost(t);
    await host.ready();
    host.fake.behave({ order });
    const { run } = await host.kick(1, { because });
    t.match(await host.ended(run), { outcome: { kind: 'unchanged' } });
    t.equal(host.tool.starts(), 1);
  });
}

t.test('killed right after it took the run: not started again', async (t) => {
  const host = await startHost(t);
  await host.ready();
  host.fake.behave({ order: 'die-after' });
  const { run } = await host.kick(1, { because });
  const { outcome } = await host.ended(run);
  t.equal(outcome?.kind, 'failed');
  t.equal(host.tool.starts(), 0);
});

t.test('after a run the next one is loaded', async (t) => {
  const host = await startHost(t);
  await host.ready();
  const first = await host.kick(1, { because });
  await host.ended(first.run);
  await host.ready();
  const second = await host.kick(2, { because });
  await host.ended(second.run);
  t.equal(host.fake.taken().length, 2);
});

t.test('one of another configuration is told to leave', async (t) => {
  const host = await startHost(t);
  await host.ready();
  const asked = await host.keeper.ask(host.plan);
  if (asked.kind !== 'ready') throw new Error(asked.kind);
  const { pid } = asked.standby.identity;
  asked.standby.release();
  await host.keeper.keep([]);
  while (isAlive(pid)) await new Promise((resolve) => setImmediate(resolve));
  t.equal((await host.keeper.ask(host.plan)).kind, 'none');
  t.notOk(existsSync(join(host.dir, 'lock')));
});

/** `KICKD_HEALS=200 npx tap run FILE` */
const heals = Number(process.env['KICKD_HEALS'] ?? 30);

t.test('many heals in a row: each is told, and nothing stays', async (t) => {
  const host = await startHost(t);
  host.fake.behave({ heal: healReport });
  const open = (): number => readdirSync('/proc/self/fd').length;
  let before = 0;
  for (let n = 1; n <= heals; n += 1) {
    await host.ready();
    const { run } = await host.kick(n, { because });
    const { outcome } = await host.ended(run);
    // the ordinary run ends at once: nobody has time to look in between
    if (outcome?.kind !== 'corrected') {
      const story = host.told.filter(
        (event) => 'run' in event && event.run === run,
      );
      return t.strictSame(story, [], `run ${String(n)}`);
    }
    if (n === 10) before = open();
  }
  t.equal(host.fake.taken().length, heals);
  t.equal(host.tool.starts(), 0);
  t.ok(
    open() <= before + 2,
    `${String(before)} descriptors, then ${String(open())}`,
  );
  await host.keeper.keep([]);
  t.strictSame(
    readdirSync(join(host.dir, 'standby')).filter((f) => f.endsWith('.json')),
    [],
  );
});
