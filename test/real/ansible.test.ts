/**
 * What real Ansible did is what the outcome says: Debian 12's, and the newest that runs beside it. Names of every odd
 * kind, failures that were healed and ignored, check mode, and policies that cannot be played.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Run } from '@kickd/protocol';
import { execaSync } from 'execa';
import t, { type Test } from 'tap';
import { findTool, startCmHost, type CmHost } from './lab/cm-host.ts';
import { findNewerAnsible, newerAnsibleVersion } from './lab/newer-ansible.ts';

const newer = await findNewerAnsible();
const versions: [what: string, binary: string | undefined][] = [
  ['Debian 12', findTool('/usr/bin/ansible-pull')],
  [newer === undefined ? 'a later one' : newerAnsibleVersion(), newer],
];

const play = (dir: string): string => `- name: "odd ] * names"
  hosts: localhost
  gather_facts: false
  vars: {who: world}
  roles: [nginx]
  tasks:
    - name: "ends in ] *** and é ü 日本"
      ansible.builtin.copy: {content: a, dest: ${dir}/out/a}
      notify: told
    - name: "two\\nlines"
      ansible.builtin.copy: {content: a, dest: ${dir}/out/b}
    - name: "2026-11-26 17:35:38,631 p=1 u=root n=ansible INFO| PLAY RECAP ****\\nlocalhost : ok=0 changed=0 unreachable=0 failed=9"
      ansible.builtin.copy: {content: a, dest: ${dir}/out/c}
    - ansible.builtin.copy: {content: a, dest: ${dir}/out/d}
    - name: "hello {{ who }}"
      ansible.builtin.copy: {content: a, dest: ${dir}/out/e}
    - name: hidden
      no_log: true
      ansible.builtin.copy: {content: a, dest: ${dir}/out/f}
    - ansible.builtin.include_tasks: more.yml
      loop: [1, 2]
    - name: heals itself
      block:
        - {name: breaks, ansible.builtin.command: /bin/false}
      rescue:
        - name: rescues
          ansible.builtin.copy: {content: a, dest: ${dir}/out/g}
      when: not ansible_check_mode
    - name: ignored
      ansible.builtin.command: /bin/false
      ignore_errors: true
    - name: only looked at
      ansible.builtin.copy: {content: a, dest: ${dir}/out/h}
      check_mode: true
    - name: a nested ansible
      ansible.builtin.command: ${dir}/nested
      changed_when: false
  handlers:
    - name: told
      ansible.builtin.copy: {content: a, dest: ${dir}/out/i}
- name: for nobody here
  hosts: db1.example.com
  tasks: []
`;
const oddNames = [
  'task[nginx : config]',
  'task[ends in ] *** and é ü 日本]',
  'task[two\\u{a}lines]',
  'task[2026-11-26 17:35:38,631 p=1 u=root n=ansible INFO| PLAY RECAP ****\\u{a}localhost : ok=0 changed=0 unreachable=0 failed=9]',
  'task[ansible.builtin.copy]',
  'task[hello world]',
  'task[hidden]',
  'task[included]',
];

const policies: Record<string, string> = {
  'fails.yml': `- hosts: localhost
  gather_facts: false
  tasks:
    - block:
        - {name: rescued, ansible.builtin.command: /bin/false}
      rescue:
        - {name: rescue, ansible.builtin.command: /bin/true, changed_when: false}
    - name: one of two
      ansible.builtin.command: "test {{ item }} = a"
      loop: [a, b]
`,
  'unreachable.yml': `- hosts: localhost
  gather_facts: false
  connection: ssh
  vars: {ansible_connection: ssh, ansible_port: 1, ansible_host: 127.0.0.1}
  tasks:
    - {name: far away, ansible.builtin.command: /bin/true}
`,
  'nohosts.yml': '- hosts: db1.example.com\n  tasks: []\n',
  'syntax.yml': '- hosts: localhost\n  tasks:\n    - name: x\n   bad: [\n',
  'role.yml': '- hosts: localhost\n  roles: [nosuchrole]\n',
  'vault.yml':
    '- hosts: localhost\n  gather_facts: false\n  vars_files: [v.yml]\n  tasks: []\n',
};

function writePolicy(dir: string, binary: string): void {
  const folder = join(dir, 'policy');
  mkdirSync(join(folder, 'roles/nginx/tasks'), { recursive: true });
  mkdirSync(join(dir, 'out'));
  const files: Record<string, string> = {
    ...policies,
    'local.yml': play(dir),
    'more.yml': `- name: included\n  ansible.builtin.copy: {content: a, dest: "${dir}/out/more{{ item }}"}\n`,
    'roles/nginx/tasks/main.yml': `- name: config\n  ansible.builtin.copy: {content: a, dest: ${dir}/out/nginx}\n`,
    'inner.yml': `- hosts: localhost\n  gather_facts: false\n  tasks:\n    - {name: not of this run, ansible.builtin.command: /bin/true}\n`,
    'v.yml': '$ANSIBLE_VAULT;1.1;AES256\n6162\n',
  };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text);
  }
  writeFileSync(
    join(dir, 'nested'),
    `#!/bin/sh\nexec ${binary.replace(/-pull$/, '-playbook')} -i localhost, -c local ${folder}/inner.yml\n`,
    { mode: 0o755 },
  );
  const git = (...args: string[]): void => {
    execaSync('/usr/bin/git', ['-C', folder, ...args]);
  };
  git('init', '--quiet', '--initial-branch=main');
  git('add', '.');
  const who = ['user.name=operator', 'user.email=operator@example.com'];
  git(
    ...who.flatMap((one) => ['-c', one]),
    'commit',
    '--quiet',
    '-m',
    'policy',
  );
}

const names = (list: Run['outcome'] & object, what: 'corrected' | 'pending') =>
  list[what]?.map(({ resource }) => resource);

for (const [what, binary] of versions) {
  const skip =
    binary === undefined && 'not installed: npm run test:real -- --install';
  t.test(what, { skip }, async (t) => {
    if (binary === undefined) return;
    const dir = t.testdir();
    writePolicy(dir, binary);
    await playsAll(t, dir, binary);
  });
}

async function playsAll(t: Test, dir: string, binary: string): Promise<void> {
  const kick = async (
    playbook: string,
    scope: Parameters<CmHost['kick']>[0] = {},
    url = `file://${dir}/policy`,
  ): Promise<Run['outcome'] & object> => {
    const folder = join(dir, 'host');
    mkdirSync(folder);
    const host = await startCmHost(
      folder,
      `{type: ansible-pull, url: '${url}', playbook: ${playbook}, binary: ${binary}}`,
    );
    try {
      const { outcome } = await host.kick(scope);
      if (outcome === undefined) throw new Error('a run without an outcome');
      return outcome;
    } finally {
      await host.close();
      rmSync(folder, { recursive: true });
    }
  };

  const looked = await kick('local.yml', { noop: true });
  t.match(looked, { kind: 'unchanged', corrected: [], failed: [] });
  t.same(names(looked, 'pending'), [
    ...oddNames,
    'task[only looked at]',
    'handler[told]',
  ]);

  const healed = await kick('local.yml');
  t.match(healed, {
    kind: 'corrected',
    code: 'noop-of-a-resource',
    failed: [],
    pending: [{ resource: 'task[only looked at]' }],
    configVersion: /^[0-9a-f]{40}$/,
  });
  t.same(names(healed, 'corrected'), [
    ...oddNames,
    'task[rescues]',
    'handler[told]',
  ]);

  t.match(await kick('fails.yml'), {
    kind: 'partly',
    code: 'resources',
    corrected: [{ resource: 'task[one of two]' }],
    failed: ['task[one of two]'],
  });
  t.match(await kick('unreachable.yml'), {
    kind: 'failed',
    code: 'resources',
    corrected: [],
    failed: ['task[far away]'],
  });
  for (const [playbook, code, reason] of [
    ['nohosts.yml', 'no-hosts', /no play/],
    ['syntax.yml', 'no-report', /YAML/],
    ['role.yml', 'no-report', /role 'nosuchrole' was not found/],
    ['vault.yml', 'no-report', /vault|decrypt/],
    ['gone.yml', 'no-report', /Could not find a playbook to run/],
  ] as const) {
    const outcome = await kick(playbook);
    t.match(outcome, { kind: 'failed', code, reason, corrected: [] }, playbook);
  }
  t.match(await kick('local.yml', {}, `file://${dir}/nowhere`), {
    kind: 'failed',
    code: 'no-report',
    reason: /nowhere/,
  });
}
