import {
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Run } from '@kickd/protocol';
import { listenerLimits } from '../../src/io/listener-limits.ts';
import { findMarked, isAlive } from '../../src/io/proc.ts';
import { removeFilesOf } from '../../src/io/run-log.ts';
import { withMatch } from '../../src/run/match.ts';
import {
  kickId,
  kickOf,
  monitor,
  startFixture,
  web,
  type Fixture,
} from '../fixture.ts';

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

t.test(
  'nothing survives a time-out, also what forked away into a session of its own',
  async (t) => {
    const fixture = await startFixture(t.testdir(), { timeoutMs: 400 });
    t.teardown(() => fixture.agent.close());
    fixture.cm.plan(
      `setsid sh -c 'trap "" TERM; (trap "" TERM; echo $$ >"$0/pid"; while :; do sleep 1; done) &' "$(dirname "$0")"; trap '' TERM; gate`,
    );
    const { run } = fixture.runOf(await fixture.post(kickOf(1)));
    t.match((await ended(fixture, run)).outcome, { kind: 'timed-out' });
    t.same(findMarked('KICKD_RUN', run), []);
  },
);

t.test('a run is cancelled by whoever the rules let do it', async (t) => {
  const acl = `path /run\nmethod save, destroy\nallow ${monitor}\n`;
  const fixture = await startFixture(t.testdir(), { acl });
  t.teardown(() => fixture.agent.close());
  fixture.cm.plan('gate; exit 2');
  const first = fixture.runOf(await fixture.post(kickOf(1)));
  await fixture.heard((e) => e.event === 'run-started');
  const waiting = fixture.runOf(await fixture.post(kickOf(2)));
  const cancel = (run: string) =>
    fixture.raw([`DELETE /run/${run} HTTP/1.1\r\nHost: ${web}\r\n\r\n`]);
  t.match(fixture.runOf(await cancel(waiting.run)), {
    outcome: { kind: 'cancelled', reason: `cancelled by ${monitor}` },
  });
  t.match(fixture.runOf(await cancel(first.run)), {
    outcome: { kind: 'cancelled', reason: `cancelled by ${monitor}` },
  });
  t.match(await cancel(first.run), { status: 409, code: 'RUN_ENDED' });
  t.match(await cancel(kickId(77)), { status: 404, code: 'RUN_UNKNOWN' });
  t.equal(fixture.cm.starts(), 1);
  t.same(findMarked('KICKD_RUN', first.run), []);
});

t.test('making a kick gives no right to cancel its run', async (t) => {
  const fixture = await startFixture(t.testdir());
  t.teardown(() => fixture.agent.close());
  const { run } = fixture.runOf(await fixture.post(kickOf(1)));
  const reply = await fixture.raw([
    `DELETE /run/${run} HTTP/1.1\r\nHost: ${web}\r\n\r\n`,
  ]);
  t.match(reply, { status: 403, code: 'ACL_DENIED' });
  await ended(fixture, run);
});

t.test(
  "the host's own interval holds, and the same kick may come again",
  async (t) => {
    const fixture = await startFixture(t.testdir(), { minIntervalMs: 60_000 });
    t.teardown(() => fixture.agent.close());
    await ended(fixture, fixture.runOf(await fixture.post(kickOf(1))).run);
    const early = await fixture.post(kickOf(2));
    t.match(early, { status: 429, code: 'RATE_LIMITED' });
    t.match(early.text, /^retry-after: (?:60|[1-5]\d)\r/m);
    t.equal(fixture.cm.starts(), 1);
    fixture.advance(60_000);
    const late = await fixture.post(kickOf(2));
    t.equal(late.status, 202);
    await ended(fixture, fixture.runOf(late).run);
    t.equal(fixture.cm.starts(), 2);
  },
);

