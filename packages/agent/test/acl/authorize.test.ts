import t from 'tap';
import {
  authorize,
  mayAllowInSomeEnvironment,
  type AclRequest,
} from '../../src/acl/authorize.ts';
import { parseAcl, type Acl } from '../../src/acl/parse.ts';

const save: AclRequest = {
  path: '/run/agent01.example.com',
  method: 'save',
  certname: 'puppet.example.com',
  ip: '10.0.0.5',
  environment: 'production',
};

function acl(...lines: string[]): Acl {
  const parsed = parseAcl(lines.join('\n'), 'auth.conf', { anyCertname: true });
  if (parsed.kind === 'faults') {
    throw new Error(parsed.faults.map(({ message }) => message).join('\n'));
  }
  return parsed.acl;
}

type Row = [
  why: string,
  decision: 'allow' | 'deny',
  lines: string[],
  request?: Partial<AclRequest>,
];

/** `allow` and `deny` lines under a stanza that everything fits. */
const inside = (...lines: string[]): string[] => ['path /run', ...lines];

const tables: Record<string, Row[]> = {
  'which stanza decides': [
    [
      'a literal path covers itself',
      'allow',
      inside('allow puppet.example.com'),
      { path: '/run' },
    ],
    [
      'and what lies under it',
      'allow',
      inside('allow puppet.example.com'),
      { path: '/run/a/b' },
    ],
    [
      'not what only begins with it',
      'deny',
      inside('allow puppet.example.com'),
      { path: '/running' },
    ],
    [
      'nor with a dot',
      'deny',
      inside('allow puppet.example.com'),
      { path: '/run.d' },
    ],
    [
      'a slash at the end covers what lies under',
      'allow',
      ['path /run/', 'allow puppet.example.com'],
    ],
    [
      'and not the path without it, as in Puppet',
      'deny',
      ['path /run/', 'allow puppet.example.com'],
      { path: '/run' },
    ],
    [
      'path / covers everything',
      'allow',
      ['path /', 'allow puppet.example.com'],
      { path: '/status' },
    ],
    ['a path is no glob', 'deny', ['path /run/*', 'allow puppet.example.com']],
    [
      'an upper-case path is another',
      'deny',
      inside('allow puppet.example.com'),
      { path: '/RUN' },
    ],
    [
      'the first that fits decides',
      'deny',
      [
        'path /run',
        'allow a.example.com',
        'path /run',
        'allow puppet.example.com',
      ],
    ],
    [
      'equal paths are not merged',
      'deny',
      ['path /run', 'path /run', 'allow puppet.example.com'],
    ],
    [
      'another method skips',
      'allow',
      [
        'path /run',
        'method find',
        'path /run',
        'method save',
        'allow puppet.example.com',
      ],
    ],
    [
      'another environment skips',
      'allow',
      [
        'path /run',
        'environment test',
        'path /run',
        'allow puppet.example.com',
      ],
    ],
    [
      'the environment named decides',
      'deny',
      [
        'path /run',
        'environment production',
        'path /run',
        'allow puppet.example.com',
      ],
    ],
    [
      'environments of two lines add up',
      'allow',
      inside(
        'environment test',
        'environment production',
        'allow puppet.example.com',
      ),
    ],
    [
      'a regex path is a search',
      'allow',
      ['path ~ /agent01\\.example\\.com$', 'allow puppet.example.com'],
    ],
    [
      'a case-folding regex path',
      'allow',
      ['path ~ (?i)^/RUN', 'allow puppet.example.com'],
    ],
    [
      'auth yes does not stand aside for a later auth any',
      'deny',
      [
        'path /run',
        'auth yes',
        'allow a.example.com',
        'path /run',
        'auth any',
        'allow *',
      ],
    ],
    [
      'nobody without a certificate falls through',
      'deny',
      [
        'path /run',
        'auth yes',
        'allow a.example.com',
        'path /run',
        'auth any',
        'allow *',
        'allow_ip 0.0.0.0/0',
      ],
      { certname: undefined },
    ],
    ['an empty file lets in nobody', 'deny', ['']],
  ],
  'a path beside a literal one: a refusal of Puppet’s holds, a permission does not':
    [
      [
        'refused above',
        'deny',
        [
          'path /run',
          'allow a.example.com',
          'path /running',
          'allow puppet.example.com',
        ],
        { path: '/running' },
      ],
      [
        'allowed above, allowed below',
        'allow',
        [
          'path /run',
          'allow puppet.example.com',
          'path /running',
          'allow puppet.example.com',
        ],
        { path: '/running' },
      ],
      [
        'allowed above, refused below',
        'deny',
        [
          'path /run',
          'allow puppet.example.com',
          'path /running',
          'allow a.example.com',
        ],
        { path: '/running' },
      ],
      [
        'another method above stands aside',
        'allow',
        [
          'path /run',
          'method save',
          'allow a.example.com',
          'path /runs',
          'method search',
          'allow puppet.example.com',
        ],
        { path: '/runs', method: 'search' },
      ],
      [
        'the longer one above decides',
        'allow',
        [
          'path /runs',
          'allow puppet.example.com',
          'path /run',
          'allow a.example.com',
        ],
        { path: '/runs' },
      ],
    ],
  names: [
    ['one label', 'allow', inside('allow puppet'), { certname: 'puppet' }],
    [
      'one label, caller in upper case',
      'allow',
      inside('allow puppet'),
      { certname: 'PUPPET' },
    ],
    [
      'a name is not its parent',
      'deny',
      inside('allow puppet.example.com'),
      { certname: 'example.com' },
    ],
    [
      'nor its last label',
      'deny',
      inside('allow puppet.example.com'),
      { certname: 'com' },
    ],
    [
      'nor the name with a dot behind',
      'deny',
      inside('allow puppet.example.com'),
      { certname: 'puppet.example.com.' },
    ],
    [
      'nor with a dot before',
      'deny',
      inside('allow *.example.com'),
      { certname: '.example.com' },
    ],
    [
      'nor with an empty label',
      'deny',
      inside('allow *.example.com'),
      { certname: 'a..example.com' },
    ],
    [
      'a caller is no pattern',
      'deny',
      inside('allow *.example.com'),
      { certname: '*.example.com' },
    ],
    ['an empty name is nobody', 'deny', inside('allow *'), { certname: '' }],
    [
      'a line break is in no name',
      'deny',
      inside('allow /^puppet$/'),
      { certname: 'evil\npuppet' },
    ],
    [
      'nor slips past a deny',
      'deny',
      inside('allow *', 'deny /^puppet$/'),
      { certname: 'puppet\nx' },
    ],
    [
      'the Kelvin sign is no k',
      'deny',
      inside('allow kicker.example.com'),
      { certname: '\u212aicker.example.com' },
    ],
    [
      '253 characters',
      'allow',
      inside('allow *'),
      { certname: 'a'.repeat(253) },
    ],
    ['and no more', 'deny', inside('allow *'), { certname: 'a'.repeat(254) }],
    [
      'an empty tail of a list is dropped',
      'allow',
      inside('allow a.example.com, puppet.example.com,'),
    ],
    [
      'the same name allowed and denied',
      'deny',
      inside('allow puppet.example.com', 'deny puppet.example.com'),
    ],
    [
      'whatever the order',
      'deny',
      inside('deny puppet.example.com', 'allow puppet.example.com'),
    ],
    [
      'and whatever the case',
      'deny',
      inside('allow Puppet.Example.com', 'deny PUPPET.example.com'),
    ],
    [
      'the same wildcard allowed and denied',
      'deny',
      inside('allow *.example.com', 'deny *.example.com'),
    ],
    [
      'the longer wildcard speaks',
      'allow',
      inside('allow *.prod.example.com', 'deny *.example.com'),
      { certname: 'a.prod.example.com' },
    ],
    ['a wildcard is over *', 'allow', inside('deny *', 'allow *.example.com')],
    ['also the other way', 'deny', inside('allow *', 'deny *.example.com')],
    [
      'deny * is under a name',
      'allow',
      inside('deny *', 'allow puppet.example.com'),
    ],
    ['deny * ties with allow *', 'deny', inside('deny *', 'allow *')],
    ['a regex is over *', 'deny', inside('allow *', 'deny /^puppet/')],
    ['also the other way', 'allow', inside('deny *', 'allow /^puppet/')],
    [
      'a wildcard and a regex cannot be compared: deny',
      'deny',
      inside('allow *.example.com', 'deny /^puppet/'),
    ],
    [
      'also the other way',
      'deny',
      inside('deny *.example.com', 'allow /^puppet/'),
    ],
    [
      'however long the wildcard',
      'deny',
      inside('allow *.puppet.example.com', 'deny /^puppet/'),
    ],
    [
      'they may stand together',
      'allow',
      inside('allow *.example.org', 'allow /^puppet/'),
    ],
    [
      'an exact name is over both',
      'allow',
      inside(
        'allow puppet.example.com',
        'deny *.example.com',
        'deny /^puppet/',
      ),
    ],
    [
      'a regex sees the name as it is',
      'deny',
      inside('allow /^puppet/'),
      { certname: 'Puppet.example.com' },
    ],
    [
      'a folding regex does not',
      'allow',
      inside('allow /(?i)^puppet/'),
      { certname: 'Puppet.example.com' },
    ],
    [
      'a regex with \\A and \\Z',
      'allow',
      inside('allow /\\Apuppet\\.example\\.com\\Z/'),
    ],
    ['\\z is the end', 'deny', inside('allow /\\Apuppet\\z/')],
  ],
  'back references': [
    [
      'literal, never a wildcard',
      'deny',
      ['path ~ ^/run/([^/]+)$', 'allow $1'],
      { path: '/run/*.example.com' },
    ],
    [
      'a name beside it still counts',
      'allow',
      ['path ~ ^/run/([^/]+)$', 'allow $1, puppet.example.com'],
      { path: '/run/*.example.com' },
    ],
    [
      'a deny is not talked away by a wildcard',
      'deny',
      ['path ~ ^/run/([^/]+)$', 'allow *.example.com', 'deny $1'],
      { path: '/run/*.example.com' },
    ],
    [
      'nor by a regex',
      'deny',
      ['path ~ ^/run/(.+)$', 'allow *.example.com', 'deny $1'],
      { path: '/run//.*/' },
    ],
    [
      'but does not outrank a name',
      'allow',
      ['path ~ ^/run/([^/]+)$', 'allow puppet.example.com', 'deny $1'],
      { path: '/run/*.example.com' },
    ],
    [
      'a text that is no name: Puppet failed, we deny',
      'deny',
      ['path ~ ^/run/([^/]+)$', 'allow $1, puppet.example.com'],
      { path: '/run/a+b' },
    ],
    [
      'a group that took no part',
      'deny',
      ['path ~ ^/run(?:/(\\w+))?$', 'allow $1, puppet.example.com'],
      { path: '/run' },
    ],
    [
      'a captured $1 is no back reference',
      'deny',
      ['path ~ ^/run/([^/]+)$', 'allow $1'],
      { path: '/run/$1', certname: '$1' },
    ],
    [
      'two groups',
      'allow',
      ['path ~ ^/run/([^/]+)/([^/]+)$', 'allow $2.$1.com'],
      { path: '/run/example/puppet' },
    ],
    [
      'in the other order',
      'deny',
      ['path ~ ^/run/([^/]+)/([^/]+)$', 'allow $1.$2.com'],
      { path: '/run/example/puppet' },
    ],
    [
      'a wildcard under a captured domain',
      'allow',
      ['path ~ ^/run/([^/]+)$', 'allow *.$1'],
      { path: '/run/Example.com' },
    ],
    [
      'and not beside it',
      'deny',
      ['path ~ ^/run/([^/]+)$', 'allow *.$1'],
      { path: '/run/xample.com' },
    ],
    [
      'it counts by its labels',
      'deny',
      ['path ~ ^/run/([^/]+)$', 'allow *.example.com', 'deny *.$1'],
      { path: '/run/puppet.example.com' },
    ],
    [
      'also where it allows',
      'allow',
      ['path ~ ^/run/([^/]+)$', 'deny *.example.com', 'allow *.$1'],
      { path: '/run/puppet.example.com' },
    ],
    [
      'on a tie it is a deny',
      'deny',
      ['path ~ ^/run/([^/]+)$', 'allow *.$1', 'deny *.example.com'],
      { path: '/run/example.com' },
    ],
    [
      'an upper-case word equals no name',
      'deny',
      ['path ~ ^/run/([^/]+)$', 'allow $1'],
      { path: '/run/PUPPET', certname: 'PUPPET' },
    ],
    [
      'only the digit counts: $11 is $1 and a 1',
      'allow',
      ['path ~ ^/run/([^/]+)$', 'allow $11'],
      { path: '/run/web', certname: 'web1' },
    ],
    [
      'a path with a line break is judged by no rule',
      'deny',
      [
        'path ~ ^/run/evil$',
        'allow a.example.com',
        'path /run',
        'allow puppet.example.com',
      ],
      { path: '/run/evil\n' },
    ],
  ],
  addresses: [
    [
      'no address, no allow_ip',
      'deny',
      inside('allow_ip 0.0.0.0/0'),
      { ip: undefined },
    ],
    [
      'a name is enough without an address',
      'allow',
      inside('allow puppet.example.com', 'allow_ip 10.9.9.9'),
      { ip: undefined },
    ],
    [
      'no address does not slip past a deny_ip',
      'deny',
      inside('allow puppet.example.com', 'deny_ip 10.9.9.9'),
      { ip: undefined },
    ],
    [
      'an IPv4-mapped peer is an IPv4 peer',
      'allow',
      inside('allow_ip 10.0.0.0/24'),
      { ip: '::ffff:10.0.0.5' },
    ],
    [
      'also in hex',
      'allow',
      inside('allow_ip 10.0.0.0/24'),
      { ip: '::FFFF:a00:5' },
    ],
    [
      'and for a deny',
      'deny',
      inside('allow *', 'deny_ip 10.0.0.5'),
      { ip: '::ffff:10.0.0.5' },
    ],
    ['an IPv4-mapped rule too', 'allow', inside('allow_ip ::ffff:a00:5')],
    [
      'leading zeros are no address',
      'deny',
      inside('allow_ip 10.0.0.5'),
      { ip: '10.0.0.05' },
    ],
    [
      'a zone never matches',
      'deny',
      inside('allow_ip fe80::/10'),
      { ip: 'fe80::1%eth0' },
    ],
    [
      'nor slips past a deny',
      'deny',
      inside('allow *', 'deny_ip fe80::/10'),
      { ip: 'fe80::1%eth0' },
    ],
    [
      'IPv6 in any spelling',
      'allow',
      inside('allow_ip 2001:DB8::5'),
      { ip: '2001:db8:0:0:0:0:0:5' },
    ],
    ['every IPv6 is not every IPv4', 'deny', inside('allow_ip ::/0')],
    [
      'every IPv4 is not every IPv6',
      'deny',
      inside('allow_ip 0.0.0.0/0'),
      { ip: '2001:db8::5' },
    ],
    [
      'out of the network',
      'deny',
      inside('allow_ip 10.0.0.0/24'),
      { ip: '10.0.1.5' },
    ],
    [
      'out of the star',
      'deny',
      inside('allow_ip 10.0.0.*'),
      { ip: '10.0.1.5' },
    ],
    [
      'one address over its network',
      'allow',
      inside('deny_ip 10.0.0.0/24', 'allow_ip 10.0.0.5'),
    ],
    [
      'one address and its /32 tie',
      'deny',
      inside('allow_ip 10.0.0.5', 'deny_ip 10.0.0.5/32'),
    ],
    [
      'equal networks tie',
      'deny',
      inside('allow_ip 10.0.0.0/24', 'deny_ip 10.0.0.0/24'),
    ],
    [
      'also in another spelling',
      'deny',
      inside('deny_ip 10.0.0.*', 'allow_ip 10.0.0.9/24'),
    ],
    [
      'the longer prefix speaks',
      'deny',
      inside('allow_ip 10.0.*', 'deny_ip 10.0.0.*'),
    ],
  ],
  'names and addresses apart': [
    [
      'allow * does not switch a deny_ip off',
      'deny',
      inside('allow *', 'deny_ip 10.0.0.0/8'),
    ],
    [
      'an address does not outrank a denied domain',
      'deny',
      inside('deny *.example.com', 'allow_ip 10.0.0.5'),
    ],
    [
      'nor does deny * yield to it',
      'deny',
      inside('deny *', 'allow_ip 10.0.0.5'),
    ],
    [
      'a deny_ip of others is silent',
      'allow',
      inside('allow puppet.example.com', 'deny_ip 10.9.0.0/16'),
    ],
    [
      'inside the addresses a more specific allow_ip lifts the deny_ip',
      'allow',
      inside(
        'allow puppet.example.com',
        'deny_ip 10.0.0.0/8',
        'allow_ip 10.0.0.5',
      ),
    ],
  ],
};

