import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createPuppetSite, leaveReport } from './puppet-site.ts';

const here = join(import.meta.dirname, '19-binary-strings-and-many-aliases');
const site = createPuppetSite(t.testdir());
t.teardown(() => site.close());

t.test('binary strings are read: as UTF-8, or as Latin-1', async (t) => {
  site.puppet.plan(`${leaveReport(join(here, 'report.report'))}; exit 4`);
  t.match((await site.kick()).outcome, {
    kind: 'failed',
    code: 'resources',
    failed: ['Service[apache2]', 'File[/srv/für]'],
    reason: 'Dienst läuft nicht',
  });
});

t.test('any number of aliases of one text', async (t) => {
  const file = join(t.testdir(), 'report');
  for (const count of [1000, 1200, 50_000]) {
    const entries = Array.from({ length: count }, (_, n) => {
      const status = n === 0 ? '&id002 success' : '*id002';
      const events =
        n % 1000 === 0
          ? `\n    - property: ensure\n      status: ${status}`
          : ' []';
      return `  File[/${String(n)}]:\n    resource: File[/${String(n)}]\n    file: ${n === 0 ? '&id001 /etc/puppet/site.pp' : '*id001'}\n    failed: false\n    events:${events}\n`;
    });
    writeFileSync(
      file,
      `--- !ruby/object:Puppet::Transaction::Report\njob_id: JOB\nstatus: changed\ntransaction_completed: true\nresource_statuses:\n${entries.join('')}`,
    );
    site.puppet.plan(`${leaveReport(file)}; exit 2`);
    const { outcome } = await site.kick();
    t.match(outcome, {
      kind: 'corrected',
      corrected: [{ resource: 'File[/0]' }],
    });
    t.equal(outcome.corrected.length, Math.ceil(count / 1000));
  }
});

t.test('aliases of aliases of lists come to nothing', async (t) => {
  const file = join(t.testdir(), 'report');
  const levels = Array.from(
    { length: 40 },
    (_, n) =>
      `  x${String(n)}: &a${String(n)} [${n === 0 ? 'x' : `*a${String(n - 1)}, *a${String(n - 1)}`}]\n`,
  );
  writeFileSync(
    file,
    `---\njob_id: JOB\nstatus: unchanged\nlogs: []\nmetrics:\n${levels.join('')}resource_statuses:\n  File[a]:\n    resource: *a39\n    failed: true\n    events: *a39\n`,
  );
  site.puppet.plan(`${leaveReport(file)}; exit 4`);
  t.match((await site.kick()).outcome, { kind: 'failed', failed: ['File[a]'] });
});
