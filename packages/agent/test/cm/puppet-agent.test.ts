import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createPuppetAgent } from '../../src/cm/puppet-agent.ts';
import type { Evidence, ToolEnd } from '../../src/ports.ts';

const run = '0193a000-0000-7000-8000-000000000001';
const otherRun = '0193a000-0000-7000-8000-000000000002';
const profile = createPuppetAgent({
  name: 'puppet-agent',
  services: {},
  binary: '/usr/bin/puppet',
  env: { PATH: '/usr/bin' },
  waitForLockSeconds: 300,
  files: { report: '/r', runLock: '/l', disabledLock: '/d', summary: '/s' },
  logDir: '/s/runs',
});

const report = (name: string, job: string, edit = (s: string) => s): string =>
  edit(
    readFileSync(
      join(import.meta.dirname, 'recorded', 'puppet', `${name}.yaml`),
      'utf8',
    ),
  ).replace('status:', `job_id: ${job}\nstatus:`);

t.test('the command is literal, and only the scope varies', (t) => {
  const always = [
    'agent',
    '--onetime',
    '--no-daemonize',
    '--no-splay',
    '--detailed-exitcodes',
    '--waitforcert=0',
    '--waitforlock=1',
    '--maxwaitforlock=300',
    '--color=false',
    '--logdest=console',
    '--logdest=syslog',
    '--no-show_diff',
    `--job-id=${run}`,
  ];
  const plain = { cm: 'puppet-agent', noop: false };
  t.same(profile.command(run, plain), {
    file: '/usr/bin/puppet',
    argv: always,
    env: { PATH: '/usr/bin' },
  });
  t.same(
    profile.command(run, {
      ...plain,
      noop: true,
      tags: ['a', 'b'],
      environment: 'test',
    }).argv,
    [...always, '--tags=a,b', '--noop', '--environment=test'],
  );
  t.end();
});

const disabled = JSON.stringify({ disabled_message: 'maintenance by ops' });
const interrupted = (text: string): string =>
  text
    .replace('transaction_completed: true', 'transaction_completed: false')
    .replace('status: unchanged', 'status: failed');
const noCatalog = (text: string): string =>
  interrupted(text).replace(
    'logs:',
    'logs:\n- level: err\n  message: Could not retrieve catalog; skipping run',
  );

interface Case {
  name: string;
  end: Partial<ToolEnd>;
  evidence: Evidence;
  kind: string;
  code?: string;
  reason?: RegExp;
}

const cases: Case[] = [
  {
    name: 'nothing to do',
    end: { exitCode: 0 },
    evidence: { report: report('unchanged', run) },
    kind: 'unchanged',
  },
  {
    name: 'Apache restarted',
    end: { exitCode: 2 },
    evidence: { report: report('corrected', run) },
    kind: 'corrected',
  },
  {
    name: 'a resource failed',
    end: { exitCode: 4 },
    evidence: { report: report('failed', run) },
    kind: 'failed',
    code: 'resources',
  },
  {
    name: 'corrected and failed',
    end: { exitCode: 6 },
    evidence: { report: report('partly', run) },
    kind: 'partly',
    code: 'resources',
  },
  {
    name: 'noop with drift',
    end: { exitCode: 0, noop: true },
    evidence: { report: report('noop', run) },
    kind: 'unchanged',
  },
  {
    name: "the report is another run's, and the exit code says nothing",
    end: { exitCode: 0 },
    evidence: { report: report('corrected', otherRun) },
    kind: 'failed',
    code: 'no-report',
  },
  {
    name: "the report is another run's, and the exit code speaks",
    end: { exitCode: 2 },
    evidence: { report: report('unchanged', otherRun) },
    kind: 'corrected',
    code: 'no-report',
  },
  {
    name: 'ended by TERM: exit 0 and a report that is not complete',
    end: { exitCode: 0 },
    evidence: { report: report('unchanged', run, interrupted) },
    kind: 'failed',
    code: 'interrupted',
  },
  {
    name: 'ended by KILL',
    end: { signal: 'SIGKILL' },
    evidence: { runLock: '4711' },
    kind: 'failed',
    code: 'killed',
    reason: /SIGKILL/,
  },
  {
    name: 'the catalog could not be had',
    end: { exitCode: 1 },
    evidence: { report: report('unchanged', run, noCatalog) },
    kind: 'failed',
    code: 'catalog',
    reason: /Could not retrieve catalog/,
  },
  {
    name: 'disabled while it was starting',
    end: { exitCode: 1 },
    evidence: {
      report: report('unchanged', otherRun),
      disabledLock: disabled,
    },
    kind: 'refused',
    code: 'disabled',
    reason: /maintenance by ops/,
  },
  {
    name: 'the lock was held for too long, by a process that lives',
    end: { exitCode: 1, isAlive: (pid) => pid === 4711 },
    evidence: { runLock: '4711\n' },
    kind: 'refused',
    code: 'busy',
  },
  {
    name: 'the lock was held for too long, and Puppet says so',
    end: { exitCode: 1 },
    evidence: {
      log: 'Notice: Exiting now because the maxwaitforlock timeout has been exceeded.\n',
    },
    kind: 'refused',
    code: 'busy',
  },
  {
    name: 'a lock of a living process, and another reason to fail',
    end: { exitCode: 1, isAlive: () => true },
    evidence: { runLock: '4711', log: 'Error: No more routes to ca\n' },
    kind: 'failed',
    code: 'no-report',
    reason: /^No more routes to ca$/,
  },
  ...['4711', '', '0', '-1', 'abc', '99999999999', ' 4711', '4711 4712'].map(
    (runLock): Case => ({
      name: `a lock that nobody holds: ${JSON.stringify(runLock)}`,
      // what kill(2) would make of 0 and -1
      end: { exitCode: 1, isAlive: (pid) => pid < 1 },
      evidence: { runLock },
      kind: 'failed',
      code: 'no-report',
    }),
  ),
  {
    name: 'exit 1 for no reason that a file tells',
    end: { exitCode: 1 },
    evidence: {},
    kind: 'failed',
    code: 'no-report',
  },
  {
    name: 'adopted, with a report of its own',
    end: {},
    evidence: { report: report('corrected', run) },
    kind: 'corrected',
  },
];

