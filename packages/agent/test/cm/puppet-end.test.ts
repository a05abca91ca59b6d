import t from 'tap';
import type { Outcome } from '@kickd/protocol';
import { judgePuppetEnd, judgeWithoutReport } from '../../src/cm/puppet-end.ts';
import { readPuppetLog } from '../../src/cm/puppet-log.ts';
import type { PuppetReport } from '../../src/cm/puppet-report.ts';
import type { ToolEnd } from '../../src/ports.ts';

const run = '0193a000-0000-7000-8000-000000000001';
const endOf = (end: Partial<ToolEnd>): ToolEnd => ({
  run,
  noop: false,
  startedAt: new Date(0),
  ...end,
});
const reportOf = (report: Partial<PuppetReport>): PuppetReport => ({
  status: 'unchanged',
  completed: true,
  noop: false,
  noopPending: false,
  cachedCatalog: false,
  corrected: [],
  pending: [],
  failed: [],
  ...report,
});
const apache = { resource: 'Service[apache2]', corrective: false };
const motd = { resource: 'File[/etc/motd]', corrective: false };

// ── a report, and the code beside it ────────────────────────────────────────

type Row = [
  what: string,
  end: Partial<ToolEnd>,
  report: Partial<PuppetReport>,
  outcome: Partial<Omit<Outcome, 'reason'>> & { reason?: RegExp },
];
const changed: Partial<PuppetReport> = {
  status: 'changed',
  corrected: [apache],
};
const rows: Row[] = [
  ['nothing to do', { exitCode: 0 }, {}, { kind: 'unchanged' }],
  ['changed', { exitCode: 2 }, changed, { kind: 'corrected' }],
  [
    'changed, and more than the report names',
    { exitCode: 2 },
    { status: 'changed' },
    { kind: 'corrected' },
  ],
  ['adopted: nobody saw the code', {}, changed, { kind: 'corrected' }],
  ...[1, 4, 15, 24, 70, 126, 127, 137].map((exitCode): Row => [
    `a clean report, and ${String(exitCode)}`,
    { exitCode },
    {},
    {
      kind: 'failed',
      code: 'exit-code',
      exitCode,
      reason: new RegExp(`ended with ${String(exitCode)}, although`),
    },
  ]),
  [
    'a clean report with changes, and 1',
    { exitCode: 1 },
    { ...changed, firstError: 'Could not run command from postrun_command' },
    {
      kind: 'partly',
      code: 'exit-code',
      corrected: [apache],
      reason: /no failure: Could not run command from postrun_command$/,
    },
  ],
  [
    'a clean report, and 6',
    { exitCode: 6 },
    changed,
    { kind: 'partly', code: 'exit-code' },
  ],
  [
    'killed behind its report',
    { signal: 'SIGKILL' },
    changed,
    { kind: 'partly', code: 'killed', reason: /SIGKILL/ },
  ],
  [
    'a resource could not be restarted',
    { exitCode: 4 },
    { status: 'failed', failed: ['Service[apache2]'] },
    { kind: 'failed', code: 'resources' },
  ],
  [
    'the host is in noop',
    { exitCode: 0 },
    { noop: true, noopPending: true, pending: [apache] },
    {
      kind: 'unchanged',
      code: 'noop-of-the-host',
      pending: [apache],
      reason: /noop = true/,
    },
  ],
  [
    'the host is in noop, and there is nothing to do',
    { exitCode: 0 },
    { noop: true },
    { kind: 'unchanged' },
  ],
  [
    'the host is in noop but for one resource',
    { exitCode: 2 },
    { ...changed, noop: true, noopPending: true, pending: [motd] },
    {
      kind: 'corrected',
      code: 'noop-of-the-host',
      corrected: [apache],
      pending: [motd],
    },
  ],
  [
    'a resource is in noop',
    { exitCode: 0 },
    { pending: [apache] },
    {
      kind: 'unchanged',
      code: 'noop-of-a-resource',
      pending: [apache],
      reason: /noop => true of Service\[apache2\]/,
    },
  ],
  [
    'one changed, one is in noop',
    { exitCode: 2 },
    { ...changed, pending: [motd] },
    { kind: 'corrected', code: 'noop-of-a-resource', pending: [motd] },
  ],
  [
    'noop was asked for',
    { exitCode: 0, noop: true },
    { noop: true, noopPending: true, pending: [apache] },
    { kind: 'unchanged', pending: [apache] },
  ],
  [
    'noop was asked for, and a resource changed all the same',
    { exitCode: 2, noop: true },
    { ...changed, noop: true, noopPending: true, pending: [motd] },
    {
      kind: 'corrected',
      code: 'noop-ignored',
      corrected: [apache],
      pending: [motd],
      reason: /Service\[apache2\] was changed in a noop run/,
    },
  ],
  [
    'noop was asked for, and a failure is told before it',
    { exitCode: 6, noop: true },
    { ...changed, noop: true, status: 'failed', failed: ['Exec[/x]'] },
    { kind: 'partly', code: 'resources', corrected: [apache] },
  ],
  [
    'not complete, and 0',
    { exitCode: 0 },
    { completed: false, status: 'failed' },
    { kind: 'failed', code: 'interrupted' },
  ],
  [
    'no catalog',
    { exitCode: 1 },
    { completed: false, status: 'failed', firstError: 'x' },
    { kind: 'failed', code: 'catalog', reason: /^x$/ },
  ],
];
for (const [what, end, report, outcome] of rows) {
  t.test(what, (t) => {
    const judged = judgePuppetEnd(endOf(end), reportOf(report));
    t.match(judged, outcome);
    t.equal(judged.code, outcome.code);
    t.same(judged.corrected, outcome.corrected ?? report.corrected ?? []);
    if (outcome.pending === undefined && end.noop !== true) {
      t.notOk('pending' in judged);
    }
    t.end();
  });
}

