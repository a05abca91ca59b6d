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
  t.strictSame(messages('certname: *nobody'), [
    'kickd.yaml:1:11: the alias *nobody stands for nothing: there is no &nobody before it',
  ]);
  t.strictSame(messages(bomb), [
    'kickd.yaml:3:8: the alias *b makes more than 10 copies of &a: write them out',
    'kickd.yaml:4:5: the alias *c makes more than 10 copies of &b: write them out',
  ]);
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
    drill: {type: drill, argv: [/usr/local/sbin/break-web], exitCodes: {'0': corrected}, breaks: [HTTP, HTTPS]}
    puppet: {type: puppet-agent, waitForLockSeconds: 60}
    apply: {type: puppet-apply, manifest: /etc/puppet/site.pp}
    cf: {type: cfengine, policy: /etc/kick.cf, bundles: [web, 'ns:db']}
    ansible: {type: ansible-pull, url: 'https://git.example.com/p.git', checkout: stable, playbook: site.yml}
    chef: {type: chef-client, config: /etc/chef/client.rb, waitForLockSeconds: 60}
    salt: {type: salt-call, local: true, states: [web.server]}
    one: {type: puppet-agent, services: {HTTP: ['Service[apache2]']}, probe: {argv: [/usr/lib/nagios/plugins/check_http, -H, localhost]}}
    many: {type: command, argv: [/bin/true], exitCodes: {}, probes: {HTTP: {argv: [/p], user: nagios, timeoutSeconds: 10}, SSH: {argv: [/q]}}}
