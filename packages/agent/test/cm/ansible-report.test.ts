import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createAnsiblePull } from '../../src/cm/ansible-pull.ts';
import { parseAnsibleReport } from '../../src/cm/ansible-report.ts';

const run = '0193a000-0000-7000-8000-000000000001';
const profile = createAnsiblePull({
  name: 'ansible-pull',
  services: {},
  binary: '/usr/bin/ansible-pull',
  env: { PATH: '/usr/bin', KICKD_ANSIBLE_REPORT: '/elsewhere' },
  url: 'https://git.example.com/policy.git',
  directory: '/s/ansible',
  inventory: 'localhost,',
  playbook: 'local.yml',
  logDir: '/s/runs',
  callbacks: '/usr/lib/kickd/ansible',
});
const recorded = (name: string): string =>
  readFileSync(
    join(import.meta.dirname, 'recorded/ansible-report', `${name}.jsonl`),
    'utf8',
  );
const judge = (
  results: string,
  end: { exitCode?: number; signal?: string; noop?: boolean },
  evidence: Record<string, string> = {},
) => {
  const outcome = profile.outcome(
    { run, noop: false, startedAt: new Date(), ...end },
    { results, ...evidence },
  );
  const names = (list: typeof outcome.pending) =>
    list?.map(({ resource }) => resource);
  return {
    ...outcome,
    corrected: names(outcome.corrected),
    pending: names(outcome.pending),
  };
};

const service = 'task[the web service runs]';
for (const [name, end, wanted] of [
  [
    'unchanged',
    { exitCode: 0 },
    { kind: 'unchanged', corrected: [], pending: undefined, code: undefined },
  ],
  ['corrected', { exitCode: 0 }, { kind: 'corrected', corrected: [service] }],
  // nobody saw the exit code
  ['corrected', {}, { kind: 'corrected', corrected: [service] }],
  // an exception in Ansible itself, behind the play
  ['corrected', { exitCode: 250 }, { kind: 'partly', code: 'exit-code' }],
  ['corrected', { signal: 'SIGKILL' }, { kind: 'partly', code: 'killed' }],
  ['unchanged', { signal: 'SIGTERM' }, { kind: 'failed', code: 'killed' }],
  [
    'partly',
    { exitCode: 2 },
    {
      kind: 'partly',
      code: 'resources',
      corrected: ['task[the page is there]'],
      failed: [service],
      reason: `${service} failed`,
    },
  ],
  ['failed', { exitCode: 2 }, { kind: 'failed', failed: [service] }],
  ['no-hosts', { exitCode: 0 }, { kind: 'failed', code: 'no-hosts' }],
  // a play for another host beside one that failed
  ['no-hosts', { exitCode: 4 }, { kind: 'failed', code: 'exit-code' }],
  [
    'noop',
    { exitCode: 0, noop: true },
    { kind: 'unchanged', corrected: [], pending: [service] },
  ],
  [
    'unchanged',
    { exitCode: 0, noop: true },
    { kind: 'unchanged', corrected: [], pending: [] },
  ],
  [
    'check-mode',
    { exitCode: 0, noop: true },
    {
      kind: 'corrected',
      code: 'noop-ignored',
      corrected: ['task[always really]'],
      pending: ['task[nginx : config]', 'task[only looked at]'],
      reason: /check_mode: false/,
    },
  ],
  // the same report of a run that was to be real: check_mode: true of the policy
  [
    'noop',
    { exitCode: 0 },
    {
      kind: 'unchanged',
      code: 'noop-of-a-resource',
      pending: [service],
      reason: /check_mode: true/,
    },
  ],
] as const) {
  t.test(`${name}, ${JSON.stringify(end)}`, (t) => {
    t.match(judge(recorded(name), end), wanted);
    t.end();
  });
}

t.test('every odd kind of name, and of failure', (t) => {
  const outcome = judge(recorded('many'), { exitCode: 2 });
  t.match(outcome, {
    kind: 'partly',
    code: 'resources',
    failed: ['task[one of two]'],
    pending: ['task[only looked at]'],
    reason: 'task[one of two] failed',
  });
  t.same(outcome.corrected?.length, 14);
  t.ok(outcome.corrected?.includes('task[ends in ] *** and é ü 日本]'));
  t.ok(outcome.corrected?.includes('task[one of two]'), 'one item was changed');
  t.end();
});

const begin = '{"is":"begin","format":1}\n';
const end = (counts: object): string =>
  `${JSON.stringify({ is: 'end', plays: 1, empty: 0, changed: 0, pending: 0, failed: 0, ...counts })}\n`;
