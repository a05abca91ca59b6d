import t from 'tap';
import { aclFaults, type AclFault } from '../../src/acl/faults.ts';
import { aclLimits } from '../../src/acl/limits.ts';
import { isHocon, readLines } from '../../src/acl/lines.ts';

const file = 'auth.conf';
const at = { file, line: 1 };
const read = (text: string): unknown[] => [...readLines(text, file)];
const refused = (fault: AclFault, isPath = false): unknown[] => [
  { kind: 'fault', line: fault.line, fault, isPath },
];

t.test('what says nothing is left out, and still counted', (t) => {
  for (const text of [
    '',
    ' \t',
    '#c',
    ' \t# allow a',
    '\f',
    '\v\r\r',
    '\n\n',
  ]) {
    t.strictSame(read(text), [], JSON.stringify(text));
  }
  t.strictSame(read('\n# c\nallow a\r\n\ndeny b'), [
    { kind: 'directive', line: 3, keyword: 'allow', values: ['a'] },
    { kind: 'directive', line: 5, keyword: 'deny', values: ['b'] },
  ]);
  t.end();
});

t.test('a byte order mark is read over, at the start alone', (t) => {
  t.strictSame(read('\u{feff}path /run'), [
    { kind: 'path', line: 1, text: '/run', isRegex: false },
  ]);
  t.strictSame(
    read('\u{feff}\u{feff}allow a'),
    refused(aclFaults.lineInvalid(at, '\u{feff}allow a')),
  );
  t.end();
});

t.test('a path, literal or regex', (t) => {
  const rows: [raw: string, text: string, isRegex: boolean][] = [
    ['path /run', '/run', false],
    ['path /run\r', '/run', false],
    [' \t path /run', '/run', false],
    ['path\t \t/run', '/run', false],
    ['path /run  ', '/run', false],
    ['path /run \t', '/run', false],
    ['path /path', '/path', false],
    ['path ~', '~', false],
    ['path ~^/run', '~^/run', false],
    ['path ~ ^/run$', '^/run$', true],
    ['path ~\t^/run$', '^/run$', true],
    ['path  ~ \t ^/run$ ', '^/run$', true],
    ['path /run#c', '/run#c', false],
  ];
  for (const [raw, text, isRegex] of rows) {
    t.strictSame(read(raw), [{ kind: 'path', line: 1, text, isRegex }], raw);
  }
  t.end();
});

t.test('a path line that is none', (t) => {
  const rows: [raw: string, content: string][] = [
    ['path', 'path'],
    ['path ', 'path'],
    [' path\t', 'path'],
    ['path ~ ', 'path ~ '],
    ['path /run /x', 'path /run /x'],
    ['path /run # c', 'path /run # c'],
    ['path ~ ^/a b', 'path ~ ^/a b'],
  ];
  for (const [raw, content] of rows) {
    t.strictSame(
      read(raw),
      refused(aclFaults.lineInvalid(at, content.trim()), true),
      raw,
    );
  }
  for (const text of ['/run\t', '/run\ta', '/\u0001', '/\u009f', '/\ufffd']) {
    t.strictSame(
      read(`path ${text}`),
      refused(aclFaults.pathInvalid(at, text), true),
    );
  }
  t.end();
});

t.test('each keyword with its values', (t) => {
  for (const keyword of [
    'allow',
    'allow_ip',
    'deny',
    'deny_ip',
    'method',
    'environment',
    'auth',
    'authenticated',
  ]) {
    t.strictSame(read(`${keyword} a`), [
      { kind: 'directive', line: 1, keyword, values: ['a'] },
    ]);
  }
  const rows: [value: string, values: string[]][] = [
    [' a, b ,c', ['a', 'b', 'c']],
    ['\ta, b\t', ['a', 'b']],
    [' a,', ['a']],
    [' a,, ,', ['a']],
    [' a b', ['a b']],
    [' a # , b', ['a']],
    [' a# b', ['a']],
    [' a\u00a0', ['a\u00a0']],
    [' a\r', ['a']],
  ];
  for (const [value, values] of rows) {
    t.strictSame(read(`allow${value}`), [
      { kind: 'directive', line: 1, keyword: 'allow', values },
    ]);
  }
  t.end();
});

