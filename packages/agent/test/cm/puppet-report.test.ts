import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parsePuppetReport } from '../../src/cm/puppet-report.ts';

/** Reports of a real Puppet 7.23, one file a case. */
const reportText = (name: string): string =>
  readFileSync(
    join(import.meta.dirname, 'recorded', 'puppet', `${name}.yaml`),
    'utf8',
  );

t.test('what is no YAML is no report', async (t) => {
  for (const text of [
    '*nobody',
    'status: *x',
    '- '.repeat(20_000),
    '{'.repeat(20_000),
  ])
    t.equal(parsePuppetReport(text), undefined, text.slice(0, 20));
});

t.test('a corrected service is named with from and to', (t) => {
  const report = parsePuppetReport(reportText('corrected'));
  t.equal(report?.status, 'changed');
  t.equal(report?.completed, true);
  t.equal(report?.configVersion, '1795333075');
  t.same(report?.corrected, [
    {
      resource: 'Service[apache2]',
      property: 'ensure',
      from: 'stopped',
      to: 'running',
      corrective: false,
    },
  ]);
  t.end();
});

t.test('nothing changed, nothing named', (t) => {
  const report = parsePuppetReport(reportText('unchanged'));
  t.equal(report?.status, 'unchanged');
  t.same(report?.corrected, []);
  t.end();
});

t.test('what noop would have done is not told as done', (t) => {
  t.same(parsePuppetReport(reportText('noop'))?.corrected, []);
  t.end();
});

t.test('a failed resource is named, and the first error that counts', (t) => {
  const report = parsePuppetReport(reportText('partly'));
  t.same(report?.failed, ['Exec[/bin/false]']);
  t.match(report?.firstError, /^'\/bin\/false' returned 1/);
  t.equal(report?.corrected.length, 1);
  t.end();
});

t.test('a corrective change is told as one', (t) => {
  const text = reportText('corrected').replaceAll(
    'corrective_change: false',
    'corrective_change: true',
  );
  t.equal(parsePuppetReport(text)?.corrected[0]?.corrective, true);
  t.end();
});

t.test('values stay in the report unless they are of ensure', (t) => {
  const text = reportText('corrected').replace(
    'property: ensure',
    'property: password',
  );
  const [corrected] = parsePuppetReport(text)?.corrected ?? [];
  t.equal(corrected?.property, 'password');
  t.notOk(corrected?.from);
  t.notOk(corrected?.to);
  t.end();
});

const notReports = {
  empty: '',
  prose: 'hello',
  list: '- 1',
  'no status': 'host: a',
  'unknown status': 'status: splendid',
  'cut in the middle of a key': 'status: changed\nresource_statuses:\n  "Ser',
};
for (const [name, text] of Object.entries(notReports)) {
  t.test(`not a report: ${name}`, (t) => {
    t.doesNotThrow(() => parsePuppetReport(text));
    if (name !== 'cut in the middle of a key') {
      t.equal(parsePuppetReport(text), undefined);
    }
    t.end();
  });
}

t.test('foreign text in a report is made printable', (t) => {
  const text = reportText('corrected').replace(
    'resource: Service[apache2]',
    'resource: "Service[a\\e[31mb\\n]"',
  );
  const [corrected] = parsePuppetReport(text)?.corrected ?? [];
  t.equal(corrected?.resource, 'Service[a\\u{1b}[31mb\\u{a}]');
  t.end();
});