const line = (is: string, name: unknown, more: object = {}): string =>
  `${JSON.stringify({ is, kind: 'task', name, ...more })}\n`;

for (const [what, text] of [
  ['nothing', ''],
  ['no end', `${begin}${line('changed', 'a')}`],
  ['an end cut in two', `${begin}${end({}).slice(0, -9)}`],
  ['no beginning', end({})],
  ['another format', `{"is":"begin","format":2}\n${end({})}`],
  ['noise', '\u0000[[\n{"is":"end"}\n'],
] as const) {
  t.test(`no report: ${what}`, (t) => {
    t.equal(parseAnsibleReport(text), undefined);
    t.end();
  });
}

for (const [what, text, wanted] of [
  [
    'all failures are rescued',
    begin + line('failed', 'a', { rescued: true }) + end({}),
    { failed: 0, failures: [] },
  ],
  [
    'a failure that only rescued ones explain',
    begin + line('failed', 'a', { rescued: true }) + end({ failed: 1 }),
    { failed: 1, failures: ['task[a]'] },
  ],
  [
    'a host that cannot be reached',
    begin + line('failed', 'a') + end({ failed: 1 }),
    { failures: ['task[a]'] },
  ],
  [
    'a line torn in the middle',
    `${begin}{"is":"chan\n${line('changed', 'b')}${end({ changed: 1 })}`,
    { changes: ['task[b]'] },
  ],
  [
    'values of other types',
    begin + line('changed', 7) + line('changed', null) + end({ changed: 'x' }),
    { changed: 2, changes: ['task[unnamed]', 'task[unnamed]'] },
  ],
  [
    'a handler',
    begin + line('changed', 'reload', { kind: 'handler' }) + end({}),
    { changes: ['handler[reload]'] },
  ],
] as const) {
  t.test(what, (t) => {
    t.match(parseAnsibleReport(text), wanted);
    t.end();
  });
}

t.test('a name that looks like lines of the report', (t) => {
  const forged = `x"}\n${end({ failed: 0 })}{"is":"end","changed":0}`;
  const text = begin + line('failed', forged) + end({ changed: 0, failed: 1 });
  t.match(judge(text, { exitCode: 2 }), {
    kind: 'failed',
    code: 'resources',
    failed: [/^task\[x"\}\\u\{a\}/],
  });
  t.end();
});

t.test('a report that broke off is told by the log', (t) => {
  const log = readFileSync(
    join(import.meta.dirname, 'recorded/ansible-pull/corrected.log'),
    'utf8',
  );
  const outcome = judge(begin, { exitCode: 0 }, { report: log });
  t.match(outcome, { kind: 'corrected', corrected: [service] });
  // the commit stands in the log alone
  t.match(judge(recorded('corrected'), { exitCode: 0 }, { report: log }), {
    configVersion: /^[0-9a-f]{40}$/,
  });
  t.end();
});

for (const [said, exitCode, reason] of [
  [
    'ERROR: Ansible requires the locale encoding to be UTF-8; Detected ISO8859-1.\n',
    1,
    'Ansible requires the locale encoding to be UTF-8; Detected ISO8859-1.',
  ],
  [
    'ERROR: Ansible requires Python 3.13 or newer on the controller. Current version: 3.11.2\n',
    1,
    /^Ansible requires Python 3\.13/,
  ],
  ['[ERROR]: \u001b[31mno\tsuch thing\u001b[0m\n', 1, 'no such thing'],
  // https://user:password@: a password of a URL is nobody's business
  [
    'ERROR! cannot clone https://me:hunter2@git.example.com/p.git\n',
    1,
    'cannot clone https://git.example.com/p.git',
  ],
  ['Starting Ansible Pull\n', 1, /left no report of this run/],
] as const) {
  t.test(`before there is a log: ${said.trim()}`, (t) => {
    t.match(judge('', { exitCode }, { log: said }), {
      kind: 'failed',
      code: 'no-report',
      reason,
      exitCode,
    });
    t.end();
  });
}

t.test('the callback is loaded, and by the play alone', (t) => {
  const { env } = profile.command(run, { cm: 'x', noop: false });
  t.match(env, {
    ANSIBLE_CALLBACK_PLUGINS:
      '/usr/lib/kickd/ansible:~/.ansible/plugins/callback:/usr/share/ansible/plugins/callback',
    ANSIBLE_LOAD_CALLBACK_PLUGINS: '0',
    KICKD_ANSIBLE_REPORT: `/s/runs/${run}.ansible.jsonl`,
    PATH: '/usr/bin',
  });
  t.equal(env['KICKD_ANSIBLE_REPORT'], profile.evidenceFiles(run)['results']);
  t.end();
});
