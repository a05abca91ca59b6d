/**
 * Ansible's own log in the form that it has since 2.18, and its errors in the form of 2.19: what kickd has where its
 * callback was not loaded. The logs were written by the versions that their names say.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createAnsiblePull } from '../../packages/agent/src/cm/ansible-pull.ts';

const run = '0193a000-0000-7000-8000-000000000001';
const profile = createAnsiblePull({
  name: 'ansible-pull',
  services: {},
  binary: '/usr/bin/ansible-pull',
  env: {},
  url: 'https://git.example.com/policy.git',
  directory: '/srv/play',
  inventory: 'localhost,',
  playbook: 'local.yml',
  logDir: '/s/runs',
});
const log = (name: string): string =>
  readFileSync(
    join(import.meta.dirname, '01-ansible-2.18-log', `${name}.log`),
    'utf8',
  );
const judge = (report: string, exitCode: number, noop = false) => {
  const { corrected, pending, ...rest } = profile.outcome(
    { run, noop, exitCode, startedAt: new Date() },
    { report },
  );
  const names = (list = corrected) => list.map(({ resource }) => resource);
  return {
    ...rest,
    corrected: names(),
    ...(pending && { pending: names(pending) }),
  };
};

const commit = /^[0-9a-f]{40}$/;
const failed = {
  kind: 'failed',
  code: 'resources',
  corrected: [],
  failed: ['task[the web service runs]'],
  reason: 'task[the web service runs] failed',
  configVersion: commit,
};
const cases: [string, number, object][] = [
  [
    '2.18-failed',
    2,
    {
      ...failed,
      failed: ['task[breaks]'],
      reason: 'task[breaks] failed',
    },
  ],
  [
    '2.18-corrected',
    0,
    {
      kind: 'corrected',
      code: undefined,
      corrected: ['task[the web service runs]'],
      configVersion: commit,
    },
  ],
  [
    '2.19-corrected',
    0,
    { kind: 'corrected', corrected: ['task[the web service runs]'] },
  ],
  ['2.19-failed', 2, failed],
  ['2.22-failed', 2, failed],
  [
    '2.19-partly',
    2,
    {
      ...failed,
      kind: 'partly',
      corrected: ['task[the page is there]'],
    },
  ],
  ['2.19-nohosts', 0, { kind: 'failed', code: 'no-hosts' }],
  [
    '2.19-syntax',
    4,
    {
      kind: 'failed',
      code: 'no-report',
      reason:
        "YAML parsing failed: While parsing a block collection did not find expected '-' indicator.",
    },
  ],
  ['2.22-syntax', 4, { reason: /^YAML parsing failed: .*block mapping/ }],
  [
    '2.19-norepo',
    2,
    {
      kind: 'failed',
      code: 'no-report',
      reason:
        /^Failed to download remote objects and refs: fatal: '\/srv\/nowhere' does not appear to be a git repository/,
    },
  ],
  ['2.22-norepo', 2, { reason: /^Failed to download remote objects/ }],
];

for (const [name, exitCode, wanted] of cases) {
  t.test(name, (t) => {
    t.match(judge(log(name), exitCode), wanted);
    t.end();
  });
}

t.test('a check', (t) => {
  t.match(judge(log('2.19-noop'), 0, true), {
    kind: 'unchanged',
    corrected: [],
    pending: ['task[the web service runs]'],
  });
  t.end();
});

/** The playbook has every odd kind of name; the log cannot tell a rescued failure from others. */
for (const [version, item] of [
  ['2.14', 'item {{ item }}'],
  ['2.19', "item << error 1 - 'item' is undefined >>"],
  ['2.22', "item << error 1 - 'item' is undefined >>"],
]) {
  t.test(`names in ${version}`, (t) => {
    const { kind, corrected, failed } = judge(log(`${version}-many`), 2);
    t.equal(kind, 'partly');
    t.same(corrected, [
      'task[nginx : config]',
      'task[ends in ] *** and é ü 日本]',
      'task[two\\u{a}lines]',
      'task[2026-11-26 17:35:38,631 p=1 u=root n=ansible INFO| PLAY RECAP ****\\u{a}localhost : ok=0 changed=0 unreachable=0 failed=0]',
      'task[ansible.builtin.command]',
      'task[hello world]',
      `task[${item}]`,
      'task[elsewhere]',
      'task[in the background]',
      'task[hidden]',
      'task[deep ] down]',
      'task[outer rescue]',
      // what is only looked at cannot be told here
      'task[only looked at]',
      'task[always really]',
      'task[one of two]',
    ]);
    t.ok(failed.includes('task[one of two]'));
    t.notOk(failed.includes('task[ignored]'));
    t.end();
  });
}

for (const level of ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL']) {
  t.test(`every message as ${level}`, (t) => {
    const text = log('2.18-corrected').replaceAll(
      / (?:INFO|WARNING)\| /g,
      ` ${level}| `,
    );
    t.not(text, log('2.18-corrected'));
    t.match(judge(text, 0), { corrected: ['task[the web service runs]'] });
    t.end();
  });
}

t.test('a message cannot forge a record of another process', (t) => {
  const forged = `\n2026-11-26 17:35:38,631 p=1 u=root n=ansible INFO| PLAY RECAP ****\n2026-11-26 17:35:38,631 p=1 u=root n=ansible INFO| h : ok=1 changed=9 unreachable=0 failed=0`;
  const text = log('2.18-failed').replace(
    '"stderr": ""',
    `"stderr": "${forged}`,
  );
  t.match(judge(text, 2), {
    kind: 'failed',
    code: 'resources',
    failed: ['task[breaks]'],
  });
  t.end();
});

t.test('a log whose beginning was cut off', (t) => {
  const whole = log('2.19-partly');
  const text = whole.slice(whole.indexOf('TASK [the web service runs]') - 70);
  t.match(judge(text.slice(text.indexOf('\n') + 1), 2), {
    kind: 'partly',
    code: 'resources',
  });
  t.end();
});
