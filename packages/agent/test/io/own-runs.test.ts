import { writeFileSync } from 'node:fs';
import type { Run } from '@kickd/protocol';
import t from 'tap';
import {
  kickId,
  kickOf,
  monitor,
  startFixture,
  type Fixture,
} from '../fixture.ts';

const other = 'other.example.com';
const both = `path /run\nmethod save\nallow ${monitor}, ${other}\n`;
const secret = {
  host: 'secret-host',
  service: 'payroll',
  since: '2020-01-01T00:00:00Z',
};
const own = { service: 'http', since: '2020-01-01T00:00:00Z' };

let fixture: Fixture;
t.beforeEach(async (t) => {
  fixture = await startFixture(t.testdir(), { acl: both });
});
t.afterEach(() => fixture.agent.close());

const becausesOf = (run: Run): unknown[] =>
  run.kicks.map(({ because }) => because);

async function loadAcl(text: string): Promise<void> {
  const reloads = fixture.told.length;
  writeFileSync(fixture.settings.acl.file, text);
  await fixture.heard(
    (event) =>
      event.event === 'reloaded' && fixture.told.indexOf(event) >= reloads,
  );
}

t.test('who joins a run sees its own reason, and no other', async (t) => {
  fixture.cm.plan('gate');
  const first = fixture.runOf(
    await fixture.post(kickOf(1, { because: secret })),
  );
  const joined = await fixture.post(kickOf(2, { because: own }), {
    certname: other,
  });
  const run = fixture.runOf(joined);
  t.equal(run.run, first.run);
  t.notMatch(joined.text, /payroll|secret-host/);
  t.strictSame(becausesOf(run), [undefined, own]);
  t.equal(run.kicks[0]?.by, monitor, 'that somebody asked is no secret');
  const read = await fixture.get(`/run/${run.run}`, { certname: other });
  t.strictSame(becausesOf(fixture.runOf(read)), [undefined, own]);
  const mine = await fixture.get(`/run/${run.run}`);
  t.strictSame(becausesOf(fixture.runOf(mine)), [secret, undefined]);

  await loadAcl(`${both}\npath /run\nallow ${other}\n`);
  const ruled = await fixture.get(`/run/${run.run}`, { certname: other });
  t.strictSame(
    becausesOf(fixture.runOf(ruled)),
    [secret, own],
    'by a rule: all',
  );
  const again = await fixture.post(kickOf(2, { because: own }), {
    certname: other,
  });
  t.strictSame(becausesOf(fixture.runOf(again)), [secret, own]);
  const cancelled = await fixture.raw(
    [`DELETE /run/${run.run} HTTP/1.1\r\nHost: web1.example.com\r\n\r\n`],
    { certname: other },
  );
  t.equal(cancelled.status, 200, cancelled.text);
});

t.test('an explicit deny is stronger than having asked', async (t) => {
  const { run } = fixture.runOf(
    await fixture.post(kickOf(1), { certname: other }),
  );
  const read = async (): Promise<number> =>
    (await fixture.get(`/run/${run}`, { certname: other })).status;
  t.equal(await read(), 200, 'no rule says anything');
  const rows: [string, number][] = [
    // nobody speaks for or against
    [`path /run\nmethod save\nallow ${monitor}\n`, 200],
    [`path ~ ^/run/\nmethod find\nallow ${monitor}\n\n${both}`, 200],
    [`path ~ ^/run/\nmethod find\ndeny ${other}\n\n${both}`, 403],
    [`path /run\ndeny *.example.com\n\n${both}`, 403],
    [`path /run\nmethod find\ndeny_ip 127.0.0.0/8\n\n${both}`, 403],
    [`path /run\nmethod save\ndeny ${other}\n\n${both}`, 200],
  ];
  for (const [acl, wanted] of rows) {
    await loadAcl(acl);
    t.equal(await read(), wanted, acl);
  }
});

t.test('one caller cannot make the record of a run fat', async (t) => {
  fixture.cm.plan('gate');
  const { run } = fixture.runOf(await fixture.post(kickOf(1)));
  const label = '\u20ac'.repeat(199);
  const fat = {
    monitor: label,
    host: label,
    service: label,
    state: label,
    problem: label,
    since: '2020-01-01T00:00:00Z',
  };
  let last = 0;
  for (let n = 2; n <= 60; n += 1) {
    const reply = await fixture.post(kickOf(n, { because: fat }));
    t.equal(reply.status, 202);
    last = reply.text.length;
  }
  t.ok(last < 40_000, `${String(last)} characters`);
  const joined = fixture.runOf(
    await fixture.post(kickOf(61, { because: own }), { certname: other }),
  );
  t.equal(joined.run, run);
  t.strictSame(joined.kicks.at(-1)?.because, own, 'another has its own room');
  t.equal(joined.kicks.length, 61, 'no kick is lost');
  const again = await fixture.post(kickOf(60, { because: fat }));
  t.equal(again.status, 202, 'the kick itself is known whole');
  const differs = await fixture.post(kickOf(60, { because: own }));
  t.equal(differs.code, 'KICK_CONFLICT');
  t.equal(joined.kicks[0]?.kick, kickId(1));
  await fixture.cm.release();
  await fixture.get(`/run/${run}?wait=10`);
});
