import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createPuppetSite, leaveReport } from './puppet-site.ts';

/** `noop = true` in puppet.conf, or `noop => true` of a resource: nothing is changed, however often it is kicked. */
const here = join(import.meta.dirname, '08-noop-of-the-host');
const apache = {
  resource: 'Service[apache2]',
  property: 'ensure',
  from: 'stopped',
  to: 'running',
};
const site = createPuppetSite(t.testdir());
t.teardown(() => site.close());

const leaveEdited = (name: string, edit: (text: string) => string): string => {
  const file = join(t.testdirName, 'edited.report');
  writeFileSync(file, edit(readFileSync(join(here, name), 'utf8')));
  return leaveReport(file);
};

t.test('the host is in noop', async (t) => {
  site.puppet.plan(leaveReport(join(here, 'report.report')));
  for (const cm of ['puppet-agent', 'puppet-apply']) {
    if (cm === 'puppet-apply')
      site.puppet.plan(
        leaveReport(join(here, 'report.report')).replace(
          '"$REPORT"',
          `"$(echo "$*" | sed 's/.*--lastrunreport=//; s/ .*//')"`,
        ),
      );
    t.match((await site.kick({ cm })).outcome, {
      kind: 'unchanged',
      code: 'noop-of-the-host',
      reason: /noop = true/,
      pending: [apache],
      corrected: [],
    });
  }
});

t.test('a resource is in noop', async (t) => {
  site.puppet.plan(
    leaveEdited('report.report', (text) =>
      text.replace('noop: true', 'noop: false'),
    ),
  );
  t.match((await site.kick()).outcome, {
    kind: 'unchanged',
    code: 'noop-of-a-resource',
    reason: /noop => true of Service\[apache2\]/,
    pending: [apache],
  });
});

t.test('noop was asked for: no code', async (t) => {
  site.puppet.plan(leaveReport(join(here, 'report.report')));
  const { outcome } = await site.kick({ noop: true });
  t.match(outcome, { kind: 'unchanged', pending: [apache] });
  t.notOk(outcome.code);
});

t.test('a change in a run that was to change nothing is named', async (t) => {
  for (const exit of [0, 2]) {
    site.puppet.plan(
      `${leaveReport(join(here, 'noop-false.report'))}; exit ${String(exit)}`,
    );
    t.match((await site.kick({ noop: true })).outcome, {
      kind: 'corrected',
      code: 'noop-ignored',
      reason: /File\[\/var\/tmp\/kickd-case\] was changed in a noop run/,
      corrected: [{ resource: 'File[/var/tmp/kickd-case]' }],
      pending: [apache],
    });
  }
});

t.test('a host that is not in noop: neither pending nor code', async (t) => {
  site.puppet.plan(
    leaveEdited('report.report', (text) =>
      text
        .replace('noop: true', 'noop: false')
        .replace('noop_pending: true', 'noop_pending: false')
        .replace('status: noop', 'status: audit'),
    ),
  );
  const { outcome } = await site.kick();
  t.equal(outcome.kind, 'unchanged');
  t.notOk(outcome.code);
  t.notOk('pending' in outcome);
});
