import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Run } from '@kickd/protocol';
import type { LocalRunner } from '../../src/io/local-runner.ts';
import { createRunnerServer } from '../../src/io/runner-server.ts';
import { SocketRunner } from '../../src/io/socket-runner.ts';
import { openSqliteJournal } from '../../src/io/sqlite-journal.ts';
import type { Runner } from '../../src/ports.ts';
import { kickId, kickOf, monitor, web } from '../fixture.ts';
import { createFakeHost, type FakeHost } from '../run/fake-host.ts';
import { createFakeRunner } from '../run/fake-runner.ts';
import { socketPath } from '../socket-path.ts';

/** What every Runner promises, whichever side of a socket it stands on. */
interface Stage {
  runner: Runner;
  host: FakeHost;
  /** where the logs of runs are */
  dir: string;
}

const neverAborts = (): AbortSignal => new AbortController().signal;

const cases: Record<string, (t: Test, stage: Stage) => Promise<void>> = {
  'a kick is taken, runs and ends': async (t, { runner, host }) => {
    const run = await submit(runner, 1);
    t.match(run, { state: /queued|running/, certname: web });
    t.match(run.kicks, [{ kick: kickId(1), by: monitor, joined: 'started' }]);
    const waiting = runner.waitForEnd(run.run, neverAborts());
    await started(host, run.run);
    host.end(run.run, 2);
    const ended = await waiting;
    t.match(ended, { state: 'ended', outcome: { kind: 'corrected' } });
    t.strictSame(await runner.find(run.run), ended);
  },

  'everything in a kick arrives': async (t, { runner }) => {
    const kick = kickOf(1, {
      tags: ['apache', 'role::web'],
      noop: false,
      environment: 'production',
      expires: '2099-01-01T00:00:00Z',
      because: {
        monitor: 'nagios',
        host: 'web1',
        service: 'Überwachung 😀',
        since: '2026-11-24T23:50:00Z',
      },
    });
    const submission = await runner.submit(kick, monitor);
    if (submission.kind !== 'accepted') throw new Error(submission.kind);
    const { run } = submission;
    t.strictSame(run.tags, kick.tags);
    t.equal(run.environment, kick.environment);
    t.equal(run.noop, false);
    t.strictSame(run.kicks[0]?.because, kick.because);
    t.equal(run.kicks[0]?.expires, kick.expires);
    t.match(await runner.submit(kick, monitor), {
      kind: 'accepted',
      run: { run: run.run },
    });
    t.same(await runner.submit({ ...kick, noop: true }, monitor), {
      kind: 'conflict',
    });
    t.same(await runner.submit(kick, web), { kind: 'conflict' });
    t.same(await runner.submit(kickOf(2, { cm: 'other' }), monitor), {
      kind: 'unknown-profile',
      known: ['tool', 'drill'],
    });
  },

  'a drill is what the rules were asked about, and names its service': async (
    t,
    { runner, host },
  ) => {
    const http = { cm: 'drill', because: { service: 'HTTP', state: 'drill' } };
    const changed = { kind: 'profile-changed' } as const;
    t.same(await runner.submit(kickOf(1, http), monitor), changed);
    t.same(await runner.submit(kickOf(1, http), monitor, 'run'), changed);
    t.same(await runner.submit(kickOf(2), monitor, 'drill'), changed);
    const wrong: [object, object][] = [
      [{}, { breaks: ['HTTP'] }],
      [{ because: { host: 'web1' } }, { breaks: ['HTTP'] }],
      [{ because: { service: 'SSH' } }, { service: 'SSH', breaks: ['HTTP'] }],
      [{ because: { service: 'http' } }, { service: 'http', breaks: ['HTTP'] }],
    ];
    for (const [more, told] of wrong) {
      const kick = kickOf(3, { cm: 'drill', ...more });
      t.same(await runner.submit(kick, monitor, 'drill'), {
        kind: 'drill-service',
        ...told,
      });
    }
    const alerts = [
      { service: 'HTTP' },
      { service: 'HTTP', state: 'CRITICAL HARD' },
      { service: 'HTTP', state: 'drill', problem: '17' },
    ];
    for (const because of alerts) {
      const kick = kickOf(3, { cm: 'drill', because });
      t.same(await runner.submit(kick, monitor, 'drill'), {
        kind: 'drill-for-alert',
      });
    }
    const taken = await runner.submit(kickOf(4, http), monitor, 'drill');
    if (taken.kind !== 'accepted') throw new Error(taken.kind);
    await started(host, taken.run.run);
    t.same(
      await runner.submit(kickOf(5, http), monitor, 'drill'),
      { kind: 'drill-busy' },
      'it does not join the drill before it',
    );
    const healing = await submit(runner, 6);
    t.not(healing.run, taken.run.run, 'what heals joins no drill');
    host.end(taken.run.run, 0);
    await started(host, healing.run);
    t.same(
      await runner.submit(kickOf(7, http), monitor, 'drill'),
      { kind: 'drill-busy' },
      'nor does it wait behind a run that heals',
    );
    host.end(healing.run, 2);
    t.match(await runner.waitForEnd(taken.run.run, neverAborts()), {
      outcome: { kind: 'corrected', code: 'drill' },
    });
  },

  'a wait ends with its signal': async (t, { runner, host }) => {
    const run = await submit(runner, 1);
    await started(host, run.run);
    const patience = new AbortController();
    const waiting = runner.waitForEnd(run.run, patience.signal);
    patience.abort();
    t.match(await waiting, { run: run.run, state: 'running' });
    const now = await runner.waitForEnd(run.run, AbortSignal.abort());
    t.equal(now?.state, 'running');
    host.end(run.run, 0);
  },

  'a run is cancelled once': async (t, { runner, host }) => {
    const run = await submit(runner, 1);
    await started(host, run.run);
    t.match(await runner.cancel(run.run, monitor), {
      kind: 'cancelled',
      run: {
        outcome: { kind: 'cancelled', reason: `cancelled by ${monitor}` },
      },
    });
    t.match(await runner.cancel(run.run, monitor), { kind: 'has-ended' });
  },

  'nobody knows a run that never was': async (t, { runner }) => {
    const id = kickId(99);
    t.equal(await runner.find(id), undefined);
    t.equal(await runner.waitForEnd(id, neverAborts()), undefined);
    t.equal(await runner.readLog(id, neverAborts()), undefined);
    t.same(await runner.cancel(id, monitor), { kind: 'unknown' });
  },

  'a log goes on to the end of the run': async (t, { runner, host, dir }) => {
    const run = await submit(runner, 1);
    await started(host, run.run);
    const file = join(dir, `${run.run}.log`);
    const first = Buffer.alloc(300_000, 'a');
    appendFileSync(file, first);
    const log = await runner.readLog(run.run, neverAborts());
    if (log === undefined) throw new Error('no log');
    let bytes = 0;
    for await (const chunk of log) {
      bytes += chunk.length;
      if (bytes === first.length) {
        appendFileSync(file, 'the end');
        host.end(run.run, 0);
      }
    }
    t.equal(bytes, first.length + 'the end'.length);
  },

  'a log that nobody reads any more ends': async (t, { runner, host }) => {
    const run = await submit(runner, 1);
    await started(host, run.run);
    const patience = new AbortController();
    const log = await runner.readLog(run.run, patience.signal);
    if (log === undefined) throw new Error('no log');
    patience.abort();
    for await (const _ of log) t.fail('nothing was written');
    t.pass('it ended');
    host.end(run.run, 0);
  },

  'recent runs and the state': async (t, { runner, host }) => {
    t.strictSame(await runner.recent(50), []);
    const run = await submit(runner, 1);
    await started(host, run.run);
    t.match(await runner.state(), {
      profile: 'tool',
      launcher: 'process',
      locked: false,
      current: { run: run.run },
    });
    host.end(run.run, 0);
    await runner.waitForEnd(run.run, neverAborts());
    const second = await submit(runner, 2);
    await started(host, second.run);
    host.end(second.run, 0);
    await runner.waitForEnd(second.run, neverAborts());
    t.match(await runner.recent(50), [{ run: second.run }, { run: run.run }]);
    t.match(await runner.recent(1), [{ run: second.run }]);
    t.match(await runner.state(), { last: { run: second.run } });
  },
};