for (const [subject, rows] of Object.entries(tables)) {
  void t.test(subject, async (t) => {
    for (const [why, decision, lines, request] of rows) {
      const got = authorize(acl(...lines), { ...save, ...request });
      t.equal(got.decision, decision, `${why}: ${got.reason}`);
    }
  });
}

void t.test(
  'a request that names no environment needs every one',
  async (t) => {
    const unnamed = { ...save, environment: undefined };
    const denies = acl(
      'path /run',
      'environment test',
      'allow a.example.com',
      'path /run',
      'allow puppet.example.com',
    );
    t.equal(authorize(denies, save).decision, 'allow');
    t.match(authorize(denies, unnamed), {
      decision: 'deny',
      line: 2 - 1,
      reason: /no environment was named, and in test /,
    });
    const allows = acl(
      'path /run',
      'environment test',
      'allow puppet.example.com',
    );
    t.equal(authorize(allows, unnamed).decision, 'deny');
    const everywhere = acl(
      'path /run',
      'allow puppet.example.com',
      'path /',
      'environment test',
    );
    t.equal(authorize(everywhere, unnamed).decision, 'allow');
  },
);

void t.test(
  'before the body is read one environment that allows is enough',
  async (t) => {
    const asked = {
      path: '/run',
      method: 'save',
      certname: 'puppet.example.com',
      ip: '10.0.0.5',
    } as const;
    const rows: [string, 'allow' | 'deny', string[]][] = [
      [
        'a named one allows',
        'allow',
        ['path /run', 'environment test', 'allow puppet.example.com'],
      ],
      [
        'an unnamed one allows',
        'allow',
        [
          'path /run',
          'environment test',
          'path /run',
          'allow puppet.example.com',
        ],
      ],
      [
        'none allows',
        'deny',
        [
          'path /run',
          'environment test',
          'allow a.example.com',
          'path /run',
          'allow b.example.com',
        ],
      ],
      [
        'an environment of another path does not count',
        'deny',
        ['path /status', 'environment test', 'allow puppet.example.com'],
      ],
    ];
    for (const [why, decision, lines] of rows) {
      t.equal(
        mayAllowInSomeEnvironment(acl(...lines), asked).decision,
        decision,
        why,
      );
    }
    t.equal(
      mayAllowInSomeEnvironment(acl('path /run', 'allow *'), {
        ...asked,
        certname: undefined,
      }).decision,
      'deny',
    );
  },
);

