import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createUuid7 } from '@kickd/protocol';
import t from 'tap';
import { openSqliteJournal } from '../../src/io/sqlite-journal.ts';
import { kickId, kickOf, monitor, startFixture, web } from '../fixture.ts';
import { createFakeHost } from '../run/fake-host.ts';
import { createFakeRunner } from '../run/fake-runner.ts';

const other = 'other.example.com';
const acl = `path /run
method save
allow ${monitor}, ${other}

path /drill
method save
allow ${monitor}
`;
const breaks = ['HTTP'];
const drillOf = (n: number, more: object = {}): object =>
  kickOf(n, {
    cm: 'drill',
    because: { service: 'HTTP', state: 'drill' },
    ...more,
  });

t.test('a drill over the wire', async (t) => {
  const fixture = await startFixture(t.testdir(), { acl, breaks });
  t.teardown(() => fixture.agent.close());
  const { settings } = fixture;

  t.test('whoever may heal may not break', async (t) => {
    const refused = await fixture.post(drillOf(1), { certname: other });
    t.equal(refused.status, 403);
    t.equal(refused.code, 'ACL_DENIED');
    t.match(refused.text, /--path \/drill\/web1\.example\.com/);
    t.equal(fixture.cm.starts(), 0);
  });

  t.test('what it has to say', async (t) => {
    const rows: [object, number, string][] = [
      [kickOf(2, { cm: 'drill' }), 422, 'DRILL_WITHOUT_SERVICE'],
      [drillOf(2, { because: { host: 'w' } }), 422, 'DRILL_WITHOUT_SERVICE'],
      [drillOf(2, { because: { service: 'SSH' } }), 422, 'DRILL_UNLISTED'],
      [
        drillOf(2, { because: { service: 'HTTP', state: 'CRITICAL HARD' } }),
        422,
        'DRILL_FOR_ALERT',
      ],
    ];
    for (const [kick, status, code] of rows) {
      const reply = await fixture.post(kick);
      t.equal(reply.status, status);
      t.equal(reply.code, code);
    }
    t.equal(fixture.cm.starts(), 0);
  });

  t.test('what it cannot have', async (t) => {
    let n = 10;
    for (const scope of [
      { noop: true },
      { tags: ['web'] },
      { environment: 'test' },
    ]) {
      n += 1;
      t.match(fixture.runOf(await fixture.post(drillOf(n, scope))), {
        state: 'ended',
        outcome: { kind: 'refused', code: 'unsupported', reason: /a drill/ },
      });
    }
    t.equal(fixture.cm.starts(), 0);
  });

  t.test('a frozen host is not broken', async (t) => {
    writeFileSync(settings.run.freezeFile, 'upgrade\n');
    const run = fixture.runOf(await fixture.post(drillOf(20)));
    await fixture.heard((e) => e.event === 'run-ended' && e.run === run.run);
    t.match(fixture.runOf(await fixture.get(`/run/${run.run}`)), {
      outcome: { kind: 'refused', code: 'frozen', reason: 'upgrade' },
    });
    t.equal(fixture.cm.starts(), 0);
    writeFileSync(settings.run.freezeFile, '');
  });
});

t.test('a drill takes place, alone, and is in the audit file', async (t) => {
  const fixture = await startFixture(t.testdir(), { acl, breaks });
  t.teardown(() => fixture.agent.close());
  fixture.cm.plan('gate; exit 0');
  const run = fixture.runOf(await fixture.post(drillOf(1)));
  await fixture.heard((e) => e.event === 'run-started');
  const busy = await fixture.post(drillOf(2));
  t.equal(busy.status, 409);
  t.equal(busy.code, 'DRILL_BUSY');
  const healing = fixture.runOf(
    await fixture.post(kickOf(3, { because: { service: 'HTTP' } })),
  );
  t.not(healing.run, run.run);
  await fixture.cm.release();
  await fixture.heard((e) => e.event === 'run-ended' && e.run === run.run);
  await fixture.heard(
    (e) => e.event === 'run-started' && e.run === healing.run,
  );
  await fixture.cm.release();
  t.match(fixture.runOf(await fixture.get(`/run/${run.run}`)), {
    cm: 'drill',
    outcome: { kind: 'corrected', code: 'drill', reason: /on purpose/ },
    kicks: [{ kick: kickId(1) }],
  });
  const lines = readFileSync(fixture.settings.audit.file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  t.match(
    lines.find((line) => 'run' in line && line.run === run.run),
    {
      status: 202,
      decision: 'allow',
      rule: `path /drill, allow ${monitor}`,
      kick: kickId(1),
    },
  );
});

t.test(
  'a caller who may only break is let in with a drill alone',
  async (t) => {
    const only = `path /drill/${web}\nmethod save\nallow ${monitor}\n`;
    const fixture = await startFixture(t.testdir(), { acl: only, breaks });
    t.teardown(() => fixture.agent.close());
    t.equal((await fixture.post(kickOf(1))).code, 'ACL_DENIED');
    t.equal((await fixture.post(drillOf(2))).status, 202);
    const stranger = await fixture.post(drillOf(3), { certname: other });
    t.equal(stranger.code, 'ACL_DENIED');
  },
);

t.test('where no drill is configured there is none', async (t) => {
  const fixture = await startFixture(t.testdir(), { acl });
  t.teardown(() => fixture.agent.close());
  const reply = await fixture.post(drillOf(1));
  t.equal(reply.status, 422);
  t.equal(reply.code, 'CM_UNKNOWN');
});

t.test('a drill that waited when kickd was killed is not begun', async (t) => {
  const dir = t.testdir();
  // begins with its time: one of long ago would be forgotten
  const idOf = (n: number): string =>
    createUuid7(now, Uint8Array.of(n, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  const now = Date.now();
  const host = createFakeHost();
  const start = (): ReturnType<typeof createFakeRunner> =>
    createFakeRunner({
      dir,
      journal: openSqliteJournal(join(dir, 'journal.sqlite')),
      launcher: host.launcher(),
      breaks: ['HTTP'],
    });
  const journal = openSqliteJournal(join(dir, 'journal.sqlite'));
  const queuedAt = new Date(now).toISOString();
  const run = (n: number, cm: string) => ({
    run: idOf(n),
    certname: web,
    cm,
    state: 'queued' as const,
    noop: false,
    queuedAt,
    kicks: [
      {
        kick: idOf(n + 1),
        by: monitor,
        acceptedAt: queuedAt,
        joined: 'started' as const,
        because: { service: 'SSH' },
      },
    ],
  });
  for (const [n, cm] of [
    [100, 'drill'],
    [200, 'tool'],
  ] as const) {
    const record = { kick: idOf(n + 1), run: idOf(n), by: monitor };
    journal.accept({ ...record, body: '' }, run(n, cm));
  }
  journal.close();
  const runner = start();
  runner.recover();
  t.teardown(async () => {
    host.end(host.alive() ?? '', 0);
    await runner.close();
  });
  t.match(await runner.find(idOf(100)), {
    state: 'ended',
    outcome: { kind: 'not-started', code: 'drill', reason: /restarted/ },
  });
  t.notMatch(await runner.find(idOf(200)), { state: 'ended' });
});
