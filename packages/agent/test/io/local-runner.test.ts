import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Run } from '@kickd/protocol';
import { isAlive } from '../../src/io/proc.ts';
import { kickId, kickOf, startFixture, type Fixture } from '../fixture.ts';

const ended = async (fixture: Fixture, run: string): Promise<Run> => {
  await fixture.heard((e) => e.event === 'run-ended' && e.run === run);
  return fixture.runOf(await fixture.get(`/run/${run}`));
};
const since = (ms: number) => ({
  because: { since: new Date(Date.now() + ms).toISOString() },
});

t.test('a kick of a problem that began before the run joins it', async (t) => {
  const fixture = await startFixture(t.testdir());
  t.teardown(() => fixture.agent.close());
  fixture.cm.plan('gate; exit 2');
  const first = fixture.runOf(await fixture.post(kickOf(1, since(-9000))));
  await fixture.heard((e) => e.event === 'run-started');
  const second = fixture.runOf(await fixture.post(kickOf(2, since(-9000))));
  t.equal(second.run, first.run);
  t.equal(second.kicks[1]?.joined, 'joined-running');
  await fixture.cm.release();
  t.match(await ended(fixture, first.run), {
    outcome: { kind: 'corrected' },
    kicks: [{ kick: kickId(1) }, { kick: kickId(2) }],
  });
  t.equal(fixture.cm.starts(), 1);
});

t.test('a hundred kicks during a run share one follow-up', async (t) => {
  const fixture = await startFixture(t.testdir());
  t.teardown(() => fixture.agent.close());
  fixture.cm.plan('gate; exit 0');
  const first = fixture.runOf(await fixture.post(kickOf(1)));
  await fixture.heard((e) => e.event === 'run-started');
  const replies = await Promise.all(
    Array.from({ length: 100 }, (_, n) => fixture.post(kickOf(100 + n))),
  );
  const runs = new Set(replies.map((reply) => fixture.runOf(reply).run));
  t.equal(runs.size, 1);
  t.notOk(runs.has(first.run));
  const [follow = ''] = runs;
  await fixture.cm.release();
  await fixture.heard((e) => e.event === 'run-started' && e.run === follow);
  await fixture.cm.release();
  const run = await ended(fixture, follow);
  t.match(run.outcome, { kind: 'unchanged' });
  t.equal(run.kicks.length, 100);
  t.equal(fixture.cm.starts(), 2);
});

t.test(
  'a run that takes too long is ended, with all that it started',
  async (t) => {
    const fixture = await startFixture(t.testdir(), { timeoutMs: 400 });
    t.teardown(() => fixture.agent.close());
    // ignores TERM, and so does what it leaves behind
    fixture.cm.plan(
      `trap '' TERM; (trap '' TERM; gate) & echo $! >"$(dirname "$0")/pid"; gate`,
    );
    const { run } = fixture.runOf(await fixture.post(kickOf(1)));
    const outcome = (await ended(fixture, run)).outcome;
    t.match(outcome, { kind: 'timed-out', code: 'timeout' });
    const signals = fixture.told.flatMap((e) =>
      e.event === 'run-stopping' ? [e.signal] : [],
    );
    t.same(signals, ['SIGTERM', 'SIGKILL']);
    const pid = readFileSync(join(fixture.cm.file, '..', 'pid'), 'utf8');
    t.equal(isAlive(Number(pid)), false);
  },
);

t.test(
  "the tool's exit 0 after our TERM is a time-out all the same",
  async (t) => {
    const fixture = await startFixture(t.testdir(), { timeoutMs: 300 });
    t.teardown(() => fixture.agent.close());
    fixture.cm.plan(`trap 'exit 0' TERM; sleep 30 & wait`);
    const { run } = fixture.runOf(await fixture.post(kickOf(1)));
    t.match((await ended(fixture, run)).outcome, { kind: 'timed-out' });
  },
);

t.test('a tool that is not there is told as not started', async (t) => {
  const fixture = await startFixture(t.testdir());
  t.teardown(() => fixture.agent.close());
  const { rmSync } = await import('node:fs');
  rmSync(fixture.cm.file);
  const { run } = fixture.runOf(await fixture.post(kickOf(1)));
  t.match((await ended(fixture, run)).outcome, {
    kind: 'not-started',
    code: 'spawn',
    reason: /ENOENT/,
  });
});

t.test('an expired kick is recorded and never run', async (t) => {
  const fixture = await startFixture(t.testdir());
  t.teardown(() => fixture.agent.close());
  const kick = kickOf(1, { expires: '2020-01-01T00:00:00Z' });
  const run = fixture.runOf(await fixture.post(kick));
  t.match(run, {
    state: 'ended',
    outcome: { kind: 'refused', code: 'expired' },
  });
  t.equal(fixture.cm.starts(), 0);
  t.equal(fixture.runOf(await fixture.post(kick)).run, run.run);
});

t.test(
  'a run outlives the kickd that started it and is adopted by the next',
  async (t) => {
    const dir = t.testdir();
    const first = await startFixture(dir);
    first.cm.plan('gate; exit 2');
    const { run } = first.runOf(await first.post(kickOf(1)));
    await first.heard((e) => e.event === 'run-started');
    const waiting = first.runOf(await first.post(kickOf(2)));
    await first.agent.close();

    const second = await startFixture(join(dir, 'second'), {
      pki: first.pki,
      state: first.settings.state,
    });
    t.teardown(() => second.agent.close());
    await second.heard((e) => e.event === 'run-adopted' && e.run === run);
    await first.cm.release();
    // the exit code went to nobody, and this tool leaves no report
    t.match((await ended(second, run)).outcome, {
      kind: 'lost',
      code: 'runner-gone',
    });
    t.match((await ended(second, waiting.run)).outcome, { kind: 'unchanged' });
    t.equal(first.cm.starts(), 1);
    t.equal(second.cm.starts(), 1);
  },
);

t.test('the tool sees a literal environment', async (t) => {
  process.env['KICKD_TEST_SECRET'] = 'canary';
  const fixture = await startFixture(t.testdir());
  t.teardown(() => fixture.agent.close());
  fixture.cm.plan(`env >"$(dirname "$0")/env"; exit 0`);
  const { run } = fixture.runOf(await fixture.post(kickOf(1, { tags: ['a'] })));
  await ended(fixture, run);
  const env = readFileSync(join(fixture.cm.file, '..', 'env'), 'utf8');
  const names = env
    .split('\n')
    .map((line) => line.split('=')[0])
    // sh adds the first three, the test runner's own hook on spawn the rest
    .filter(
      (name) => !/^(|PWD|OLDPWD|_|NODE_OPTIONS|_TAPJS_.*)$/.test(name ?? ''),
    )
    .filter((name) => !name?.startsWith('/'));
  t.same(names.toSorted(), [
    'HOME',
    'KICKD_ENVIRONMENT',
    'KICKD_NOOP',
    'KICKD_RUN',
    'KICKD_TAGS',
    'LANG',
    'PATH',
  ]);
});
