import * as fc from 'fast-check';
import t from 'tap';
import { aclLimits } from '../../src/acl/limits.ts';
import { parseAcl } from '../../src/acl/parse.ts';

/** Codes and lines of the mistakes of a text; [] when it loads. */
function mistakes(text: string, anyCertname = true): string[] {
  const parsed = parseAcl(text, 'auth.conf', { anyCertname });
  if (parsed.kind === 'acl') return [];
  return parsed.faults.map(({ code, line }) => `${line} ${code}`);
}

const under = (line: string): string => `path /run\n${line}\n`;
const underRegex = (line: string): string => `path ~ ^/run/([^/]+)$\n${line}\n`;

const loads: [string, string][] = [
  ['nothing', ''],
  ['blank lines and comments', '\n \t\n# c\n  # c\r\n\f\n'],
  ['a stanza without entries', 'path /run\n'],
  ['stanzas in a row', 'path /run\npath /status\nallow a\n'],
  ['CRLF', 'path /run\r\nmethod save\r\nallow a.example.com\r\n'],
  ['a byte order mark', '\u{feff}path /run\nallow a\n'],
  ['an indented path', '\t path /run\nallow a\n'],
  ['a tab after path', 'path\t/run\nallow a\n'],
  ['blanks after the path', 'path /run  \t\nallow a\n'],
  ['blanks around the tilde', 'path  ~\t ^/run$\nallow a\n'],
  ['a comment behind a value', under('allow a # allow *')],
  ['a comment in Latin-1', '# caf\ufffd\npath /run # '.slice(0, 17)],
  [
    'keywords of both spellings of auth',
    under('auth yes\nauthenticated any, all'),
  ],
  ['the last auth wins', under('auth no\nauth yes')],
  ['every method', under('method find, search ,save,destroy')],
  ['a trailing comma', under('allow a.example.com,')],
  [
    'names of every form',
    under(
      'allow a, a.example.com, my_host.a-b, *.example.com, *, ops@host, 7d1f-0a.x, a.b.-c',
    ),
  ],
  [
    'numbers that are no address',
    under('allow 10.0.0, 1.2.3.4.5, web.10.0.0.1'),
  ],
  ['deny *', under('deny *')],
  [
    'addresses of every form',
    under(
      'allow_ip 10.0.0.5, 10.0.0.77/24, 10.*, 10.0.*, 10.0.0.*, 0.0.0.0/0, ::, ::1, 2001:db8::/32, ::/0, 1:2:3:4:5:6:7:8',
    ),
  ],
  [
    'back references',
    underRegex('allow $1, $1.example.com, *.$1, $1-a, $10\ndeny $1.$1'),
  ],
  [
    'regexes',
    under(
      'allow /^a/, /b$/, /^a|b$/, /(^a|b$)/, /^(a|b)/, /(?:^a|^b)c/, /(a|b)$/, /\\Aa/, /a\\z/, /a\\Z/, /(?i)^a/, /^[a-z\\d]+\\.x/, /^a[[:alpha:]]/, /^(?<n>a)/, /^a{2}/, /^a{2\\}/, /^a b/, /^(?:a)+?/',
    ),
  ],
];

