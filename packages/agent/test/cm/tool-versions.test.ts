import t from 'tap';
import {
  isOlder,
  toolVersions,
  versionIn,
  type ToolType,
} from '../../src/cm/tool-versions.ts';

/** What the tools print: the first four were run, the others are of their documentation or source. */
const answers: [ToolType, string, string | undefined][] = [
  ['puppet-agent', '7.23.0\n', '7.23.0'],
  ['cfengine', 'CFEngine Core 3.21.0\n', '3.21.0'],
  [
    'ansible-pull',
    'ansible-pull [core 2.19.11]\n  config file = None\n  python version = 3.11.2 (main)\n',
    '2.19.11',
  ],
  [
    'ansible-pull',
    'ansible-pull [core 2.22.0b2]\n  jinja version = 3.1.6\n',
    '2.22.0b2',
  ],
  ['ansible-pull', 'ansible-pull 2.9.27\n  config file = None\n', '2.9.27'],
  ['ansible-pull', 'ansible-pull [base 2.10.17.post0]\n', '2.10.17.post0'],
  [
    'puppet-apply',
    '/usr/lib/ruby/x.rb:12: warning: deprecated\n8.10.0\n',
    '8.10.0',
  ],
  ['puppet-agent', '3.8.7', '3.8.7'],
  ['cfengine', 'CFEngine Core 3.12.0-1.x86_64\n', '3.12.0-1.x86_64'],
  ['chef-client', 'Chef: 14.15.6\n', '14.15.6'],
  ['chef-client', 'Chef Infra Client: 18.7.10\n', '18.7.10'],
  ['chef-client', 'Cinc Client: 18.7.10\n', '18.7.10'],
  ['salt-call', 'salt-call 3007.1 (Chlorine)\n', '3007.1'],
  ['salt-call', 'salt-call 2019.2.0 (Fluorine)\n', '2019.2.0'],
  ['salt-call', 'salt-call 3000 (Neon)\n', '3000'],
  ['puppet-agent', '', undefined],
  ['puppet-agent', 'Error: Could not parse application options\n', undefined],
  ['puppet-agent', 'ruby 3.1.2p20\n', undefined],
  ['cfengine', 'usage: cf-agent 3.21.0\n', undefined],
  ['ansible-pull', 'ERROR: Ansible requires Python 3.13 or newer\n', undefined],
  ['salt-call', 'Traceback (most recent call last):\n', undefined],
];

for (const [type, said, wanted] of answers) {
  t.test(`${type}: ${said.split('\n')[0] ?? ''}`, (t) => {
    t.equal(versionIn(said, toolVersions[type]), wanted);
    t.end();
  });
}

for (const [found, oldest, older] of [
  ['5.5.22', '6.16', true],
  ['6.15.0', '6.16', true],
  ['6.16.0', '6.16', false],
  ['6.16', '6.16', false],
  ['6.9.9', '6.16', true],
  ['10.0.0', '6.16', false],
  ['6', '6.16', true],
  ['7', '6.16', false],
  ['6.16.0.rc1', '6.16', false],
  ['2.9.27', '2.9', false],
  ['2.19.11', '2.9', false],
  ['2.8.20', '2.9', true],
  ['3007.1', '2016.11', false],
  ['2016.3.8', '2016.11', true],
  ['12.0', '12.0', false],
  ['12', '12.0', false],
  ['11.18.12', '12.0', true],
] as const) {
  t.test(`${found} of ${oldest}`, (t) => {
    t.equal(isOlder(found, oldest), older);
    t.end();
  });
}
