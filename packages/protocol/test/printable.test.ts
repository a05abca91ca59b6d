import fc from 'fast-check';
import t from 'tap';
import { printable } from '../src/index.ts';

for (const [text, wanted] of [
  ['plain text, 100 %', 'plain text, 100 %'],
  ['a\nb', 'a\\u{a}b'],
  ['\u001b[31m', '\\u{1b}[31m'],
  ['\u009b', '\\u{9b}'],
  ['\u202e', '\\u{202e}'],
  ['\u2028', '\\u{2028}'],
  ['é😀', '\\u{e9}\\u{1f600}'],
  // so that nobody can write an escape that looks like ours
  ['\\u{a}', '\\u{5c}u{a}'],
] as const) {
  t.equal(printable(text), wanted, wanted);
}

t.test('always printable ASCII, never longer than asked', (t) => {
  const any = fc.string({ unit: 'binary', maxLength: 400 });
  fc.assert(
    fc.property(any, fc.integer({ min: 4, max: 300 }), (text, most) => {
      const safe = printable(text, most);
      return /^[ -~]*$/.test(safe) && safe.length <= most;
    }),
  );
  t.end();
});
