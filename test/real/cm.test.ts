/**
 * The CM profiles with the real tools of Debian 12: a crashed service is healed through a real
 * kickd over mutual TLS. A tool that is not installed is skipped.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execaSync } from 'execa';
import t, { type Test } from 'tap';
import { findTool, startCmHost, type CmHost } from './lab/cm-host.ts';

interface Tool {
  /** what must be there */
  binaries: readonly string[];
  /** writes the policy of the service into the folder; @returns the profile's YAML */
  writePolicy(dir: string): string;
  /** what the outcome of a repair names */
  resource(dir: string): string;
  /** what a noop run of the broken service names; a tool may not be able to tell */
  pending(dir: string): string[];
  /** breaks the policy, so that no run can do its work */
  breakPolicy(dir: string): void;
  broken: { kind: string; code: string };
}

const tools: Record<string, Tool> = {
  'puppet apply': {
    binaries: ['/usr/bin/puppet'],
    writePolicy: (dir) => {
      writeFileSync(
        join(dir, 'site.pp'),
        `service { 'web':
  ensure   => running,
  provider => 'base',
  tag      => ['web'],
  start    => '${dir}/webctl start ${dir}; true',
  status   => '${dir}/webctl status ${dir}',
}
`,
      );
      return `{type: puppet-apply, manifest: ${dir}/site.pp}`;
    },
    resource: () => 'Service[web]',
    pending: () => ['Service[web]'],
    breakPolicy: (dir) => writeFileSync(join(dir, 'site.pp'), 'service {'),
    broken: { kind: 'failed', code: 'no-report' },
  },
  cfengine: {
    binaries: ['/usr/bin/cf-agent'],
    writePolicy: (dir) => {
      writeFileSync(
        join(dir, 'kick.cf'),
        `body common control
{
  bundlesequence => { "web" };
}
bundle agent web
{
  commands:
    "${dir}/webctl"
      arglist => { "start", "${dir}" },
      classes => codes;
}
body classes codes
{
  kept_returncodes => { "0" };
  repaired_returncodes => { "2" };
  failed_returncodes => { "4" };
}
`,
        { mode: 0o600 },
      );
      return `{type: cfengine, policy: ${dir}/kick.cf, bundles: [web]}`;
    },
    resource: (dir) => `commands[${dir}/webctl]`,
    pending: (dir) => [`commands[${dir}/webctl]`],
    // not a policy that does not validate: cf-agent would run its failsafe policy, which may start
    // cf-serverd
    breakPolicy: (dir) =>
      writeFileSync(
        join(dir, 'kick.cf'),
        'bundle agent main\n{\n  commands:\n    "/bin/false";\n}\n',
      ),
    broken: { kind: 'failed', code: 'resources' },
  },
  'ansible-pull': {
    binaries: ['/usr/bin/ansible-pull', '/usr/bin/git'],
    writePolicy: (dir) => {
      const repository = join(dir, 'policy');
      mkdirSync(repository);
      commitPlaybook(
        repository,
        `- hosts: localhost
  gather_facts: false
  tasks:
    - name: the web service runs
      ansible.builtin.command: ${dir}/webctl start ${dir}
      register: web
      changed_when: web.rc == 2
      failed_when: web.rc not in [0, 2]
      tags: [web]
`,
      );
      return `{type: ansible-pull, url: 'file://${repository}'}`;
    },
    resource: () => 'task[the web service runs]',
    // --check passes over commands
    pending: () => [],
    breakPolicy: (dir) =>
      commitPlaybook(join(dir, 'policy'), '- hosts: db1.example.com\n'),
    broken: { kind: 'failed', code: 'no-hosts' },
  },
};

function commitPlaybook(repository: string, text: string): void {
  const git = (...args: string[]): void => {
    execaSync('/usr/bin/git', ['-C', repository, ...args]);
  };
  git('init', '--quiet', '--initial-branch=main');
  writeFileSync(join(repository, 'local.yml'), text);
  git('add', '.');
  git(
    '-c',
    'user.name=operator',
    '-c',
    'user.email=operator@example.com',
    'commit',
    '--quiet',
    '--message=policy',
  );
}

for (const [name, tool] of Object.entries(tools)) {
  const missing = tool.binaries.filter((file) => findTool(file) === undefined);
  const skip = missing.length > 0 && `not installed: ${missing.join(', ')}`;
  t.test(name, { skip }, async (t) => {
    const dir = t.testdir();
    const host = await startCmHost(dir, tool.writePolicy(dir));
    t.teardown(() => host.close());
    await heals(t, host, tool, dir);
  });
}

async function heals(
  t: Test,
  host: CmHost,
  tool: Tool,
  dir: string,
): Promise<void> {
  t.ok(await host.isUp(), 'the service runs');
  const idle = await host.kick();
  t.match(idle.outcome, { kind: 'unchanged', corrected: [] });

  await host.crash();
  const looked = await host.kick({ noop: true });
  t.equal(looked.outcome?.kind, 'unchanged', 'a noop run corrects nothing');
  t.same(
    looked.outcome?.pending?.map(({ resource }) => resource),
    tool.pending(dir),
  );
  t.notOk(await host.isUp());

  const healed = await host.kick({ tags: ['web'] });
  t.match(healed.outcome, {
    kind: 'corrected',
    corrected: [{ resource: tool.resource(dir) }],
    failed: [],
  });
  t.ok(await host.isUp(), 'healed');
  t.comment(
    `${String(idle.durationMs)} ms with nothing to do, ${String(healed.durationMs)} ms to heal`,
  );
  t.ok((await host.log(healed.run)).length > 0, 'the output is kept');

  if (!/puppet/.test(t.name)) {
    const asked = await host.kick({ environment: 'test' });
    t.match(asked.outcome, { kind: 'refused', code: 'unsupported' });
  }
  await host.crash();
  tool.breakPolicy(dir);
  const failed = await host.kick();
  t.match(failed.outcome, { ...tool.broken, corrected: [] });
  t.notOk(await host.isUp(), 'nothing healed it');
}