void t.test(
  'a decision names rule, file, line, reason and remedy',
  async (t) => {
    const rules = acl(
      'path /run',
      'method save',
      'allow puppet.example.com',
      'deny *.bad.example.com',
    );
    t.same(authorize(rules, save), {
      decision: 'allow',
      rule: 'path /run, allow puppet.example.com',
      file: 'auth.conf',
      line: 3,
      reason:
        'puppet.example.com (10.0.0.5) is let in by "allow puppet.example.com", and no deny fits better',
    });
    t.match(authorize(rules, { ...save, certname: 'a.bad.example.com' }), {
      decision: 'deny',
      rule: 'path /run, deny *.bad.example.com',
      line: 4,
      reason:
        'a.bad.example.com (10.0.0.5) is kept out by "deny *.bad.example.com"',
      remedy: /remove or narrow line 4 of auth\.conf/,
    });
    t.match(authorize(rules, { ...save, certname: 'New.example.com' }), {
      decision: 'deny',
      rule: 'path /run',
      line: 1,
      remedy: /add below line 1 of auth\.conf: allow new\.example\.com$/,
    });
    t.match(authorize(rules, { ...save, method: 'find' }), {
      decision: 'deny',
      reason:
        'no stanza of auth.conf fits /run/agent01.example.com [find] in the environment production',
      remedy: /method find \/ allow puppet\.example\.com/,
    });
    t.match(authorize(rules, { ...save, certname: undefined }), {
      decision: 'deny',
      reason: /showed no client certificate/,
      remedy: /connect with a certificate/,
    });
    t.match(
      authorize(acl('path /run', 'allow a.example.com'), {
        ...save,
        path: '/running',
      }),
      {
        decision: 'deny',
        reason: /for Puppet "path \/run" also covers \/running/,
        remedy: /a method line that leaves out save/,
      },
    );
  },
);

void t.test('foreign text is made printable', async (t) => {
  const rules = acl('path /run', 'allow a.example.com');
  const { reason, remedy } = authorize(rules, {
    ...save,
    certname: 'evil\u001b[2J',
  });
  t.notMatch(`${reason}${remedy}`, /\u001b/);
  t.match(reason, /evil\\u\{1b\}\[2J/);
});

void t.test('a hundred thousand rules decide as fast as one', async (t) => {
  const names = Array.from({ length: 50_000 }, (_, i) => `allow h${i}.ab`);
  const stanzas = Array.from(
    { length: 25_000 },
    (_, i) => `path /x${i}\nallow b`,
  );
  const rules = acl(...stanzas, 'path /run', ...names);
  t.equal(rules.entries, 75_000);
  for (let i = 0; i < 100; i += 1) {
    t.equal(
      authorize(rules, { ...save, certname: `h${i * 499}.ab` }).decision,
      'allow',
    );
  }
});
