import t from 'tap';
import { aclFaults } from '../../src/acl/faults.ts';
import { aclLimits } from '../../src/acl/limits.ts';
import {
  foldCase,
  isDomain,
  isHostname,
  isOpaque,
  parseName,
} from '../../src/acl/names.ts';

const at = { file: 'auth.conf', line: 7 };

t.test('each form of a name is told apart', (t) => {
  const rows: [text: string, name: object][] = [
    ['*', { kind: 'everyone' }],
    ['web1.example.com', { kind: 'exact', name: 'web1.example.com' }],
    ['WEB1.Example.com', { kind: 'exact', name: 'web1.example.com' }],
    ['a.b.-c', { kind: 'exact', name: 'a.b.-c' }],
    ['1.2.3', { kind: 'exact', name: '1.2.3' }],
    ['1.2.3.4.5', { kind: 'exact', name: '1.2.3.4.5' }],
    ['a1.2.3.4', { kind: 'exact', name: 'a1.2.3.4' }],
    ['1.2.3.4a', { kind: 'exact', name: '1.2.3.4a' }],
    ['host', { kind: 'exact', name: 'host' }],
    ['ops@host', { kind: 'exact', name: 'ops@host' }],
    ['*.example.com', { kind: 'wildcard', suffix: 'example.com' }],
    ['*.Example.COM', { kind: 'wildcard', suffix: 'example.com' }],
    ['*.com', { kind: 'wildcard', suffix: 'com' }],
    ['$1', { kind: 'reference', template: '$1' }],
    ['$1.Example.com', { kind: 'reference', template: '$1.Example.com' }],
    ['*.$1', { kind: 'reference', template: '*.$1' }],
    ['/^$1/', { kind: 'reference', template: '/^$1/' }],
    ['/^web/', { kind: 'regex', source: '^web' }],
    ['/^a/b$/', { kind: 'regex', source: '^a/b$' }],
    ['//', { kind: 'regex', source: '' }],
  ];
  for (const [text, name] of rows) {
    t.strictSame(parseName(text, 'allow', at), { kind: 'name', name }, text);
    t.strictSame(parseName(text, 'deny', at), { kind: 'name', name }, text);
  }
  t.end();
});

t.test('an address is no name, and the remedy names the keyword', (t) => {
  for (const text of [
    '10.0.0.5',
    '10.0.0.256',
    '1000.0.0.5',
    '10.0.0.0/8',
    '10.*',
    '::1',
    '2001:db8::/32',
  ]) {
    for (const keyword of ['allow', 'deny'] as const) {
      t.strictSame(parseName(text, keyword, at), {
        kind: 'fault',
        fault: aclFaults.addressInAllow(at, keyword, text),
      });
    }
  }
  t.end();
});

t.test('a name that matches nobody comes with what to write', (t) => {
  const dots =
    'write it as host.example.com, without a dot at the end and without @';
  const rows: [text: string, remedy: string][] = [
    ['web1.example.com.', dots],
    ['ops@example.com', dots],
    ['a..b', dots],
    ['Web1', 'write web1: a name without dots is compared in lower case'],
    [
      'Ops@Host',
      'write ops@host: a name without dots is compared in lower case',
    ],
  ];
  for (const [text, remedy] of rows) {
    t.strictSame(
      parseName(text, 'allow', at),
      { kind: 'fault', fault: aclFaults.nameNeverMatches(at, text, remedy) },
      text,
    );
  }
  t.end();
});

t.test('a name is at most as long as a certname', (t) => {
  const most = aclLimits.certnameMaxChars;
  const longest = 'a'.repeat(most);
  t.strictSame(parseName(longest, 'allow', at), {
    kind: 'name',
    name: { kind: 'exact', name: longest },
  });
  const remedy = `a certname has at most ${most} characters`;
  for (const text of [
    `${longest}a`,
    `*.${longest}`,
    `a.${longest}`,
    `-@*_.${longest}`,
  ]) {
    t.strictSame(parseName(text, 'allow', at), {
      kind: 'fault',
      fault: aclFaults.nameNeverMatches(at, text, remedy),
    });
  }
  t.end();
});

t.test('a pattern that is no plain name may be longer', (t) => {
  const long = 'a'.repeat(aclLimits.certnameMaxChars);
  t.strictSame(parseName(`/^${long}/`, 'allow', at), {
    kind: 'name',
    name: { kind: 'regex', source: `^${long}` },
  });
  t.strictSame(parseName(`$1${long}`, 'allow', at), {
    kind: 'name',
    name: { kind: 'reference', template: `$1${long}` },
  });
  t.strictSame(parseName(`${long}$1`, 'allow', at), {
    kind: 'name',
    name: { kind: 'reference', template: `${long}$1` },
  });
  t.end();
});

t.test('what has none of the forms is refused', (t) => {
  for (const text of [
    '',
    '/',
    '/^a',
    'a/',
    'a b',
    '*a.com',
    '*.',
    '*.-a',
    '**',
    'web*.example.com',
    '"a"',
    '-a',
    '.a.b',
    '$a',
    'é.example.com',
  ]) {
    t.strictSame(
      parseName(text, 'allow', at),
      { kind: 'fault', fault: aclFaults.nameInvalid(at, text) },
      text,
    );
  }
  t.end();
});

t.test('a host name, a domain and one opaque word', (t) => {
  type Row = [
    text: string,
    hostname: boolean,
    domain: boolean,
    opaque: boolean,
  ];
  const rows: Row[] = [
    ['a', false, true, true],
    ['a.b', true, true, true],
    ['ab.cd.ef', true, true, true],
    ['a-.b-', true, true, true],
    ['_a.b', true, true, true],
    ['a.-b', true, false, true],
    ['a.-b.c', false, false, true],
    ['-a.b', false, false, false],
    ['-', false, false, false],
    ['a.', false, false, true],
    ['.a', false, false, false],
    ['a..b', false, false, true],
    ['a@b', false, false, true],
    ['@a', false, false, false],
    ['a b.c', false, false, false],
    [' a.b', false, false, false],
    ['a.b ', false, false, false],
    ['a.b\n', false, false, false],
    ['*.a', false, false, false],
    ['', false, false, false],
  ];
  for (const [text, hostname, domain, opaque] of rows) {
    const name = JSON.stringify(text);
    t.equal(isHostname(text), hostname, `host name ${name}`);
    t.equal(isDomain(text), domain, `domain ${name}`);
    t.equal(isOpaque(text), opaque, `opaque ${name}`);
  }
  t.end();
});

t.test('only the letters of ASCII are folded', (t) => {
  t.equal(foldCase('AZaz09-_.@Web'), 'azaz09-_.@web');
  t.equal(foldCase('\u212a\u00c9'), '\u212a\u00c9');
  t.equal(foldCase(''), '');
  t.end();
});
