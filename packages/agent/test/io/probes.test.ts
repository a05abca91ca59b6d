import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPki } from '@kickd/testkit';
import { acceptOutcome, type Run } from '@kickd/protocol';
import t, { type Test } from 'tap';
import type { ProbeSettings } from '../../src/config/schema.ts';
import { findMarked, isAlive } from '../../src/io/proc.ts';
import type { Told } from '../../src/told.ts';
import { createFakeProbe, type FakeProbe } from '../fake-probe.ts';
import {
  kickId,
  kickOf,
  monitor,
  startFixture,
  web,
  type Fixture,
} from '../fixture.ts';

const pki = createPki({ tier: 'two', key: 'ec' });
const because = { monitor: 'nagios', service: 'HTTP' };
const acl = `path /\nallow ${monitor}\n`;

type Host = Fixture & { probe: FakeProbe };

/** A host whose tool exits 2, and whose probe of HTTP does as told. */
async function startHost(
  t: Test,
  settings: Partial<ProbeSettings> = {},
  more: Parameters<typeof startFixture>[1] = {},
): Promise<Host> {
  const probe = createFakeProbe();
  const fixture = await startFixture(t.testdir(), {
    acl,
    pki,
    probes: { HTTP: { argv: [probe.file], ...settings } },
    ...more,
  });
  t.teardown(async () => {
    await fixture.agent.close();
    probe.remove();
  });
  fixture.cm.plan('exit 2');
  return { ...fixture, probe };
}

const ended = async (fixture: Fixture, run: string): Promise<Run> => {
  await fixture.heard((e) => e.event === 'run-ended' && e.run === run);
  return fixture.runOf(
    await fixture.raw([
      `GET /run/${run} HTTP/1.1\r\nHost: ${web}\r\n${acceptOutcome.header}: x, ${acceptOutcome.all}\r\n\r\n`,
    ]),
  );
};
const kick = async (fixture: Fixture, n = 1, more = {}): Promise<Run> =>
  fixture.runOf(await fixture.post(kickOf(n, { because, ...more })));
const answers = ({ told }: Fixture) =>
  told.flatMap((e) =>
    e.event === 'probe-answered' ? [[e.service, e.when, e.answer]] : [],
  );
const leftOf = (run: string): number[] =>
  ['before-0', 'after-0'].flatMap((which) =>
    findMarked('KICKD_RUN', `probe-${run}-${which}`),
  );
const isAsked = (e: Told): boolean => e.event === 'probe-asked';

t.test('green before the run: it is not needed', async (t) => {
  const host = await startHost(t);
  host.probe.plan(
    `echo; echo 'HTTP OK: 1 second|time=1s;;;0'; echo more; exit 0`,
  );
  const { run } = await kick(host);
  const end = await ended(host, run);
  t.strictSame(end.outcome, {
    kind: 'not-needed',
    reason: 'the probe of HTTP is green: HTTP OK: 1 second',
    corrected: [],
    failed: [],
  });
  t.equal(end.startedAt, undefined);
  t.equal(end.durationMs, undefined);
  t.equal(host.cm.starts(), 0);
  t.equal(host.probe.starts(), 1);
  t.strictSame(answers(host), [['HTTP', 'before', 'green']]);
  t.match(
    host.told.find(({ event }) => event === 'probe-answered'),
    {
      run,
      exitCode: 0,
      text: 'HTTP OK: 1 second',
    },
  );
  const again = await kick(host);
  t.equal(again.run, run, 'a kick has one outcome');
  t.equal(host.probe.starts(), 1);
});

t.test('who does not know the word reads unchanged', async (t) => {
  const host = await startHost(t);
  const { run } = await kick(host);
  await ended(host, run);
  const old = { kind: 'unchanged', code: 'not-needed' };
  t.match(host.runOf(await host.get(`/run/${run}`)).outcome, old);
  t.match((await kick(host)).outcome, old);
  const bodyOf = async (path: string, head = '') => {
    const { text } = await host.raw([
      `GET ${path} HTTP/1.1\r\nHost: ${web}\r\n${head}\r\n`,
    ]);
    return JSON.parse(text.split('\r\n\r\n')[1] ?? '');
  };
  t.match(await bodyOf('/runs'), { runs: [{ outcome: old }] });
  t.match(await bodyOf('/status'), { last: { outcome: old } });
  const knows = 'Accept-Outcome: not-needed\r\n';
  const today = { kind: 'not-needed', code: undefined };
  t.match(await bodyOf('/runs', knows), { runs: [{ outcome: today }] });
  t.match(await bodyOf('/status', knows), { last: { outcome: today } });
  t.match(await bodyOf(`/run/${run}`, 'Accept-Outcome: not-neede\r\n'), {
    outcome: old,
  });
});