t.test('a keyword without a value, or with a hole in its list', (t) => {
  for (const value of [
    '',
    ' ',
    ' # a',
    ' ,',
    ' ,,',
    ' ,a',
    ' a,,b',
    ' a, ,b',
  ]) {
    t.strictSame(
      read(`allow${value}`),
      refused(aclFaults.valueMissing(at, 'allow')),
      value,
    );
  }
  t.end();
});

t.test('what no keyword begins is refused', (t) => {
  for (const raw of [
    'permit a',
    'Allow a',
    'allow: a',
    'allow#a',
    'allow-a',
    'allows a',
    '1allow a',
    'PATH /run',
    'pathology /run',
    'paths /run',
    '// c',
    'allow\u00a0a',
    'allow\ra',
    'toString a',
  ]) {
    t.strictSame(read(raw), refused(aclFaults.lineInvalid(at, raw)), raw);
  }
  t.end();
});

t.test('control characters are refused, but for those of a comment', (t) => {
  for (const control of [
    '\u0000',
    '\t',
    '\u001f',
    '\u007f',
    '\u009f',
    '\u2028',
    '\u2029',
    '\ufffd',
  ]) {
    const raw = `allow a${control}b`;
    t.strictSame(
      read(raw),
      refused(aclFaults.lineInvalid(at, raw)),
      encodeURI(raw),
    );
    t.strictSame(read(`# ${control}`), []);
    t.strictSame(read(`allow a # ${control}.`), [
      { kind: 'directive', line: 1, keyword: 'allow', values: ['a'] },
    ]);
  }
  for (const plain of [' ', '~', '\u00a0', '\u2027', '\u202a', '\ufffc']) {
    t.match(read(`allow a${plain}b`), [{ kind: 'directive' }]);
  }
  t.end();
});

t.test('a line has at most so many characters', (t) => {
  const most = aclLimits.lineMaxChars;
  const allow = `allow ${'a'.repeat(most - 6)}`;
  t.match(read(allow), [{ kind: 'directive' }]);
  t.match(read(`${allow}\r`), [{ kind: 'directive' }]);
  t.strictSame(read(`${allow}a`), refused(aclFaults.lineTooLong(at, most + 1)));
  const path = `path /${'a'.repeat(most)}`;
  t.strictSame(
    read(path),
    refused(aclFaults.lineTooLong(at, path.length), true),
  );
  t.strictSame(read(`#${'a'.repeat(most)}`), []);
  t.end();
});

t.test('the HOCON of puppetserver is told by its first words', (t) => {
  for (const text of [
    'authorization: {',
    'authorization {',
    'authorization = {',
    'authorization',
    '"authorization" : {',
    '{ "authorization": {',
    '{authorization',
    '  authorization:',
    '{\nauthorization: {',
    '\u{feff}authorization: {',
    '# c\n// c\n\n  \nauthorization: {',
    `${'# c\n'.repeat(499)}authorization: {`,
  ]) {
    t.equal(isHocon(text), true, text.slice(-30));
  }
  for (const text of [
    '',
    '# authorization: {',
    '// authorization: {',
    'path /authorization',
    'allow a\nauthorization: {',
    'authorizations: {',
    'author\u{feff}ization: {',
    'authorization-x: {',
    'my authorization: {',
    '{ a',
    '{ a\nauthorization: {',
    'x{\nauthorization: {',
    'x#\nauthorization: {',
    `${'# c\n'.repeat(500)}authorization: {`,
  ]) {
    t.equal(isHocon(text), false, text.slice(-30));
  }
  t.end();
});