run: {timeoutSeconds: 900, graceSeconds: 10}
state: /var/lib/kickd
`;
  t.equal(parseConfig(text, 'f').kind, 'config', messages(text).join());
  t.end();
});

const types =
  'puppet-agent, puppet-apply, cfengine, ansible-pull, chef-client, salt-call, command, drill';
const seconds = 'whole seconds, 1 to 2073600';

// Each row: the text, and every message.
const rows: [string, ...string[]][] = [
  ['lisen: {port: 1}', '1:1: there is no setting lisen; did you mean listen?'],
  [
    'listen:\n  prot: 1',
    '2:3: there is no setting listen.prot; did you mean port?',
  ],
  ['nothing: 1', '1:1: there is no setting nothing'],
  [
    'listen: {port: 65536}',
    '1:16: listen.port is 65536; expected: a port, 0 (any) to 65535',
  ],
  [
    'listen: {port: "8139"}',
    '1:16: listen.port is "8139"; expected: a port, 0 (any) to 65535',
  ],
  [
    'certname: WEB1',
    '1:11: certname is "WEB1"; expected: a certname in lower case, e.g. web1.example.com',
  ],
  [
    'state: relative/path',
    '1:8: state is "relative/path"; expected: an absolute path: the directory of journal and output',
  ],
  [
    'run: {timeoutSeconds: 99999999}',
    `1:23: run.timeoutSeconds is 99999999; expected: ${seconds}`,
  ],
  [
    'run: {timeoutSeconds: -1}',
    `1:23: run.timeoutSeconds is -1; expected: ${seconds}`,
  ],
  [
    'run: {timeoutSeconds: .nan}',
    `1:23: run.timeoutSeconds is NaN; expected: ${seconds}`,
  ],
  ['run: 900', `1:6: run is 900; expected: ${describeRun()}`],
  ['a: 1\na: 2', '2:1: Map keys must be unique: a stands there already'],
  ['- 1', '1:1: the file is [1]; expected: a mapping'],
  ['"text"', '1:1: the file is "text"; expected: a mapping'],
  [
    'acl: {anyCertname: yes please}',
    '1:20: acl.anyCertname is "yes please"; expected: true where a rule says allow *',
  ],
  [
    'tls: {minVersion: TLSv1}',
    '1:19: tls.minVersion is "TLSv1"; expected: TLSv1.2 or TLSv1.3',
  ],
  // In a profile the mistakes are those of its own type.
  [
    'cm: {profiles: {x: {type: chef}}}',
    `1:27: cm.profiles.x.type is "chef"; expected: one of ${types}`,
  ],
  [
    'cm: {profiles: {x: {binary: /b}}}',
    `1:20: cm.profiles.x.type is nothing; expected: one of ${types}`,
  ],
  [
    'cm: {profiles: {x: puppet-agent}}',
    '1:20: cm.profiles.x is "puppet-agent"; expected: a mapping with type: puppet-agent, puppet-apply, cfengine, ansible-pull, chef-client, salt-call, command or drill',
  ],
  [
    'cm: {profiles: {x: {type: drill, argv: [/b], exitCodes: {}}}}',
    '1:20: cm.profiles.x.breaks is nothing; expected: a list of the services that it breaks, at least one',
  ],
  [
    'cm: {profiles: {x: {type: drill, argv: [/b], exitCodes: {}, breaks: []}}}',
    '1:69: cm.profiles.x.breaks is []; expected: a list of the services that it breaks, at least one',
  ],
  [
    'cm: {profiles: {x: {type: drill, argv: [/b], exitCodes: {}, breaks: [HTTP], probe: {argv: [/p]}}}}',
    '1:77: there is no setting cm.profiles.x.probe',
  ],
  [
    'cm: {profiles: {x: {type: ansible-pull}}}',
    '1:20: cm.profiles.x.url is nothing; expected: the repository: a text that does not begin with a dash',
  ],
  [
    'cm: {profiles: {x: {type: ansible-pull, url: --exec=id}}}',
    '1:46: cm.profiles.x.url is "--exec=id"; expected: the repository: a text that does not begin with a dash',
  ],
  [
    'cm: {profiles: {x: {type: cfengine, bundles: ["a,b"]}}}',
    '1:47: cm.profiles.x.bundles.0 is "a,b"; expected: the name of a bundle, in lower case',
  ],
  [
    'cm: {profiles: {x: {type: salt-call, states: [-l]}}}',
    '1:47: cm.profiles.x.states.0 is "-l"; expected: the name of an SLS file, in lower case',
  ],
  [
    'cm: {profiles: {x: {type: command, argv: [], exitCodes: {}}}}',
    '1:42: cm.profiles.x.argv is []; expected: a list: the program, and its arguments',
  ],
  [
    'cm: {profiles: {x: {type: puppet-agent, waitForlockSeconds: 1}}}',
    '1:41: there is no setting cm.profiles.x.waitForlockSeconds; did you mean waitForLockSeconds?',
  ],
  // What stood under a name that cannot be one was not looked at.
  [
    'cm: {profiles: {Web_1: {type: nonsense}}}',
    '1:17: cm.profiles.Web_1 is a name that cannot stand there; expected: a mapping of names (lower case, digits, dashes) to profiles',
  ],
  [
    'cm: {profiles: {x: {type: command, argv: [/x], exitCodes: {ok: bad}}}}',
    '1:60: cm.profiles.x.exitCodes.ok is a name that cannot stand there; expected: a mapping of exit codes, 0 to 999, to outcomes',
  ],
  [
    'cm: {profiles: {x: {type: command, argv: [/x], exitCodes: {0: bad}}}}',
    '1:63: cm.profiles.x.exitCodes.0 is "bad"; expected: one of unchanged, corrected, partly, failed, timed-out, cancelled, refused, lost, not-started',
  ],
  [
    'cm: {profiles: {x: {type: puppet-agent, services: {"": [x]}}}}',
    '1:52: cm.profiles.x.services. is a name that cannot stand there; expected: a mapping of services of the monitor to lists of resources',
  ],
  // A probe is not root's, is over within 10 s, and is a program by its full name.
  [
    'cm: {profiles: {x: {type: puppet-agent, probes: {HTTP: {argv: [/p], user: root}}}}}',
    '1:75: cm.profiles.x.probes.HTTP.user is "root"; expected: the name of an unprivileged user, never root',
  ],
  [
    'cm: {profiles: {x: {type: puppet-agent, probes: {HTTP: {argv: [/p], user: "0"}}}}}',
    '1:75: cm.profiles.x.probes.HTTP.user is "0"; expected: the name of an unprivileged user, never root',
  ],
  [
    'cm: {profiles: {x: {type: puppet-agent, probes: {HTTP: {argv: [/p], timeoutSeconds: 11}}}}}',
    '1:85: cm.profiles.x.probes.HTTP.timeoutSeconds is 11; expected: seconds: a whole number, 1 to 10',
  ],
  [
    'cm: {profiles: {x: {type: puppet-agent, probes: {HTTP: {user: nobody}}}}}',
    '1:56: cm.profiles.x.probes.HTTP.argv is nothing; expected: a list: the program, and its arguments',
  ],
  [
    'cm: {profiles: {x: {type: puppet-agent, probes: {HTTP: {argv: [check_http, -H, localhost]}}}}}',
    '1:64: cm.profiles.x.probes.HTTP.argv begins with check_http; expected: an absolute path',
  ],
  [
    'cm: {profiles: {x: {type: puppet-agent, services: {HTTP: [a]}, probe: {argv: [check_http]}}}}',
    '1:79: cm.profiles.x.probe.argv begins with check_http; expected: an absolute path',
  ],
  // What one probe says about one service is no word on another.
  [
    'cm: {profiles: {x: {type: puppet-agent, probe: {argv: [/p]}}}}',
    '1:48: cm.profiles.x.probe does not say which service it is about: the profile maps no service',
  ],
  [
    'cm: {profiles: {x: {type: puppet-agent, services: {HTTP: [a], SSH: [b]}, probe: {argv: [/p]}}}}',
    '1:81: cm.profiles.x.probe does not say which service it is about: the profile maps HTTP, SSH',
  ],
  [
    'cm: {profiles: {x: {type: puppet-agent, services: {HTTP: [a]}, probe: {argv: [/p]}, probes: {SSH: {argv: [/p]}}}}}',
    '1:71: cm.profiles.x.probe stands beside probes',
  ],
  // Every one of them at once.
  [
    'cm: {default: y, profiles: {x: {type: puppet-agent, probes: {A: {argv: [p]}, B: {argv: [q]}}}}}',
    '1:15: cm.default names y, which is not among the profiles: x, puppet-agent',
    '1:73: cm.profiles.x.probes.A.argv begins with p; expected: an absolute path',
    '1:89: cm.profiles.x.probes.B.argv begins with q; expected: an absolute path',
  ],
  // A tag does not make another kind of value of it.
  ['!!set {port}', '1:8: there is no setting port'],
];
for (const [text, ...wanted] of rows) {
  t.test(`refused: ${text.split('\n').join(' / ')}`, (t) => {
    t.strictSame(
      messages(text),
      wanted.map((message) => `kickd.yaml:${message}`),
    );
    t.end();
  });
}

t.test('a text that is no YAML', (t) => {
  t.match(messages('listen: {port: 1'), [/^kickd\.yaml:1:17: /]);
  t.end();
});

t.test('the remedy for a probe is the line to write', (t) => {
  const remedies = (profile: string): string[] => {
    const text = `cm: {profiles: {x: {type: puppet-agent, ${profile}}}}`;
    const parsed = parseConfig(text, 'f');
    return parsed.kind === 'faults'
      ? parsed.faults.map(({ remedy }) => remedy)
      : [];
  };
  t.strictSame(remedies('probe: {argv: [/p, -x, "a b"]}'), [
    'write probes: {SERVICE: {argv: [/p, -x, "a b"]}} in its place, SERVICE as the monitor names it; then run: kickd check',
  ]);
  t.strictSame(
    remedies('services: {H: [a]}, probe: {argv: [/p]}, probes: {}'),
    [
      'move it there, under the name that the service has in the monitor; then run: kickd check',
    ],
  );
  t.strictSame(remedies('probes: {H: {argv: [check_http]}}'), [
    'look where it is: command -v check_http || ls /usr/lib/nagios/plugins/check_http; then run: kickd check',
  ]);
  t.end();
});

t.test('the remedy names the known keys', (t) => {
  const parsed = parseConfig('audit: {fil: /a}', 'kickd.yaml');
  t.match(parsed, {
    faults: [
      {
        code: 'CONFIG_INVALID',
        exitCode: 2,
        message:
          'kickd.yaml:1:9: there is no setting audit.fil; did you mean file?',
        remedy: 'one of: file',
      },
    ],
  });
  t.end();
});

t.test('every mistake at once, in the order of the file', (t) => {
  const many = Array.from(
    { length: 20 },
    (_, n) => `  x${String(n)}: {type: y}`,
  );
  const found = messages(
    `certname: A\ncm: {profiles: {x: {type: y}}}\nstat: /x\nlisten: {port: -1}\n`,
  );
  t.strictSame(
    found.map((message) => message.replace(/: .*/, '')),
    ['kickd.yaml:1:11', 'kickd.yaml:2:27', 'kickd.yaml:3:1', 'kickd.yaml:4:16'],
  );
  t.equal(messages(`cm:\n profiles:\n${many.join('\n')}\n`).length, 20);
  t.end();
});

function describeRun(): string {
  return 'a mapping with timeoutSeconds, graceSeconds, minIntervalSeconds, kicksPerMinute, freezeFile or keepDays';
}