t.test('asked before and after the run', async (t) => {
  for (const [repair, verified] of [
    [true, true],
    [false, false],
  ] as const) {
    const host = await startHost(t);
    const up = join(host.probe.dir, 'up');
    host.probe.plan(`test -e ${up} || { echo CRITICAL; exit 2; }`);
    host.cm.plan(repair ? `: >${up}; exit 2` : 'exit 0');
    const { run } = await kick(host);
    const end = await ended(host, run);
    t.match(end.outcome, {
      kind: repair ? 'corrected' : 'unchanged',
      verified,
    });
    t.equal(host.cm.starts(), 1);
    t.strictSame(answers(host), [
      ['HTTP', 'before', 'not-green'],
      ['HTTP', 'after', verified ? 'green' : 'not-green'],
    ]);
  }
});

t.test('whatever is not exit code 0 lets the run go ahead', async (t) => {
  for (const plan of ['exit 1', 'exit 3', 'exit 255', 'kill -TERM $$']) {
    const host = await startHost(t);
    host.probe.plan(plan);
    const end = await ended(host, (await kick(host)).run);
    t.match(end.outcome, { kind: 'corrected', verified: false }, plan);
  }
});

t.test('a probe that hangs is ended, with all that it started', async (t) => {
  const host = await startHost(t, { timeoutSeconds: 1 });
  const pid = join(host.probe.dir, 'pid');
  host.probe.plan(
    `trap '' TERM; setsid sh -c 'trap "" TERM; echo $$ >${pid}; while :; do sleep 1; done' & gate`,
  );
  const { run } = await kick(host);
  const end = await ended(host, run);
  t.match(end.outcome, { kind: 'corrected', verified: false });
  t.strictSame(answers(host), [
    ['HTTP', 'before', 'timed-out'],
    ['HTTP', 'after', 'timed-out'],
  ]);
  t.equal(isAlive(Number(readFileSync(pid, 'utf8'))), false);
  t.strictSame(leftOf(run), []);
});

t.test('what a green probe leaves behind is ended as well', async (t) => {
  const host = await startHost(t);
  const pid = join(host.probe.dir, 'pid');
  host.probe.plan(`sleep 600 & echo $! >${pid}; exit 0`);
  t.match((await ended(host, (await kick(host)).run)).outcome, {
    kind: 'not-needed',
  });
  t.equal(isAlive(Number(readFileSync(pid, 'utf8'))), false);
});

t.test('a probe that cannot be asked: why is told', async (t) => {
  const isRoot = process.geteuid?.() === 0;
  const cases: [Partial<ProbeSettings>, RegExp][] = [
    [{ argv: ['/nowhere/check_http'] }, /ENOENT/],
    ...(isRoot
      ? ([[{ user: 'no-such-user' }, /there is no user no-such-user/]] as [
          Partial<ProbeSettings>,
          RegExp,
        ][])
      : []),
  ];
  for (const [settings, text] of cases) {
    const host = await startHost(t, settings);
    const end = await ended(host, (await kick(host)).run);
    t.match(end.outcome, { kind: 'corrected', verified: false });
    t.match(
      host.told.filter(({ event }) => event === 'probe-answered'),
      [
        { when: 'before', answer: 'not-started', text },
        { when: 'after', answer: 'not-started', text },
      ],
    );
  }
});

t.test('who wants a run gets one, however green', async (t) => {
  const host = await startHost(t);
  const rows: [object, object][] = [
    [{ because: undefined }, { kind: 'corrected' }],
    [{ because: { service: 'Disk' } }, { kind: 'corrected' }],
    [{ because: { host: 'web1' } }, { kind: 'corrected' }],
    [{ noop: true }, { kind: 'failed', code: 'noop-ignored' }],
  ];
  for (const [n, [more, outcome]] of rows.entries()) {
    const end = await ended(host, (await kick(host, n + 1, more)).run);
    t.match(end.outcome, { ...outcome, verified: undefined });
  }
  t.equal(host.cm.starts(), rows.length);
  t.equal(host.probe.starts(), 0);
  const tagged = await kick(host, 9, { tags: ['apache'] });
  t.match((await ended(host, tagged.run)).outcome, { kind: 'not-needed' });
});

t.test('who joins while the host is asked is not sent home', async (t) => {
  const host = await startHost(t);
  host.probe.plan('gate; exit 0');
  const first = await kick(host);
  await host.heard(isAsked);
  const second = await kick(host, 2, { because: undefined });
  t.equal(second.run, first.run);
  await host.probe.release();
  await host.heard((e) => e.event === 'probe-answered' && e.when === 'before');
  await host.probe.release();
  t.match((await ended(host, first.run)).outcome, {
    kind: 'corrected',
    verified: true,
  });
  t.equal(host.cm.starts(), 1);
});

