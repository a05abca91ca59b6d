import fc from 'fast-check';
import t from 'tap';
import { oneLine } from '../src/index.ts';

for (const [text, wanted] of [
  ['one line', 'one line'],
  ['Änderung: bitte\nnicht anfassen', 'Änderung: bitte nicht anfassen'],
  ['two\r\n  lines\n', 'two lines'],
  ['a\u2028b\u0085c\u00a0d', 'a b c d'],
  ['\u001b[1;31mErr\u001b[0mor', 'Error'],
  ['\u001b', '\\u{1b}'],
  ['', ''],
] as const) {
  t.equal(oneLine(text), wanted, `to ${wanted}`);
}

t.test('one line, and the same again', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
      const once = oneLine(text);
      return !/[\p{C}\n]/u.test(once) && oneLine(once) === once;
    }),
  );
  t.end();
});
