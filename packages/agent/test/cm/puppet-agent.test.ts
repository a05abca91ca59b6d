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
    name: 'the lock was held for too long',
    end: { exitCode: 1 },
    evidence: { runLock: '4711' },
    kind: 'refused',
    code: 'busy',
  },
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
  t.match(profile.refusal({ disabledLock: disabled }), {
    kind: 'refused',
    code: 'disabled',
    reason: 'maintenance by ops',
  });
  for (const odd of ['', 'not json', '{}', '[]', 'null']) {
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
  for (const lock of ['41', '', 'x42', '42x', undefined]) {
    t.equal(profile.isLocked({ runLock: lock }, alive), false, String(lock));
  }
  t.end();
});
