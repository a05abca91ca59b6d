import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { once } from 'node:events';
import { join } from 'node:path';
import t from 'tap';
import {
  kickOf,
  monitor,
  startFixture,
} from '../../packages/agent/test/fixture.ts';
import { authorize } from '../../packages/agent/src/acl/authorize.ts';
import { parseAcl } from '../../packages/agent/src/acl/parse.ts';
import { verifyAudit } from '../../packages/agent/src/audit/verify.ts';
import { sha256 } from '../../packages/agent/src/io/audit-file.ts';
import { buildKickd, startHalf, startKickd } from '../crash/kickd.ts';
import { createSite } from '../crash/site.ts';
import { startToEnd } from '../broken/start-to-end.ts';

/**
 * Attacks that came through once, each with what is right. What else is about requests and their lines, about runs
 * of others and fat runs stands in packages/agent/test/io: every-request.test.ts, own-runs.test.ts.
 */
const other = 'other.example.com';

t.test('a kickd that does not start leaves the audit file whole', async (t) => {
  const dir = t.testdir();
  const command = await buildKickd(join(dir, 'build'));
  const site = createSite(join(dir, 'site'));
  const file = join(dir, 'site', 'audit.log');
  const kickd = startKickd(command, site.configFile);
  t.teardown(() => kickd.kill('SIGKILL'));
  const port = await kickd.port;
  if (port === undefined) throw new Error(kickd.said());
  const before = readFileSync(file, 'latin1');

  const config = `--config=${site.configFile}`;
  for (const word of ['foreground', 'serve']) {
    const ended = await startToEnd([...command, word, config], {});
    t.equal(ended.exit, 2, word);
    t.match(ended.errors, /AUDIT_IN_USE.*process \d+/, word);
    t.equal(readFileSync(file, 'latin1'), before, `${word} wrote nothing`);
  }
  const socket = join(dir, 's');
  const second = startHalf(command, 'listen', site.configFile, socket);
  t.equal(await second.ended, 2);
  t.match(second.said(), /AUDIT_IN_USE/);
  // what fails later than the audit file: another port, and the journal is held
  const text = readFileSync(site.configFile, 'utf8');
  const elsewhere = join(dir, 'site', 'other.yaml');
  writeFileSync(elsewhere, text.replace('/audit.log', '/other.log'));
  const third = await startToEnd(
    [...command, 'serve', `--config=${elsewhere}`],
    {},
  );
  t.match(third.errors, /JOURNAL_UNUSABLE/);
  t.throws(() => readFileSync(join(dir, 'site', 'other.log')), {
    code: 'ENOENT',
  });

  const stranger = connect({
    port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
  });
  stranger.on('error', () => {}).resume();
  await once(stranger, 'close');
  kickd.kill('SIGTERM');
  await kickd.ended;
  const after = readFileSync(file, 'latin1');
  t.ok(after.startsWith(before) && after.length > before.length);
  t.equal(verifyAudit([{ file, text: after }], sha256).kind, 'whole');
});

t.test('one allowed caller does not starve another', async (t) => {
  const kickd = await startFixture(t.testdir(), {
    acl: `path /run\nmethod save\nallow ${monitor}, ${other}\n`,
    kicksPerMinute: 8,
    perSource: { connections: 100, perSecond: 100_000 },
  });
  t.teardown(() => kickd.agent.close());
  kickd.cm.plan('gate');
  const because = { since: '2020-01-01T00:00:00Z' };
  const codes: (string | undefined)[] = [];
  for (let n = 1; n <= 60; n += 1) {
    const reply = await kickd.post(kickOf(n, { because }), { certname: other });
    codes.push(reply.status === 202 ? undefined : reply.code);
  }
  const joined = codes.filter((code) => code === undefined).length;
  t.ok(joined > 8, `joins cost less: ${String(joined)}`);
  t.ok(codes.includes('KICKS_LIMITED'), 'and still have an end');
  const reply = await kickd.post(kickOf(1000, { because }));
  t.equal(reply.status, 202, reply.text);
  await kickd.cm.release();
  await kickd.get(`/run/${kickd.runOf(reply).run}?wait=10`);
});

t.test('a repeat that Ruby alone reads never makes a rule wider', async (t) => {
  for (const path of [
    '^/[a-z]+{,2}$',
    '^/(?:[a-z/.\\d]+){01}$',
    '^/run/[^/]+{,2}$',
    '^/[\\d-z]+$',
  ]) {
    const conf = `path ~ ${path}\nallow admin.example.com\n\npath /run\nallow *.example.com\n`;
    const parsed = parseAcl(conf, 'auth.conf', { anyCertname: false });
    const decision =
      parsed.kind === 'faults'
        ? 'refused'
        : authorize(parsed.acl, {
            path: '/run/web1.example.com',
            method: 'save',
            certname: 'lab1.example.com',
            ip: '192.0.2.1',
            environment: 'production',
          }).decision;
    t.equal(decision, 'refused', path);
  }
});
