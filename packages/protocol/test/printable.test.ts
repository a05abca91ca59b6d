import fc from 'fast-check';
import t from 'tap';
import { printable, printableAscii } from '../src/index.ts';

for (const [text, wanted] of [
  ['plain text, 100 %', 'plain text, 100 %'],
  ['a\nb', 'a\\u{a}b'],
  ['\u001b[31m', '\\u{1b}[31m'],
  ['\u009b', '\\u{9b}'],
  ['\u202e', '\\u{202e}'],
  ['\u2066', '\\u{2066}'],
  ['\u200b', '\\u{200b}'],
  ['\u2028', '\\u{2028}'],
  ['\u00a0', '\\u{a0}'],
  ['\ufeff', '\\u{feff}'],
  // of the letters that show nothing
  ['\u3164', '\\u{3164}'],
  ['\ue000', '\\u{e000}'],
  ['\ud800', '\\u{d800}'],
  // letters stay letters
  ['Änderung', 'Änderung'],
  ['變更 हिन्दी العربية', '變更 हिन्दी العربية'],
  ['é😀', 'é😀'],
  // made printable already
  ['a\\u{a}b', 'a\\u{a}b'],
  ['C:\\Program Files', 'C:\\Program Files'],
] as const) {
  t.equal(printable(text), wanted, wanted);
}

t.equal(printable('12345678', 8), '12345678', 'just fits');
t.equal(printable('123456789', 8), '12345...', 'is cut');
t.equal(printable('1234\n6789', 8), '1234...', 'no half escape');
t.equal(printable('1234😀789', 8), '1234...', 'no half character');

for (const [text, wanted] of [
  ['web1.example.com', 'web1.example.com'],
  // a Cyrillic letter in an identity is no Latin one
  ['\u0430dmin', '\\u{430}dmin'],
  ['a\nb\\', 'a\\u{a}b\\'],
] as const) {
  t.equal(printableAscii(text), wanted, wanted);
}

const any = fc.string({ unit: 'binary', maxLength: 400 });
const lengths = fc.integer({ min: 4, max: 300 });

t.test('nothing that moves, hides or turns; never longer than asked', (t) => {
  fc.assert(
    fc.property(any, lengths, (text, most) => {
      const safe = printable(text, most);
      return (
        safe.length <= most &&
        safe.isWellFormed() &&
        !/[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u.test(safe)
      );
    }),
  );
  fc.assert(
    fc.property(any, lengths, (text, most) =>
      /^[ -~]*$/.test(printableAscii(text, most)),
    ),
  );
  t.end();
});

t.test('printable already: the same again', (t) => {
  for (const make of [printable, printableAscii]) {
    fc.assert(
      fc.property(any, lengths, (text, most) => {
        const once = make(text, most);
        return make(once, most) === once;
      }),
    );
  }
  t.end();
});