for (const { name, end, evidence, kind, code, reason } of cases) {
  t.test(name, (t) => {
    const outcome = profile.outcome(
      { run, noop: false, startedAt: new Date(), ...end },
      evidence,
    );
    t.equal(outcome.kind, kind);
    t.equal(outcome.code, code);
    if (reason) t.match(outcome.reason, reason);
    t.end();
  });
}

t.test('a damaged report counts as the run left it, or not at all', (t) => {
  const whole = report('corrected', run);
  const startedAt = new Date('2026-11-26T10:00:00.500Z');
  const end = { run, noop: false, startedAt, exitCode: 2 };
  const cut = Buffer.from(whole.slice(0, whole.indexOf('previous_value')));
  const judged = (text: Buffer, modifiedAt: string): unknown => {
    const streamed = profile.streamed?.(run);
    streamed?.take(text);
    const state = { kind: 'read', modifiedAt: new Date(modifiedAt) } as const;
    return streamed?.outcome(end, {}, state);
  };
  t.match(judged(cut, '2026-11-26T10:00:09Z'), {
    kind: 'corrected',
    code: 'report-unreadable',
    reason: /cannot be read: it breaks off/,
  });
  t.match(judged(cut, '2026-11-26T10:00:00Z'), { code: 'report-unreadable' });
  t.match(judged(cut, '2026-11-26T09:59:58Z'), { code: 'no-report' });
  t.match(judged(Buffer.from(''), '2026-11-26T10:00:09Z'), {
    code: 'report-unreadable',
    reason: /it is empty/,
  });
  const others = report('corrected', otherRun);
  const nul = Buffer.from(`${others}\0\0\0`);
  t.match(judged(nul, '2026-11-26T10:00:09Z'), { code: 'no-report' });
  t.match(judged(Buffer.from(`${whole}\0\0`), '2026-11-26T10:00:09Z'), {
    code: 'report-unreadable',
    reason: /NUL bytes at byte \d+/,
  });
  // as of a Puppet before 5: it may be any run's
  const nameless = whole.replace(/^job_id:.*\n/m, '');
  t.match(judged(Buffer.from(nameless), '2026-11-26T10:00:09Z'), {
    kind: 'corrected',
    code: 'no-report',
  });
  t.end();
});

t.test('the cached catalog is told', (t) => {
  const text = report('corrected', run).replace(
    'cached_catalog_status: not_used',
    'cached_catalog_status: on_failure',
  );
  const end = { run, noop: false, startedAt: new Date(), exitCode: 2 };
  t.equal(profile.outcome(end, { report: text }).cachedCatalog, true);
  t.end();
});

t.test('an administrator who disabled Puppet is heard before a start', (t) => {
  t.equal(profile.refusal({}), undefined);
  t.equal(profile.refusal({ runLock: '1' }), undefined);
  const german = JSON.stringify({
    disabled_message: 'Änderung: bitte\nnicht \u001b[31manfassen',
  });
  t.match(profile.refusal({ disabledLock: german }), {
    reason: 'Änderung: bitte nicht anfassen',
  });
  t.match(profile.refusal({ disabledLock: disabled }), {
    kind: 'refused',
    code: 'disabled',
    reason: 'maintenance by ops',
  });
  for (const odd of [
    '',
    'not json',
    '{}',
    '[]',
    'null',
    '{"disabled_message":""}',
  ]) {
    t.match(profile.refusal({ disabledLock: odd }), {
      code: 'disabled',
      reason: 'reason not specified',
    });
  }
  t.end();
});

t.test('a lock counts only while its process lives', (t) => {
  const alive = (pid: number): boolean => pid === 42;
  t.equal(profile.isLocked({ runLock: '42' }, alive), true);
  t.equal(profile.isLocked({ runLock: '42\n' }, alive), true);
  for (const lock of ['41', '', '0', '-1', 'x42', '42x', undefined]) {
    t.equal(profile.isLocked({ runLock: lock }, alive), false, String(lock));
  }
  t.end();
});
