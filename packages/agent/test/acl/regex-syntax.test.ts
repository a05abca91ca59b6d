import t from 'tap';
import { readRegexSyntax } from '../../src/acl/regex-syntax.ts';

t.test('what loads is passed on as it stands', (t) => {
  const sources = [
    '^a$',
    '^[a-z\\d]+\\.x',
    '^a|^b',
    '^(?:a)(b)',
    '(?i)^a',
    '^(?i:a)',
    '^(?-i:a)',
    '^a{2}b{2,}c{0,3}d{10,20}',
    '^a*b+c?',
    '^a*?b+?c??d{2,}?e{0,3}?',
    '^a{x}',
    '^a{',
    '^{a}',
    '^a}',
    '^a{2\\}',
    '^[[:alpha:]]',
    '^[[:^alpha:]x]',
    '^[^a]',
    '^[a^]',
    '^[a-c-]',
    '^[-a]',
    '^[\\w-]',
    '^[\\w.-]',
    '^[[:alpha:]-]',
    '^[\\]a]',
    '^[^\\]a]',
    '^[&]',
    '^[a&b&]',
    '^[|)(]',
    '^[\\W\\S\\D\\d\\s\\w\\_]',
    '^[!-\\-]',
    '^[a-\\.]',
    '^\\d\\D\\w\\W\\s\\S\\b\\B',
    '^\\!\\/\\:\\@\\[\\`\\{\\~\\ ',
    '^a b',
    '^\u00e9',
    '\\Aa\\z',
  ];
  for (const source of sources) {
    t.strictSame(
      readRegexSyntax(source),
      {
        kind: 'regex',
        re2: source,
        isAnchored: true,
        hasNamedGroups: false,
      },
      source,
    );
  }
  t.end();
});

t.test('the last end of Ruby is said in the words of RE2', (t) => {
  t.match(readRegexSyntax('\\Aa\\Z'), { re2: '\\Aa\\z', isAnchored: true });
  t.match(readRegexSyntax('a\\Z'), { re2: 'a\\z', isAnchored: true });
  t.match(readRegexSyntax('\\Za'), { re2: '\\za', isAnchored: false });
  t.end();
});

t.test('a regex is anchored when each alternative is', (t) => {
  const rows: [source: string, isAnchored: boolean][] = [
    ['', false],
    ['a', false],
    ['^', true],
    ['$', true],
    ['^a', true],
    ['a$', true],
    ['a^b', false],
    ['a$b', false],
    ['$a', false],
    ['a^', false],
    ['\\Aa', true],
    ['a\\z', true],
    ['a\\A', false],
    ['\\za', false],
    ['\\ba', false],
    ['\\^a', false],
    ['a\\$', false],
    ['[^a]', false],
    ['^a|b$', true],
    ['^a|b', false],
    ['a|^b', false],
    ['^a|', false],
    ['|^a', false],
    ['(^a|b$)', true],
    ['(^a|b)', false],
    ['((^a|b$))', true],
    ['(^a)b', true],
    ['(^a|^c)b', true],
    ['(^a|c)b', false],
    ['(^a|c$)b', false],
    ['b(a$)', true],
    ['b(xya$)', true],
    ['b($)', true],
    ['b(a$|c$)', true],
    ['b(a$|c)', false],
    ['b(^a|c$)', false],
    ['((^a)x)b', true],
    ['b(x(a$))', true],
    ['(a^)b', false],
    ['b($a)', false],
    ['()a', false],
    ['^?a', false],
    ['^*a', false],
    ['^{0}a', false],
    ['(^a)?b', false],
    ['a$?', false],
    ['b(a$)*', false],
    ['(^a)+', false],
    ['(?i)^a', true],
    ['(?i)a', false],
    ['(?i)^a|b', false],
  ];
  for (const [source, isAnchored] of rows) {
    t.strictSame(
      readRegexSyntax(source),
      { kind: 'regex', re2: source, isAnchored, hasNamedGroups: false },
      source,
    );
  }
  t.end();
});

t.test('named groups are told, and not mixed with plain ones', (t) => {
  const rows: [source: string, hasNamedGroups: boolean][] = [
    ['^(?<a>b)', true],
    ['^(?<a_1>b)(?<c>d)', true],
    ['^(?<a>b)(?:c)', true],
    ['^(a)(?:c)', false],
    ['^(a)(b)', false],
    ['^(?:c)', false],
  ];
  for (const [source, hasNamedGroups] of rows) {
    t.strictSame(
      readRegexSyntax(source),
      { kind: 'regex', re2: source, isAnchored: true, hasNamedGroups },
      source,
    );
  }
  for (const source of ['^(?<a>b)(c)', '^(b)(?<a>c)', '^(?<a>(b))']) {
    t.strictSame(
      readRegexSyntax(source),
      {
        kind: 'fault',
        why: 'it mixes named and plain groups, which Ruby numbers in its own way',
        remedy: 'write (?:...) for the groups that only group',
      },
      source,
    );
  }
  t.end();
});

const braces = 'is no repeat here, or one for Ruby alone';
const write =
  'write {n}, {n,} or {0,n} behind what is repeated, or \\{ for the character';
