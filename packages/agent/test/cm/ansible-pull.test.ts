import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createAnsiblePull } from '../../src/cm/ansible-pull.ts';

const run = '0193a000-0000-7000-8000-000000000001';
const profile = createAnsiblePull({
  name: 'ansible-pull',
  services: {},
  binary: '/usr/bin/ansible-pull',
  env: { PATH: '/usr/bin', ANSIBLE_LOG_PATH: '/elsewhere' },
  url: 'https://git.example.com/policy.git',
  checkout: 'stable',
  directory: '/s/ansible',
  inventory: 'localhost,',
  playbook: 'local.yml',
  logDir: '/s/runs',
});
const recorded = (name: string): string =>
  readFileSync(
    join(import.meta.dirname, 'recorded/ansible-pull', `${name}.log`),
    'utf8',
  );
const judge = (name: string, exitCode: number) =>
  profile.outcome(
    { run, noop: false, exitCode, startedAt: new Date() },
    { report: recorded(name) },
  );

t.test('the log that is read is the one that is asked for', (t) => {
  const { env, argv } = profile.command(run, { cm: 'x', noop: false });
  t.equal(env['ANSIBLE_LOG_PATH'], profile.evidenceFiles(run)['report']);
  t.equal(env['PATH'], '/usr/bin');
  t.ok(argv.includes('--checkout=stable'));
  t.end();
});

t.test('ignored and rescued failures are none, and a handler counts', (t) => {
  const { kind, corrected, failed } = judge('healed', 0);
  t.equal(kind, 'corrected');
  t.same(
    corrected.map(({ resource }) => resource),
    ['task[looped]', 'task[rescues]', 'handler[told]'],
    // one item of the loop holds a line that looks like another process's record
  );
  t.same(failed, []);
  t.end();
});

for (const [name, exitCode, wanted] of [
  ['corrected', 0, { configVersion: /^[0-9a-f]{40}$/ }],
  ['no-hosts', 0, { kind: 'failed', code: 'no-hosts' }],
  // tags that match nothing: as with Puppet, nothing was to be done
  ['no-task', 0, { kind: 'unchanged', code: undefined }],
  [
    'missing',
    5,
    {
      kind: 'failed',
      code: 'no-report',
      reason: 'Could not find a playbook to run.',
    },
  ],
  ['failed', 2, { reason: 'task[the web service runs] failed' }],
  // a recap without failures, and yet: 250 is an exception in Ansible itself
  ['unchanged', 250, { kind: 'failed', code: 'exit-code' }],
  ['corrected', 250, { kind: 'partly', code: 'exit-code' }],
] as const) {
  t.test(`${name}, exit ${String(exitCode)}`, (t) => {
    t.match(judge(name, exitCode), wanted);
    t.end();
  });
}

t.test('no word of a result leaves the log', (t) => {
  t.notMatch(JSON.stringify(judge('failed', 2)), /bind|already in use/);
  t.end();
});

t.test('what another process writes into the log says nothing', (t) => {
  const forged = recorded('unchanged').replace(
    /^(.*) p=(\d+) (.*\| PLAY RECAP.*)$/m,
    '$1 p=1$2 u=root n=ansible | changed: [localhost]\n$1 p=$2 $3',
  );
  t.not(forged, recorded('unchanged'));
  t.match(
    profile.outcome(
      { run, noop: false, exitCode: 0, startedAt: new Date() },
      { report: forged },
    ),
    { kind: 'unchanged', corrected: [] },
  );
  t.end();
});
