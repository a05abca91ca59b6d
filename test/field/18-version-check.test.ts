/** An agent that does not know the options: `kickd check` says so before a kick does. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPki, writeSsl } from '@kickd/testkit';
import { execa } from 'execa';
import t, { type Test } from 'tap';

const bin = join(import.meta.dirname, '../../packages/agent/bin/kickd');

interface Found {
  subject: string;
  level: string;
  code?: string;
  message: string;
  remedy?: string;
}

async function check(
  t: Test,
  script: string,
  type = 'puppet-agent',
): Promise<{ found: Found; exit: number | undefined }> {
  const dir = t.testdir();
  const tool = join(dir, 'tool');
  writeFileSync(tool, script, { mode: 0o755 });
  const pki = createPki();
  const { cert, key, ca, crl } = writeSsl(join(dir, 'ssl'), {
    ...pki.issue({ certname: 'web1.example.com' }),
    ca: pki.ca,
    crl: pki.crl,
  });
  writeFileSync(join(dir, 'auth.conf'), 'path /run\nallow a.example.com\n');
  const config = join(dir, 'kickd.yaml');
  const more = type === 'ansible-pull' ? ', url: /p' : '';
  writeFileSync(
    config,
    `certname: web1.example.com
tls: {cert: ${cert}, key: ${key}, ca: ${ca}, crl: ${crl}}
acl: {file: ${dir}/auth.conf}
cm: {default: tool, profiles: {tool: {type: ${type}, binary: ${tool}${more}}}}
state: ${dir}/state
audit: {file: ${dir}/audit.log}
`,
  );
  const { stdout, stderr, exitCode } = await execa(
    '/usr/bin/env',
    ['-i', 'PATH=/usr/bin:/bin', bin, 'check', '--json', '--config', config],
    { reject: false },
  );
  t.equal(stderr, '');
  const { findings } = JSON.parse(stdout) as { findings: Found[] };
  const found = findings.find(
    ({ subject, message }) =>
      subject === 'cm' && /^tool: |profile tool\b/.test(message),
  );
  if (found === undefined) throw new Error(stdout);
  return { found, exit: exitCode };
}

const sh = (text: string): string => `#!/bin/sh\n${text}\n`;
/** What an old agent says to options that it does not know, and to `--version`. */
const oldPuppet = (version: string): string =>
  sh(`case "$*" in
--version) echo ${version} ;;
*) echo "Error: Could not parse application options: invalid option: --maxwaitforlock=300" >&2; exit 1 ;;
esac`);

for (const [what, type, script, wanted, exit] of [
  [
    'Puppet 5.5.22',
    'puppet-agent',
    oldPuppet('5.5.22'),
    {
      level: 'fault',
      code: 'CM_TOO_OLD',
      message:
        'Puppet 5.5.22 found for the profile tool, 6.16 or later is needed',
      remedy: /install Puppet 6\.16 or later/,
    },
    2,
  ],
  // the options came, were taken back, and came again
  [
    'Puppet 6.15.0',
    'puppet-agent',
    oldPuppet('6.15.0'),
    { code: 'CM_TOO_OLD' },
    2,
  ],
  [
    'Puppet 6.16.0',
    'puppet-agent',
    oldPuppet('6.16.0'),
    { level: 'ok', message: /^tool: \/.*\/tool 6\.16\.0$/ },
    0,
  ],
  [
    'the plan alone: it answers nothing but its error',
    'puppet-agent',
    sh(
      'echo "Error: Could not parse application options: invalid option: --maxwaitforlock=300" >&2\nexit 1',
    ),
    {
      level: 'fault',
      code: 'CM_UNUSABLE',
      message: /it ended with 1: Error: Could not parse application options/,
      remedy: /--version$/,
    },
    2,
  ],
  [
    'a wrapper of rbenv that finds no ruby',
    'puppet-agent',
    sh('echo "rbenv: puppet: command not found" >&2\nexit 127'),
    { code: 'CM_UNUSABLE', message: /could not be started, it ended with 127/ },
    2,
  ],
  [
    'an interpreter that is gone',
    'puppet-agent',
    '#!/opt/gone/ruby\n',
    { code: 'CM_UNUSABLE', message: /could not be started/ },
    2,
  ],
  [
    'Ansible 2.8',
    'ansible-pull',
    sh('echo "ansible-pull 2.8.20"'),
    { code: 'CM_TOO_OLD', message: /^Ansible 2\.8\.20 .* 2\.9 or later/ },
    2,
  ],
  [
    'Ansible without its Python',
    'ansible-pull',
    sh('echo "ERROR: Ansible requires Python 3.13 or newer" >&2; exit 1'),
    { code: 'CM_UNUSABLE', message: /Ansible requires Python 3\.13 or newer/ },
    2,
  ],
  [
    'Chef 11',
    'chef-client',
    sh('echo "Chef: 11.18.12"'),
    { code: 'CM_TOO_OLD', message: /^Chef 11\.18\.12/ },
    2,
  ],
  [
    'CFEngine 3.6',
    'cfengine',
    sh('echo "CFEngine Core 3.6.7"'),
    { code: 'CM_TOO_OLD', message: /^CFEngine 3\.6\.7/ },
    2,
  ],
  [
    'Salt 3007',
    'salt-call',
    sh('echo "salt-call 3007.1 (Chlorine)"'),
    { level: 'ok', message: /3007\.1$/ },
    0,
  ],
] as const) {
  t.test(what, async (t) => {
    const { found, exit: ended } = await check(t, script, type);
    t.match(found, { subject: 'cm', ...wanted });
    t.equal(ended, exit);
  });
}