const refused: [string, string, string[]][] = [
  ['an unknown keyword', under('permit a'), ['2 ACL_LINE_INVALID']],
  ['a keyword in capitals', under('Allow a'), ['2 ACL_LINE_INVALID']],
  ['a keyword glued to its value', under('allow:a'), ['2 ACL_LINE_INVALID']],
  ['another comment sign', under('// c'), ['2 ACL_LINE_INVALID']],
  ['a NUL', under('allow a\0b'), ['2 ACL_LINE_INVALID']],
  ['a no-break space', under('allow\u00a0a'), ['2 ACL_LINE_INVALID']],
  ['and behind a name', under('allow a\u00a0'), ['2 ACL_NAME_INVALID']],
  ['a lone carriage return', 'path /run\rallow a', ['1 ACL_LINE_INVALID']],
  ['path alone', 'path\nallow a', ['1 ACL_LINE_INVALID']],
  ['PATH', 'PATH /run\n', ['1 ACL_LINE_INVALID']],
  ['two paths', 'path /run /x\n', ['1 ACL_LINE_INVALID']],
  ['a comment behind the path', 'path /run # c\n', ['1 ACL_LINE_INVALID']],
  ['a comment glued to it', 'path /run#c\n', ['1 ACL_PATH_COMMENT']],
  ['a tab at its end', 'path /run\t\n', ['1 ACL_PATH_INVALID']],
  ['a relative path', 'path run\n', ['1 ACL_PATH_INVALID']],
  ['a quoted path', 'path "/run"\n', ['1 ACL_PATH_INVALID']],
  ['a namespace', 'path [run]\n', ['1 ACL_PATH_INVALID']],
  ['a tilde without blank', 'path ~^/run\n', ['1 ACL_PATH_INVALID']],
  ['a tilde alone', 'path ~\n', ['1 ACL_PATH_INVALID']],
  ['a tilde and a blank', 'path ~ \n', ['1 ACL_LINE_INVALID']],
  ['a blank in a regex path', 'path ~ ^/run/a b\n', ['1 ACL_LINE_INVALID']],
  ['a wide regex path', 'path ~ run\n', ['1 ACL_REGEX_UNANCHORED']],
  ['a regex path of everything', 'path ~ /\n', ['1 ACL_REGEX_UNANCHORED']],
  [
    'a regex path that does not compile',
    'path ~ ^[\n',
    ['1 ACL_REGEX_INVALID'],
  ],
  ['a very long path', `path /${'a'.repeat(1024)}\n`, ['1 ACL_PATH_INVALID']],
  ['an entry before a path', 'allow a\n', ['1 ACL_NO_PATH']],
  ['no value', under('allow'), ['2 ACL_VALUE_MISSING']],
  ['a blank value', under('method  '), ['2 ACL_VALUE_MISSING']],
  ['a comment as value', under('allow # a'), ['2 ACL_VALUE_MISSING']],
  ['a comma as value', under('allow ,'), ['2 ACL_VALUE_MISSING']],
  // told once: what stands under a path that cannot be read is not without a path
  [
    'under a broken path',
    'path run\nallow a\nmethod find',
    ['1 ACL_PATH_INVALID'],
  ],
  ['under a line that is no path', 'path\nallow a', ['1 ACL_LINE_INVALID']],
  [
    'mistakes under a broken path',
    'path run\nallow "a"',
    ['1 ACL_PATH_INVALID', '2 ACL_NAME_INVALID'],
  ],
  ['an empty head', under('allow ,a'), ['2 ACL_VALUE_MISSING']],
  ['an empty middle', under('allow a,,b'), ['2 ACL_VALUE_MISSING']],
  ['an HTTP verb', under('method POST'), ['2 ACL_METHOD_UNKNOWN']],
  ['head', under('method head'), ['2 ACL_METHOD_UNKNOWN']],
  ['all', under('method all'), ['2 ACL_METHOD_UNKNOWN']],
  [
    'blanks between methods',
    under('method find save'),
    ['2 ACL_METHOD_UNKNOWN'],
  ],
  ['a method twice', under('method save\nmethod save'), ['3 ACL_METHOD_TWICE']],
  [
    'an environment with a hyphen',
    under('environment a-b'),
    ['2 ACL_ENVIRONMENT_INVALID'],
  ],
  ['every environment', under('environment *'), ['2 ACL_ENVIRONMENT_INVALID']],
  [
    'an environment twice',
    under('environment a, a'),
    ['2 ACL_ENVIRONMENT_TWICE'],
  ],
  ['another auth', under('auth Yes'), ['2 ACL_AUTH_INVALID']],
  ['a quoted name', under('allow "a"'), ['2 ACL_NAME_INVALID']],
  ['names with blanks', under('allow a b'), ['2 ACL_NAME_INVALID']],
  ['a star glued', under('allow *a.b'), ['2 ACL_NAME_INVALID']],
  ['a star behind', under('allow a.*'), ['2 ACL_NAME_INVALID']],
  ['a star within', under('allow a.*.b'), ['2 ACL_NAME_INVALID']],
  ['two stars', under('allow *.*'), ['2 ACL_NAME_INVALID']],
  ['a star and a dot', under('allow *.'), ['2 ACL_NAME_INVALID']],
  ['a hyphen first', under('allow -a.b'), ['2 ACL_NAME_INVALID']],
  ['a slash alone', under('allow /'), ['2 ACL_NAME_INVALID']],
  ['flags behind a regex', under('allow /^a/i'), ['2 ACL_NAME_INVALID']],
  [
    'a comma in a regex',
    under('allow /^a{1,2}$/'),
    ['2 ACL_NAME_INVALID', '2 ACL_NAME_INVALID'],
  ],
  ['a dollar without digit', under('allow $x'), ['2 ACL_NAME_INVALID']],
  [
    'a name outside ASCII',
    under('allow b\u00fccher.example.com'),
    ['2 ACL_NAME_INVALID'],
  ],
  [
    'one label in capitals',
    under('allow Puppet'),
    ['2 ACL_NAME_NEVER_MATCHES'],
  ],
  ['a dot at the end', under('allow host.dom.'), ['2 ACL_NAME_NEVER_MATCHES']],
  ['two dots', under('deny a..b'), ['2 ACL_NAME_NEVER_MATCHES']],
  ['an at sign and a dot', under('allow a@b.c'), ['2 ACL_NAME_NEVER_MATCHES']],
  [
    'a name too long',
    under(`allow ${'a.'.repeat(127)}a`),
    ['2 ACL_NAME_NEVER_MATCHES'],
  ],
  ['an address', under('allow 10.0.0.5'), ['2 ACL_ADDRESS_IN_ALLOW']],
  ['in a deny', under('deny 10.0.0.5'), ['2 ACL_ADDRESS_IN_ALLOW']],
  ['one that is none', under('allow 300.0.0.5'), ['2 ACL_ADDRESS_IN_ALLOW']],
  [
    'networks',
    under('allow 10.0.0.0/24, 10.0.*, ::1'),
    [
      '2 ACL_ADDRESS_IN_ALLOW',
      '2 ACL_ADDRESS_IN_ALLOW',
      '2 ACL_ADDRESS_IN_ALLOW',
    ],
  ],
  ...[
    '*',
    '10.0.0',
    '10.0.0.256',
    '10.0.0.05',
    '010.0.0.5',
    '10.0.0.0/33',
    '10.0.0.0/024',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.1-9',
    '10.0.0.0/255.0.0.0',
    '10.*.0.1',
    '*.0.0.1',
    '10.0.0.0.*',
    '10.0.0.5*',
    '::ffff:10.0.0.5',
    '2001:db8::/129',
    '1::2::3',
    '1:2:3',
    'g::1',
    '12345::1',
    'fe80::1%eth0',
    '1:2:3:4:5:6:7:8:9',
    ':::',
    'localhost',
    '$1',
    '0x0a000005',
    '10.5',
  ].map((value): [string, string, string[]] => [
    `the address ${value}`,
    under(`allow_ip ${value}`),
    ['2 ACL_ADDRESS_INVALID'],
  ]),
  [
    'a back reference on a literal path',
    under('allow $1'),
    ['2 ACL_BACKREFERENCE'],
  ],
  ['a missing group', underRegex('allow $2'), ['2 ACL_BACKREFERENCE']],
  [
    'a group that only groups',
    'path ~ ^/run/(?:[^/]+)$\nallow $1\n',
    ['2 ACL_BACKREFERENCE'],
  ],
  ['the whole match', underRegex('deny $0'), ['2 ACL_BACKREFERENCE']],
  [
    'a back reference in a regex',
    underRegex('allow /^$1/'),
    ['2 ACL_BACKREFERENCE'],
  ],
  ['one with a blank', underRegex('allow a $1'), ['2 ACL_BACKREFERENCE']],
  [
    'one with a dot at the end',
    underRegex('allow $1.'),
    ['2 ACL_BACKREFERENCE'],
  ],
  [
    'one with a star within',
    underRegex('allow a.*.$1'),
    ['2 ACL_BACKREFERENCE'],
  ],
  ...[
    'a',
    'example',
    '.*',
    '',
    '^a|b',
    'a|b$|c',
    '(^a|b)c',
    '(^a)?b',
    '^*a',
    'a$?',
    '(^a|)',
    '\\^a',
    'a\\$',
    '[^a]',
    'a[$]',
    '\\b^a',
    '(?i)a',
    '^a|',
  ].map((regex): [string, string, string[]] => [
    `the wide regex ${regex}`,
    under(`allow /${regex}/`),
    ['2 ACL_REGEX_UNANCHORED'],
  ]),
  ['a wide regex in deny', under('deny /bad/'), ['2 ACL_REGEX_UNANCHORED']],
  ...[
    '^[',
    '^(a',
    '^a)',
    '^a**',
    '^a++',
    '^*+a',
    '^a{2}?',
    '^a{,3}',
    '^a{2}{3}',
    '^a{1001}',
    '^a\\',
    '^[a&&b]',
    '^[a[b]]',
    '^[]a]',
    '^[z-a]',
    '^\\h',
    '^\\p{L}',
    '^\\x41',
    '^\\Qa',
    '^\\1',
    '^(?=a)',
    '^(?!a)',
    '^(?<=a)',
    '^(?<!a)',
    '^(?>a)',
    '^(?P<n>a)',
    '^(?m)a',
    '^a(?i)b|^c',
    '^(?x:a)',
    '^(?s:a)',
    '^(?U:a)',
    '^[\\b]',
    '^(?<n>a)(b)',
    '^((a{100}){100}){100}',
  ].map((regex): [string, string, string[]] => [
    `the regex ${regex}`,
    regex.includes(',') ? `path ~ ${regex}\n` : under(`allow /${regex}/`),
    [regex.includes(',') ? '1 ACL_REGEX_INVALID' : '2 ACL_REGEX_INVALID'],
  ]),
  [
    'a regex too long',
    under(`allow /^${'a'.repeat(1000)}/`),
    ['2 ACL_REGEX_INVALID'],
  ],
  [
    'a line too long',
    under(`allow ${'a,'.repeat(9000)}`),
    ['2 ACL_LINE_TOO_LONG'],
  ],
  [
    'a file too large',
    '#'.repeat(aclLimits.fileMaxBytes + 1),
    ['1 ACL_TOO_LARGE'],
  ],
  [
    'too many regexes',
    `path /run\n${'allow /^a/\n'.repeat(aclLimits.regexesMax + 1)}`,
    [`${aclLimits.regexesMax + 2} ACL_TOO_MANY`],
  ],
  [
    'too many environments',
    `path /run\n${Array.from({ length: 65 }, (_, i) => `environment e${i}\n`).join('')}`,
    ['66 ACL_TOO_MANY'],
  ],
  [
    'too many entries',
    `path /run\n${`allow ${'a,'.repeat(1000)}\n`.repeat(201)}`,
    ['202 ACL_TOO_MANY'],
  ],
];