t.test('a follow-up waits for the interval as well', async (t) => {
  const fixture = await startFixture(t.testdir(), { minIntervalMs: 600 });
  t.teardown(() => fixture.agent.close());
  fixture.cm.plan('gate');
  const first = fixture.runOf(await fixture.post(kickOf(1))).run;
  await fixture.heard((e) => e.event === 'run-started');
  const second = fixture.runOf(await fixture.post(kickOf(2))).run;
  fixture.cm.plan('exit 0');
  await fixture.cm.release();
  const one = await ended(fixture, first);
  const two = await ended(fixture, second);
  const gapMs =
    Date.parse(two.startedAt ?? '') - Date.parse(one.startedAt ?? '');
  t.ok(gapMs >= 590, `started ${String(gapMs)} ms after the first`);
});

t.test('a frozen host refuses with the words of the freeze file', async (t) => {
  const fixture = await startFixture(t.testdir());
  t.teardown(() => fixture.agent.close());
  const file = fixture.settings.run.freezeFile;
  writeFileSync(file, 'no repairs during the move\nuntil Monday\n');
  const { run } = fixture.runOf(await fixture.post(kickOf(1)));
  t.match((await ended(fixture, run)).outcome, {
    kind: 'refused',
    code: 'frozen',
    reason: 'no repairs during the move',
  });
  rmSync(file);
  const later = fixture.runOf(await fixture.post(kickOf(2))).run;
  t.match((await ended(fixture, later)).outcome, { kind: 'unchanged' });
  t.equal(fixture.cm.starts(), 1);
});

t.test('kicks that expire while their run waits are not run', async (t) => {
  const fixture = await startFixture(t.testdir());
  t.teardown(() => fixture.agent.close());
  fixture.cm.plan('gate');
  const first = fixture.runOf(await fixture.post(kickOf(1))).run;
  await fixture.heard((e) => e.event === 'run-started');
  const expires = new Date(Date.now() + 60_000).toISOString();
  const second = fixture.runOf(await fixture.post(kickOf(2, { expires }))).run;
  fixture.advance(60_001);
  await fixture.cm.release();
  await ended(fixture, first);
  t.match((await ended(fixture, second)).outcome, {
    kind: 'refused',
    code: 'expired',
  });
  t.equal(fixture.cm.starts(), 1);
});

t.test(
  'the output is kept up to a limit, and followed while it grows',
  async (t) => {
    const acl = `path /run\nmethod save, find\nallow ${monitor}\n`;
    const fixture = await startFixture(t.testdir(), { acl });
    t.teardown(() => fixture.agent.close());
    fixture.cm.plan('echo one; gate; echo two; gate; exit 0');
    const { run } = fixture.runOf(await fixture.post(kickOf(1)));
    const log = fixture.get(`/run/${run}/log`);
    await fixture.cm.release();
    await fixture.cm.release();
    t.match((await log).text, /one\n[^]*two\n/);
    await ended(fixture, run);

    // 64 MiB without a newline, some of it binary
    fixture.cm.plan('head -c 67108864 /dev/urandom; exit 2');
    const flood = fixture.runOf(await fixture.post(kickOf(2))).run;
    t.match((await ended(fixture, flood)).outcome, { kind: 'corrected' });
    const file = join(fixture.settings.state, 'runs', `${flood}.log`);
    t.equal(statSync(file).size, 4 * 1024 * 1024);
  },
);

t.test('so many logs are read at a time, and kicks go on', async (t) => {
  const acl = `path /run\nmethod save, find\nallow ${monitor}\n`;
  const fixture = await startFixture(t.testdir(), {
    acl,
    perSource: { connections: 1000, perSecond: 100_000 },
  });
  t.teardown(() => fixture.agent.close());
  fixture.cm.plan('echo one; gate; exit 0');
  const { run } = fixture.runOf(await fixture.post(kickOf(1)));
  const most = listenerLimits.logReadersMax;
  const path = `/run/${run}/log`;
  const logs = Array.from({ length: most }, () => fixture.get(path));
  let begun = 0;
  await fixture.heard(
    (e) => e.event === 'request' && e.path === path && (begun += 1) === most,
  );
  t.match(await fixture.get(path), { status: 503, code: 'LOGS_BUSY' });
  t.equal((await fixture.post(kickOf(2))).status, 202);
  fixture.cm.plan('exit 0');
  await fixture.cm.release();
  for (const { status } of await Promise.all(logs)) t.equal(status, 200);
  t.equal((await fixture.get(path)).status, 200, 'they made room');
});