t.test('a second service that joins is asked about too', async (t) => {
  const ssh = createFakeProbe();
  t.teardown(() => ssh.remove());
  const http = createFakeProbe();
  t.teardown(() => http.remove());
  const host = await startHost(
    t,
    {},
    {
      probes: { HTTP: { argv: [http.file] }, SSH: { argv: [ssh.file] } },
    },
  );
  http.plan('gate; echo HTTP fine; exit 0');
  ssh.plan('echo SSH fine; exit 0');
  const first = await kick(host);
  await host.heard(isAsked);
  const second = await kick(host, 2, { because: { service: 'SSH' } });
  t.equal(second.run, first.run);
  await http.release();
  t.match((await ended(host, first.run)).outcome, {
    kind: 'not-needed',
    reason:
      'the probe of HTTP is green: HTTP fine; the probe of SSH is green: SSH fine',
  });
  t.equal(host.cm.starts(), 0);
});

t.test('cancelled while the host is asked', async (t) => {
  const host = await startHost(t);
  host.probe.plan('gate; exit 0');
  const { run } = await kick(host);
  await host.heard(isAsked);
  await host.raw([`DELETE /run/${run} HTTP/1.1\r\nHost: ${web}\r\n\r\n`]);
  t.match((await ended(host, run)).outcome, { kind: 'cancelled' });
  t.strictSame(leftOf(run), []);
  t.equal(host.cm.starts(), 0);
});

t.test('what has changed while the host was asked counts', async (t) => {
  const host = await startHost(t);
  host.probe.plan('gate; exit 2');
  const frozen = await kick(host);
  await host.heard(isAsked);
  writeFileSync(host.settings.run.freezeFile, 'no repairs\n');
  await host.probe.release();
  t.match((await ended(host, frozen.run)).outcome, {
    kind: 'refused',
    code: 'frozen',
  });
  const cold = await kick(host, 2);
  t.match((await ended(host, cold.run)).outcome, { code: 'frozen' });
  t.equal(host.probe.starts(), 1, 'a frozen host is not asked');
  rmSync(host.settings.run.freezeFile);

  const asked = host.told.length;
  const expires = new Date(Date.now() + 60_000).toISOString();
  const late = await kick(host, 3, { expires });
  await host.heard((e) => isAsked(e) && host.told.indexOf(e) >= asked);
  host.advance(60_001);
  await host.probe.release();
  t.match((await ended(host, late.run)).outcome, {
    kind: 'refused',
    code: 'expired',
  });
  t.equal(host.cm.starts(), 0);
});

t.test('the next kickd asks again', async (t) => {
  const host = await startHost(t);
  host.probe.plan('gate; exit 0');
  const { run } = await kick(host);
  await host.heard(isAsked);
  await host.agent.close();
  t.notOk(host.told.some(({ event }) => event === 'run-ended'));
  host.probe.plan('echo fine; exit 0');
  const next = await startFixture(join(t.testdirName, 'next'), {
    acl,
    pki,
    state: host.settings.state,
    probes: { HTTP: { argv: [host.probe.file] } },
  });
  t.teardown(() => next.agent.close());
  t.match((await ended(next, run)).outcome, {
    kind: 'not-needed',
    reason: /fine/,
  });
  t.strictSame(leftOf(run), []);
  t.equal(next.cm.starts(), 0);
});

t.test(
  'a probe that floods is cut, and what it said is one line',
  async (t) => {
    const host = await startHost(t, { timeoutSeconds: 5 });
    host.probe.plan(
      String.raw`printf 'a\033[31mb\tc\342\200\256d %0300d' 1; head -c 67108864 /dev/zero; exit 2`,
    );
    const { run } = await kick(host);
    await ended(host, run);
    const told = host.told.find(({ event }) => event === 'probe-answered');
    t.match(told, {
      answer: 'not-green',
      exitCode: 2,
      text: /^ab c\\u\{202e\}d 0/,
    });
    t.ok(told?.event === 'probe-answered' && (told.text ?? '').length <= 160);
    const { state } = host.settings;
    t.notOk(existsSync(join(state, 'runs', `${run}.log.probe`)));
  },
);

t.test('a run that did not take place is not verified', async (t) => {
  const host = await startHost(t);
  host.probe.plan('exit 2');
  rmSync(host.cm.file);
  const end = await ended(host, (await kick(host)).run);
  t.match(end.outcome, { kind: 'not-started', verified: undefined });
  t.strictSame(answers(host), [['HTTP', 'before', 'not-green']]);
  t.equal(kickId(1), end.kicks[0]?.kick);
});

t.test('the metrics count the answers', async (t) => {
  const host = await startHost(t);
  await ended(host, (await kick(host)).run);
  host.probe.plan('exit 2');
  await ended(host, (await kick(host, 2)).run);
  const { text } = await host.get('/metrics');
  for (const line of [
    'kickd_runs_total{outcome="not-needed"} 1',
    'kickd_probes_total{when="before",answer="green"} 1',
    'kickd_probes_total{when="before",answer="not-green"} 1',
    'kickd_probes_total{when="after",answer="not-green"} 1',
  ]) {
    t.ok(text.includes(`${line}\n`), line);
  }
});