void t.test('what loads', async (t) => {
  for (const [why, text] of loads) t.same(mistakes(text), [], why);
});

void t.test('what is refused, with the line', async (t) => {
  for (const [why, text, codes] of refused) t.same(mistakes(text), codes, why);
});

void t.test(
  'allow * needs anyCertname, and so does a regex that says the same',
  async (t) => {
    for (const name of ['*', '/^/', '/^.*$/', '/.+$/', '/^.|$/']) {
      t.same(
        mistakes(under(`allow ${name}`), false),
        ['2 ACL_ANY_CERTNAME'],
        name,
      );
      t.same(
        mistakes(under(`allow ${name}`), true),
        [],
        `${name}, with anyCertname`,
      );
      t.same(mistakes(under(`deny ${name}`), false), [], `deny ${name}`);
    }
    for (const name of ['*.com', '/^w/', '/\\.com$/']) {
      t.same(mistakes(under(`allow ${name}`), false), [], name);
    }
  },
);

void t.test(
  'every mistake is told at once, each with file, line, value and remedy',
  async (t) => {
    const text =
      'allow a\npath run\nallow Puppet\nmethod put\npath /run\nallow "x"\nallow_ip y\nnonsense\n';
    const parsed = parseAcl(text, '/etc/kickd/auth.conf', {
      anyCertname: false,
    });
    if (parsed.kind !== 'faults') throw new Error('loaded');
    t.same(
      parsed.faults.map(({ message }) => message.split(': ')[0]),
      [1, 2, 3, 4, 6, 7, 8].map((line) => `/etc/kickd/auth.conf:${line}`),
    );
    t.match(parsed.faults[4], {
      code: 'ACL_NAME_INVALID',
      message: '/etc/kickd/auth.conf:6: ""x"" is no name pattern',
      remedy: /without quotes/,
      exitCode: 2,
    });
  },
);