t.test(
  'a run that corrected something else has not matched the alert',
  async (t) => {
    const outcome = (resource: string) => ({
      kind: 'corrected' as const,
      corrected: [{ resource }],
      failed: [],
    });
    const fixture = await startFixture(t.testdir());
    t.teardown(() => fixture.agent.close());
    const because = { service: 'http' };
    const { run } = fixture.runOf(await fixture.post(kickOf(1, { because })));
    const served = await ended(fixture, run);
    const map = { http: ['Service[apache2]'] };
    t.equal(withMatch(outcome('Service[apache2]'), served, map).matched, true);
    t.equal(withMatch(outcome('File[/etc/motd]'), served, map).matched, false);
    t.notHas(withMatch(outcome('Service[apache2]'), served, {}), 'matched');
    t.notHas(
      withMatch(outcome('x'), served, { constructor: ['x'] }),
      'matched',
    );
  },
);

t.test('the metrics count what was told', async (t) => {
  const acl = `path /\nallow ${monitor}\n`;
  const fixture = await startFixture(t.testdir(), { acl });
  t.teardown(() => fixture.agent.close());
  fixture.cm.plan('exit 2');
  await ended(fixture, fixture.runOf(await fixture.post(kickOf(1))).run);
  await fixture.post('not json');
  const { text } = await fixture.get('/metrics');
  for (const line of [
    'kickd_build_info{version="0.1.0"} 1',
    'kickd_kicks_total{joined="started"} 1',
    'kickd_runs_total{outcome="corrected"} 1',
    'kickd_runs_total{outcome="lost"} 0',
    'kickd_requests_total{code="BODY_NOT_JSON"} 1',
    'kickd_run_seconds_count 1',
    'kickd_run_seconds_bucket{le="+Inf"} 1',
    'kickd_journal_ok 1',
    'kickd_acl_current 1',
  ]) {
    t.ok(text.includes(`${line}\n`), line);
  }
  t.match(text, /kickd_expiry_timestamp_seconds\{what="certificate"\} \d{10}/);
  t.match(text, /kickd_expiry_level\{what="certificate"\} 0/);
  t.match(text, /kickd_last_good_run_timestamp_seconds \d{10}/);
});

t.test(
  'what the tool cannot do is refused before it joins a run of others',
  async (t) => {
    const fixture = await startFixture(t.testdir());
    t.teardown(() => fixture.agent.close());
    fixture.cm.plan('gate');
    const first = fixture.runOf(await fixture.post(kickOf(1))).run;
    await fixture.heard((e) => e.event === 'run-started');
    const chef = { cm: 'chef' };
    const waiting = fixture.runOf(await fixture.post(kickOf(2, chef)));
    t.equal(waiting.state, 'queued');
    const asked = { ...chef, environment: 'test' };
    const refused = fixture.runOf(await fixture.post(kickOf(3, asked)));
    t.not(refused.run, waiting.run);
    t.match(refused, {
      state: 'ended',
      outcome: { kind: 'refused', code: 'unsupported' },
    });
    await fixture.cm.release();
    await ended(fixture, first);
    // its own outcome, whatever it is on a host without chef
    t.match(await ended(fixture, waiting.run), { outcome: { kind: String } });
  },
);

t.test(
  'what a forgotten run has left goes with it, and nothing else',
  async (t) => {
    const dir = t.testdir({
      [`${kickId(1)}.log`]: '',
      [`${kickId(1)}.report.yaml`]: '',
      [`${kickId(2)}.log`]: '',
      README: '',
    });
    await removeFilesOf(new Set([kickId(1)]), dir);
    t.same(readdirSync(dir).toSorted(), [`${kickId(2)}.log`, 'README']);
    await removeFilesOf(new Set([kickId(1)]), join(dir, 'not-there'));
  },
);
