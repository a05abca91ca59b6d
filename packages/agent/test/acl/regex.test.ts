import * as fc from 'fast-check';
import t from 'tap';
import { compileRegex, type LinearRegex } from '../../src/acl/regex.ts';

const at = { file: 'auth.conf', line: 1 };

function regex(source: string): LinearRegex {
  const compiled = compileRegex(source, at);
  if (compiled.kind === 'fault') throw new Error(compiled.fault.message);
  return compiled.regex;
}

void t.test('^ and $ are the ends of the text', async (t) => {
  for (const source of ['^a$', '\\Aa\\z', '\\Aa\\Z']) {
    t.equal(regex(source).matches('a'), true, source);
    for (const text of ['a\n', '\na', 'b\na', 'a\nb']) {
      t.equal(
        regex(source).matches(text),
        false,
        `${source} on ${JSON.stringify(text)}`,
      );
    }
  }
});

void t.test('groups are captured, the whole match first', async (t) => {
  t.same(regex('^/run/([^/]+)(/log)?$').capture('/run/a'), ['/run/a', 'a', '']);
  t.equal(regex('^/run/([^/]+)$').capture('/run'), undefined);
  t.equal(regex('^(?:a)(b)').groups, 1);
});

void t.test('what loads means what it means elsewhere', async () => {
  const piece = fc.constantFrom(
    'a',
    'b',
    '.',
    '\\.',
    '[ab]',
    '[^a]',
    '\\d',
    '\\w',
    '(a|b)',
    '(?:ab)?',
    'a*',
    'b+',
    'a{2}',
    'a{1,2}',
    '\\b',
    '|^',
    '$|',
  );
  const source = fc
    .array(piece, { maxLength: 8 })
    .map((pieces) => `^${pieces.join('')}`);
  const text = fc
    .array(fc.constantFrom('a', 'b', '.', '1', '-'), { maxLength: 8 })
    .map((letters) => letters.join(''));
  fc.assert(
    fc.property(source, text, (source, text) => {
      const compiled = compileRegex(source, at);
      if (compiled.kind === 'fault') return true;
      const elsewhere = new RegExp(source).exec(text);
      const captured = compiled.regex.capture(text);
      return (
        elsewhere?.[0] === captured?.[0] &&
        compiled.regex.matches(text) === (elsewhere !== null)
      );
    }),
    { numRuns: 5000 },
  );
});

void t.test('what Ruby and RE2 read in two ways is refused', async (t) => {
  // RE2 takes these for text
  const asText =
    'x{,2} x+{,2} x*{,2} x?{,2} x??{,2} x{2}{,3} x{2,}{,3} (?:x+){,2} [a-z]+{,2} x{01} x{2,03} x{00} x{,} x{1,2,3} x+{1,2,3} x{2}{3} x+{3} x{2}? x++';
  // and Ruby these for nothing that it loads
  const asNothing =
    '{,2} (?:{2}) (?:{,2}) (?:a|{,2}) \\b{,2} [\\d-z] [\\w-.] [a-\\d] [[:alpha:]-z] [a-[:digit:]] []a] [^]a]';
  const refused = `${asText} ${asNothing}`.split(' ');
  for (const source of refused) {
    const compiled = compileRegex(`^${source}$`, at);
    t.match(compiled, { fault: { code: 'ACL_REGEX_INVALID' } }, source);
  }
  const loaded: [string, string, string][] = [
    ['x{2}', 'xx', 'x{2}'],
    ['x{0,2}', 'xx', 'x{0,2}'],
    ['x{2,}', 'xxx', 'x'],
    ['x{0}', '', 'x'],
    ['x\\{,2\\}', 'x{,2}', 'xx'],
    ['x{2\\}', 'x{2}', 'xx'],
    ['x{a}', 'x{a}', 'x'],
    ['[\\w-]+', 'a-b', 'a.b'],
    ['[-\\w]+', 'a-b', 'a.b'],
    ['[\\w.-]+', 'a.b-c', 'a/b'],
    ['[\\[\\]]', ']', 'a'],
    ['[^\\]]', 'a', ']'],
  ];
  for (const [source, yes, no] of loaded) {
    t.equal(regex(`^${source}$`).matches(yes), true, `${source} ${yes}`);
    t.equal(regex(`^${source}$`).matches(no), false, `${source} ${no}`);
  }
});

void t.test('a regex that would hang another engine answers', async (t) => {
  const hostile = ['^(a+)+$', '^(a|a)*$', '^(a|aa)+$', '^(.*a){20}$'];
  // another engine would not come back before this test's own time is over
  for (const source of hostile)
    t.equal(regex(source).matches(`${'a'.repeat(252)}b`), false, source);
});
