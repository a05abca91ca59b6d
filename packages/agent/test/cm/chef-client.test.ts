import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createChefClient } from '../../src/cm/chef-client.ts';

const run = '0193a000-0000-7000-8000-000000000001';
const profile = createChefClient({
  name: 'chef-client',
  services: {},
  binary: '/usr/bin/chef-client',
  env: {},
  config: '/etc/chef/other.rb',
  waitForLockSeconds: 300,
  logDir: '/s/runs',
});
const recorded = (name: string): string =>
  readFileSync(
    join(import.meta.dirname, 'recorded/chef-client', `${name}.txt`),
    'utf8',
  );
const judge = (report: string, exitCode: number) =>
  profile.outcome(
    { run, noop: false, exitCode, startedAt: new Date() },
    { report },
  );

for (const [name, exitCode, kind, code] of [
  ['corrected', 35, 'corrected', 'reboot-scheduled'],
  ['unchanged', 37, 'unchanged', 'reboot-needed'],
  ['corrected', 41, 'partly', 'reboot-failed'],
  ['unchanged', 42, 'failed', 'audit'],
  ['killed', 2, 'failed', 'interrupted'],
  ['killed', 3, 'failed', 'interrupted'],
  ['killed', 43, 'failed', 'policy'],
  ['killed', 174, 'failed', 'license'],
  ['killed', 213, 'failed', 'upgraded'],
  ['busy', 1, 'refused', 'busy'],
  // a code that no table lists
  ['corrected', 5, 'partly', 'exit-code'],
  ['unchanged', 255, 'failed', 'exit-code'],
] as const) {
  t.test(`${name}, exit ${String(exitCode)}`, (t) => {
    t.match(judge(recorded(name), exitCode), { kind, code, exitCode });
    t.end();
  });
}

t.test('what failed is named, and no line of its output', (t) => {
  const outcome = judge(recorded('partly'), 1);
  t.match(outcome, {
    corrected: [{ resource: 'template[/etc/motd]' }],
    failed: ['service[apache2]'],
    reason: 'service[apache2] failed',
  });
  t.notMatch(JSON.stringify(outcome), /already in use/);
  t.end();
});

for (const line of [
  'Chef Client finished, 1/4 resources updated in 04 seconds',
  'Chef Infra Client finished, 1/4 resources updated in 04 seconds',
  'Infra Phase complete, 1/4 resources updated in 04 seconds',
  'Cinc Client finished, 1/4 resources updated in 01 minutes 04 seconds',
]) {
  t.test(line, (t) => {
    t.equal(judge(`${line}\n`, 0).kind, 'corrected');
    t.equal(judge(`  ${line}\n`, 0).kind, 'failed', 'indented: a stream');
    t.end();
  });
}

t.test('the configuration file', (t) => {
  const { argv } = profile.command(run, { cm: 'chef-client', noop: false });
  t.ok(argv.includes('--config=/etc/chef/other.rb'));
  t.end();
});