const twice: [string, string] = [
  'a repeat is repeated (possessive repeats are Ruby alone)',
  'write one repeat, or group it: (?:...)*',
];
const twoWays: [string, string] = [
  '{n}? is read in two ways',
  'write (?:...{n})?',
];
const group = (head: string): [string, string] => [
  `"${head}" is not part of it: no look-around, no atomic group, no option inside`,
  'say it without, or use two entries, for example an allow and a more specific deny; (?i) may stand at the very beginning',
];
const escape = (letter: string): [string, string] => [
  `\\${letter} is not part of it`,
  'use \\d \\w \\s \\b \\A \\z, a class such as [0-9a-f], or the character itself',
];
const backslash: [string, string] = [
  'it ends in a backslash',
  'write \\\\ for the character',
];
const bracket: [string, string] = [
  'a class begins with ]',
  'write \\] for the character',
];
const open: [string, string] = [
  'a [ is never closed',
  'write \\[ for the character',
];
const nested: [string, string] = [
  'a class stands inside a class',
  'write \\[ for the character',
];
const ands: [string, string] = [
  '&& in a class is Ruby alone',
  'list the characters',
];
const range: [string, string] = [
  'a range in a class begins or ends with a set such as \\d',
  'put the hyphen last: [\\w.-]',
];

t.test('what Ruby and RE2 read in two ways is refused with a reason', (t) => {
  const rows: [source: string, why: string, remedy: string][] = [
    ['^a)', 'a ) has no (', 'write \\) for the character'],
    [')', 'a ) has no (', 'write \\) for the character'],
    ['^(a))b', 'a ) has no (', 'write \\) for the character'],
    ['^(a', 'a ( is never closed', 'write \\( for the character'],
    ['^((a)', 'a ( is never closed', 'write \\( for the character'],
    ['^(a|', 'a ( is never closed', 'write \\( for the character'],
    ['^(?=a)', ...group('(?=a')],
    ['^(?!a)', ...group('(?!a')],
    ['^(?<=a)', ...group('(?<=')],
    ['^(?>a)', ...group('(?>a')],
    ['^(?i)a', ...group('(?i)')],
    ['^a|(?i)b', ...group('(?i)')],
    ['(?m)^a', ...group('(?m)')],
    ['(?i)(?i)^a', ...group('(?i)')],
    ['^(?m:a)', ...group('(?m:')],
    ['^(?<1>a)', ...group('(?<1')],
    ['^(?<a', ...group('(?<a')],
    [`^(?<${'a'.repeat(61)}>b)`, ...group('(?<a')],
    ['^(?', ...group('(?')],
    ['^a{2}?', ...twoWays],
    ['^a{12}?', ...twoWays],
    ['^a**', ...twice],
    ['^a*+', ...twice],
    ['^a++', ...twice],
    ['^a???', ...twice],
    ['^a*{2}', ...twice],
    ['^a{2}{3}', ...twice],
    ['^a{2}{,3}', ...twice],
    ['^a{2,}*', ...twice],
    ['^a*{}', ...twice],
    ['^a{,2}', `{,2} ${braces}`, write],
    ['^a{02}', `{02} ${braces}`, write],
    ['^a{2,03}', `{2,03} ${braces}`, write],
    ['^a{00}', `{00} ${braces}`, write],
    ['^a{,}', `{,} ${braces}`, write],
    ['^a{}', `{} ${braces}`, write],
    ['^a{1,2,3}', `{1,2,3} ${braces}`, write],
    ['{2}a$', `{2} ${braces}`, write],
    ['^(?:{12})', `{12} ${braces}`, write],
    ['^a|{2}', `{2} ${braces}`, write],
    ['^\\p{Alpha}', ...escape('p')],
    ['^\\1', ...escape('1')],
    ['^\\h', ...escape('h')],
    ['^\\G', ...escape('G')],
    ['^\\n', ...escape('n')],
    ['^\\0', ...escape('0')],
    ['^\\9', ...escape('9')],
    ['^\\\u00e9', ...escape('\u00e9')],
    ['^a\\', ...backslash],
    ['^[]a]', ...bracket],
    ['^[]', ...bracket],
    ['^[^]a]$', ...bracket],
    ['^[', ...open],
    ['^[^', ...open],
    ['^[a', ...open],
    ['^[a\\]', ...open],
    ['^[[:alpha:]', ...open],
    ['^[a[bc]]', ...nested],
    ['^[[', ...nested],
    ['^[[:Alpha:]]', ...nested],
    ['^[[.a.]]', ...nested],
    ['^[a&&b]', ...ands],
    ['^[&&b]', ...ands],
    ['^[\\b]', ...escape('b')],
    ['^[a\\n]', ...escape('n')],
    ['^[\\A]', ...escape('A')],
    ['^[\\', ...backslash],
    ['^[\\d-z]', ...range],
    ['^[\\w-.]', ...range],
    ['^[a-\\d]', ...range],
    ['^[[:alpha:]-z]', ...range],
    ['^[a-[:digit:]]', ...range],
    ['^[x\\s-z]', ...range],
  ];
  for (const [source, why, remedy] of rows) {
    t.strictSame(
      readRegexSyntax(source),
      { kind: 'fault', why, remedy },
      source,
    );
  }
  t.end();
});

t.test('a name of a group has at most 60 characters', (t) => {
  const name = 'a'.repeat(60);
  t.match(readRegexSyntax(`^(?<${name}>b)`), { hasNamedGroups: true });
  t.match(readRegexSyntax(`^(?<${name}a>b)`), { kind: 'fault' });
  t.end();
});
