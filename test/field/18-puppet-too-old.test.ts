import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createCommand } from '../../packages/agent/src/cm/command.ts';
import { judgeUnfinished } from '../../packages/agent/src/cm/tool-end.ts';
import { createPuppetSite, leaveReport } from './puppet-site.ts';

const site = createPuppetSite(t.testdir());
t.teardown(() => site.close());

t.test('an agent that does not know the options', async (t) => {
  for (const said of [
    'Error: Could not parse application options: invalid option: --maxwaitforlock=300',
    'Error: Could not parse application options: invalid option: --waitforlock',
    'Could not parse options: unrecognized option `--waitforlock=1',
  ]) {
    site.puppet.plan(`echo '${said}' >&2; exit 1`);
    t.match((await site.kick()).outcome, {
      kind: 'failed',
      code: 'too-old',
      exitCode: 1,
      reason:
        /^this Puppet does not know --\w+: Puppet 6\.16 or later is needed$/,
    });
  }
});

t.test('a wrapper that finds nothing to start', async (t) => {
  site.puppet.plan(`echo "rbenv: ruby: command not found" >&2; exit 127`);
  for (const cm of ['puppet-agent', 'puppet-apply']) {
    t.match((await site.kick({ cm })).outcome, {
      kind: 'not-started',
      code: 'spawn',
      exitCode: 127,
      reason: /^puppet could not be started: .*rbenv: ruby: command not found/,
    });
  }
  site.puppet.plan('exit 126');
  t.match((await site.kick()).outcome, {
    kind: 'not-started',
    code: 'spawn',
    exitCode: 126,
  });
});

t.test('an interpreter that is not there', async (t) => {
  const dir = t.testdir();
  const puppet = join(dir, 'puppet');
  writeFileSync(puppet, '#!/nowhere/ruby\n');
  chmodSync(puppet, 0o755);
  const other = createPuppetSite(dir, puppet);
  t.match((await other.kick()).outcome, { kind: 'not-started', code: 'spawn' });
  await other.close();
});

const end = { run: 'x', noop: false, startedAt: new Date(0) };

t.test('the same for every tool', async (t) => {
  for (const tool of ['ansible-pull', 'chef-client', 'cf-agent', 'salt-call']) {
    const outcome = judgeUnfinished({ ...end, exitCode: 127 }, tool);
    t.match(outcome, { kind: 'not-started', code: 'spawn', exitCode: 127 });
    t.match(judgeUnfinished({ ...end, exitCode: 125 }, tool), {
      kind: 'failed',
      code: 'no-report',
    });
  }
});

t.test('but a command may mean something else by it', async (t) => {
  const command = createCommand({
    name: 'command',
    services: {},
    argv: ['/usr/local/sbin/repair'],
    env: {},
    exitCodes: { 0: 'unchanged', 127: 'refused' },
  });
  t.match(command.outcome({ ...end, exitCode: 127 }, {}), { kind: 'refused' });
  t.match(command.outcome({ ...end, exitCode: 126 }, {}), {
    kind: 'not-started',
    code: 'spawn',
  });
  t.match(command.outcome({ ...end, exitCode: 3 }, {}), {
    kind: 'failed',
    code: 'exit-code',
  });
});

t.test("a report without a job id is nobody's", async (t) => {
  const file = join(t.testdir(), 'report');
  writeFileSync(
    file,
    `---\nreport_format: 5\nstatus: changed\nlogs: []\nresource_statuses:\n  Service[a]:\n    resource: Service[a]\n    events:\n    - property: ensure\n      status: success\n`,
  );
  site.puppet.plan(leaveReport(file));
  t.match((await site.kick()).outcome, {
    kind: 'failed',
    code: 'no-report',
    corrected: [],
  });
});