void t.test('a file of nothing but mistakes is cut short', async (t) => {
  const found = mistakes('x y\n'.repeat(10_000));
  t.equal(found.length, aclLimits.faultsMax + 1);
  t.equal(found.at(-1), '201 ACL_TOO_MANY_FAULTS');
});

void t.test('what loads and deserves a word', async (t) => {
  const rows: [string, string, string[]][] = [
    ['nothing', 'path /run\nauth yes\nallow a\n', []],
    ['auth any', 'path /run\nauth any\nallow a\n', ['2 ACL_AUTH_IGNORED']],
    ['a glob', 'path /run/*\nallow a\n', ['1 ACL_PATH_GLOB']],
    ['below path /', 'path /\n\npath /run\nallow a\n', ['3 ACL_UNREACHED']],
    ['below its parent', 'path /run\npath /run/log\n', ['2 ACL_UNREACHED']],
    ['below itself', 'path /run\npath /run\n', ['2 ACL_UNREACHED']],
    ['beside', 'path /run\npath /runs\n', []],
    ['below a path with a slash', 'path /run/\npath /run\n', []],
    ['below one with a method', 'path /\nmethod find\npath /run\n', []],
    ['below one with an environment', 'path /\nenvironment a\npath /run\n', []],
    [
      'every address',
      'path /run\nallow_ip 0.0.0.0/0, ::/0\ndeny_ip 0.0.0.0/0\n',
      ['2 ACL_ANY_ADDRESS'],
    ],
  ];
  for (const [why, text, codes] of rows) {
    const parsed = parseAcl(text, 'auth.conf', { anyCertname: false });
    if (parsed.kind !== 'acl') t.fail(why);
    else
      t.same(
        parsed.warnings.map(({ code, line }) => `${line} ${code}`),
        codes,
        why,
      );
  }
});