// ── no report ───────────────────────────────────────────────────────────────

const error =
  'Info: x\n\u001b[1;31mError: No more routes to ca\u001b[0m\nError: b\n';
const without: [
  end: Partial<ToolEnd>,
  log: string | undefined,
  outcome: object,
][] = [
  [{ exitCode: 0 }, undefined, { kind: 'failed', code: 'no-report' }],
  [{ exitCode: 1 }, undefined, { kind: 'failed', code: 'no-report' }],
  [{ exitCode: 2 }, undefined, { kind: 'corrected', code: 'no-report' }],
  [{ exitCode: 4 }, undefined, { kind: 'failed', code: 'resources' }],
  [{ exitCode: 6 }, undefined, { kind: 'partly', code: 'resources' }],
  [{ exitCode: 24 }, undefined, { kind: 'failed', code: 'no-report' }],
  [{ exitCode: 137 }, undefined, { kind: 'failed', code: 'no-report' }],
  [{ signal: 'SIGTERM' }, undefined, { kind: 'failed', code: 'killed' }],
  [{}, undefined, { kind: 'failed', code: 'no-report' }],
  ...[0, 1, 4, 6].map((exitCode): (typeof without)[number] => [
    { exitCode },
    error,
    { reason: 'No more routes to ca', exitCode },
  ]),
  [
    { exitCode: 1 },
    'Error: Facter: x\n',
    { reason: /^puppet ended with 1 before it could report/ },
  ],
  [
    { exitCode: 1 },
    'Error: Could not parse application options: invalid option: --maxwaitforlock=300\n',
    { kind: 'failed', code: 'too-old', reason: /6\.16 or later/ },
  ],
  [
    { exitCode: 4 },
    'Error: /opt/x: invalid option: --wait\n',
    { kind: 'failed', code: 'resources' },
  ],
  [
    { exitCode: 127 },
    "/usr/bin/env: 'ruby': No such file or directory\n",
    {
      kind: 'not-started',
      code: 'spawn',
      exitCode: 127,
      reason: /could not be started.*'ruby': No such file/,
    },
  ],
  [
    { exitCode: 126 },
    undefined,
    { kind: 'not-started', code: 'spawn', reason: /could not be started/ },
  ],
];
for (const [end, log, outcome] of without) {
  t.test(`no report, ${JSON.stringify([end, log])}`, (t) => {
    const judged = judgeWithoutReport(endOf(end), readPuppetLog(log));
    t.match(judged, outcome);
    t.same(judged.corrected, []);
    t.end();
  });
}

t.test('a report that cannot be read has a code of its own', (t) => {
  for (const [exitCode, kind] of [
    [0, 'failed'],
    [1, 'failed'],
    [2, 'corrected'],
    [4, 'failed'],
    [6, 'partly'],
    [127, 'failed'],
    [undefined, 'failed'],
  ] as const) {
    const end = endOf(exitCode === undefined ? {} : { exitCode });
    t.match(judgeWithoutReport(end, readPuppetLog(undefined), 'it is empty'), {
      kind,
      code: 'report-unreadable',
      reason: 'the report of this run cannot be read: it is empty',
    });
  }
  t.end();
});