for (const kind of ['in this process', 'behind a socket'] as const) {
  t.test(kind, async (t) => {
    for (const [name, check] of Object.entries(cases)) {
      await t.test(name, async (t) => {
        const dir = t.testdir();
        const host = createFakeHost();
        const local = createFakeRunner({
          dir,
          journal: openSqliteJournal(join(dir, 'journal.sqlite')),
          launcher: host.launcher(),
          breaks: ['HTTP'],
        });
        local.recover();
        t.teardown(async () => {
          host.end(host.alive() ?? '', 0);
          await local.close();
        });
        const runner =
          kind === 'in this process' ? local : await behindSocket(t, local);
        await check(t, { runner, host, dir });
      });
    }
  });
}

async function behindSocket(t: Test, runner: LocalRunner): Promise<Runner> {
  const path = socketPath(t);
  const server = createRunnerServer({
    runner,
    certname: web,
    narrator: { tell: (event) => t.fail(event.event) },
  });
  await server.listen({ path });
  t.teardown(() => server.close());
  return new SocketRunner(path);
}

async function submit(runner: Runner, n: number): Promise<Run> {
  const submission = await runner.submit(kickOf(n), monitor);
  if (submission.kind !== 'accepted') throw new Error(submission.kind);
  return submission.run;
}

/** The tool of the run is alive. */
async function started(host: FakeHost, run: string): Promise<void> {
  while (host.alive() !== run) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