void t.test('no text makes it throw', async () => {
  const word = fc.constantFrom(
    'path',
    'allow',
    'allow_ip',
    'deny',
    'deny_ip',
    'method',
    'environment',
    'auth',
    ' ',
    '\t',
    '\n',
    '\r\n',
    ',',
    '#',
    '~',
    '/',
    '/run',
    '^',
    '$',
    '$1',
    '(',
    ')',
    '[',
    ']',
    '|',
    '*',
    '.',
    '\\',
    '{2,3}',
    '(?',
    'save',
    'a.example.com',
    '*.b',
    '10.0.0.0/8',
    '::1',
    '\u{feff}',
    '\0',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(word, { maxLength: 60 }).map((words) => words.join('')),
    fc
      .array(word, { maxLength: 30 })
      .map(
        (words) =>
          `path ~ ^${words.join('')}\nallow /^${words.join('')}/\nallow ${words.join('')}`,
      ),
  );
  fc.assert(
    fc.property(text, fc.boolean(), (text, anyCertname) => {
      const parsed = parseAcl(text, 'auth.conf', { anyCertname });
      return parsed.kind === 'acl' || parsed.faults.length > 0;
    }),
    { numRuns: 5000 },
  );
});

void t.test('no text of full size takes more than linear time', async (t) => {
  const size = aclLimits.fileMaxBytes;
  const fill = (unit: string): string =>
    unit.repeat(Math.floor(size / unit.length));
  const texts = [
    fill(' '),
    fill('\t'),
    fill('path '),
    fill('path \t'),
    fill('\n'),
    fill('a'),
    fill(',\n'),
    fill('path /\n'),
    fill(`path ${'/'.repeat(1000)}\n`),
    fill(`path ${'\t'.repeat(16_000)} x\n`),
    fill(`path /run\nallow ${'a.'.repeat(8000)}\n`),
    `path /run\n${fill(`allow /^${'('.repeat(900)}/\n`)}`.slice(0, size),
    fill(`path ~ ^${'(a*)*'.repeat(190)}$\n`),
    `path /run\n${fill('allow_ip ::1\n')}`.slice(0, size),
    `path /run\n${fill('allow a,\n')}`.slice(0, size),
    fill('path /run\nauth any\n'),
  ];
  for (const text of texts) {
    parseAcl(text, 'auth.conf', { anyCertname: true });
    // quadratic time would be hours for four million characters, and this test's own time would be over
    t.pass(JSON.stringify(text.slice(0, 24)));
  }
});
