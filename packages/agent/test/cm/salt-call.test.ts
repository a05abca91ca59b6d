import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createSaltCall } from '../../src/cm/salt-call.ts';
import { parseSaltReturn } from '../../src/cm/salt-return.ts';

const run = '0193a000-0000-7000-8000-000000000001';
const profile = createSaltCall({
  name: 'salt-call',
  services: {},
  binary: '/usr/bin/salt-call',
  env: {},
  isLocal: true,
  configDir: '/etc/salt-kickd',
  states: [],
  logDir: '/s/runs',
});
const recorded = (name: string): string =>
  readFileSync(
    join(import.meta.dirname, 'recorded/salt-call', `${name}.json`),
    'utf8',
  );
const judge = (name: string, exitCode: number, noop = false) =>
  profile.outcome(
    { run, noop, exitCode, startedAt: new Date() },
    { report: recorded(name) },
  );

for (const [name, exitCode, wanted] of [
  ['busy', 1, { kind: 'refused', code: 'busy', reason: /PID 4711/ }],
  ['policy', 1, { kind: 'failed', code: 'policy', reason: /Rendering SLS/ }],
  ['partly', 2, { failed: ['service[apache2]', 'cmd[reload]'] }],
  ['unchanged', 1, { kind: 'failed', code: 'exit-code' }],
  // `test: True` of the minion's own configuration: not asked for, and yet nothing was done
  [
    'noop',
    0,
    { kind: 'unchanged', pending: [{ resource: 'service[apache2]' }] },
  ],
] as const) {
  t.test(`${name}, exit ${String(exitCode)}`, (t) => {
    t.match(judge(name, exitCode), { ...wanted, exitCode });
    t.end();
  });
}

t.test('a diff stays in the return', (t) => {
  t.match(recorded('partly'), /hunter2/);
  t.notMatch(JSON.stringify(judge('partly', 2)), /hunter2/);
  t.end();
});

for (const text of [
  '',
  '{',
  'null',
  '[]',
  '{}',
  '{"local": 1}',
  '{"local": {"a": 1}}',
  '{"local": {"a": {}}}',
]) {
  t.test(`no return: ${text}`, (t) => {
    t.equal(parseSaltReturn(text), undefined);
    t.end();
  });
}

t.test('one text for all states', (t) => {
  t.same(parseSaltReturn('{"local": "No matching sls found"}'), {
    kind: 'errors',
    errors: ['No matching sls found'],
  });
  t.end();
});

t.test('without a master', (t) => {
  const { argv } = profile.command(run, { cm: 'salt-call', noop: false });
  t.ok(argv.includes('--local'));
  t.ok(argv.includes('--config-dir=/etc/salt-kickd'));
  t.end();
});
