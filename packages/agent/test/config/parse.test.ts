import t from 'tap';
import { parseConfig } from '../../src/config/parse.ts';

const messages = (text: string): string[] => {
  const parsed = parseConfig(text, 'kickd.yaml');
  return parsed.kind === 'faults'
    ? parsed.faults.map(({ message }) => message)
    : [];
};

t.test('a file that says nothing is a configuration of defaults', (t) => {
  for (const text of ['', '# nothing\n', '{}']) {
    t.same(parseConfig(text, 'f'), { kind: 'config', config: {} });
  }
  t.end();
});

t.test('aliases of nothing, and such as grow without end', (t) => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]
b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]
c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]
d: [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]
`;
  t.match(messages('certname: *nobody'), [/^kickd.yaml: .*alias.*nobody$/]);
  t.match(messages(bomb), [/^kickd.yaml: .*alias/]);
  t.end();
});

t.test('a default that no profile has, with its line', (t) => {
  const text = 'cm:\n  default: web\n  profiles: {}\n';
  t.match(messages(text), [
    /^kickd.yaml:2:12: cm.default names web, .* profiles: puppet-agent$/,
  ]);
  t.same(messages('cm: {default: puppet-agent}'), []);
  t.end();
});

t.test('a whole file', (t) => {
  const text = `
listen: {address: 127.0.0.1, port: 8139}
certname: web1.example.com
tls: {cert: /c, key: /k, ca: /ca, crl: /crl, minVersion: TLSv1.3}
acl: {file: /etc/kickd/auth.conf, anyCertname: false}
cm:
  default: web
  profiles:
    web: {type: command, argv: [/bin/true], exitCodes: {'0': unchanged}}
    puppet: {type: puppet-agent, waitForLockSeconds: 60}
    apply: {type: puppet-apply, manifest: /etc/puppet/site.pp}
    cf: {type: cfengine, policy: /etc/kick.cf, bundles: [web, 'ns:db']}
    ansible: {type: ansible-pull, url: 'https://git.example.com/p.git', checkout: stable, playbook: site.yml}
    chef: {type: chef-client, config: /etc/chef/client.rb, waitForLockSeconds: 60}
    salt: {type: salt-call, local: true, states: [web.server]}
run: {timeoutSeconds: 900, graceSeconds: 10}
state: /var/lib/kickd
`;
  t.equal(parseConfig(text, 'f').kind, 'config', messages(text).join());
  t.end();
});

for (const [text, wanted] of [
  ['lisen: {port: 1}', /^kickd\.yaml:1:\d+: there is no setting lisen$/],
  [
    'listen:\n  prot: 1',
    /^kickd\.yaml:2:\d+: there is no setting listen\.prot$/,
  ],
  [
    'listen: {port: 65536}',
    /kickd\.yaml:1:\d+: listen\.port .*65535.*found 65536/,
  ],
  ['listen: {port: "8139"}', /listen\.port .*integer.*found "8139"/],
  ['certname: WEB1', /certname .*pattern.*found "WEB1"/],
  ['state: relative/path', /state .*pattern/],
  ['run: {timeoutSeconds: 99999999}', /run\.timeoutSeconds/],
  ['run: {timeoutSeconds: -1}', /run\.timeoutSeconds/],
  ['run: {timeoutSeconds: .nan}', /run\.timeoutSeconds/],
  ['a: 1\na: 2', /kickd\.yaml:2:1: Map keys must be unique/],
  ['listen: {port: 1', /kickd\.yaml:1/],
  ['- 1', /the file .*object/],
  ['"text"', /the file .*object/],
  ['acl: {anyCertname: yes please}', /acl\.anyCertname .*boolean/],
  ['cm: {profiles: {x: {type: chef}}}', /cm\.profiles\.x/],
  ['cm: {profiles: {x: {type: ansible-pull}}}', /cm\.profiles\.x/],
  [
    'cm: {profiles: {x: {type: ansible-pull, url: --exec=id}}}',
    /cm\.profiles\.x/,
  ],
  [
    'cm: {profiles: {x: {type: cfengine, bundles: ["a,b"]}}}',
    /cm\.profiles\.x/,
  ],
  ['cm: {profiles: {x: {type: salt-call, states: [-l]}}}', /cm\.profiles\.x/],
  [
    'cm: {profiles: {x: {type: command, argv: [], exitCodes: {}}}}',
    /cm\.profiles\.x/,
  ],
] as const) {
  t.test(`refused: ${text.split('\n').join(' / ')}`, (t) => {
    t.match(messages(text)[0], wanted, messages(text).join('\n'));
    t.end();
  });
}

t.test('every mistake at once', (t) => {
  const found = messages('listen: {port: -1}\ncertname: A\nstat: /x\n');
  t.equal(found.length, 3, found.join('\n'));
  t.end();
});
