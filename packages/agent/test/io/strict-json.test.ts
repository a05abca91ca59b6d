import fc from 'fast-check';
import t from 'tap';
import { parseStrictJson } from '../../src/io/strict-json.ts';

const parse = (text: string): ReturnType<typeof parseStrictJson> =>
  parseStrictJson(new TextEncoder().encode(text));

t.test('whatever JSON.stringify writes, two levels deep, comes back', (t) => {
  const leaf = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
  );
  const level = fc.oneof(
    leaf,
    fc.array(leaf),
    fc.dictionary(fc.string(), leaf),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.string(), level), (value) => {
      const text = JSON.stringify(value);
      const parsed = parse(text);
      return parsed.kind === 'json' && JSON.stringify(parsed.value) === text;
    }),
  );
  t.end();
});

t.test('any bytes give an answer', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) =>
      ['json', 'refused'].includes(parseStrictJson(bytes).kind),
    ),
  );
  t.end();
});

for (const [text, code] of [
  ['{"a":1,"a":1}', 'BODY_DUPLICATE_KEY'],
  ['{"a":{"b":1,"b":2}}', 'BODY_DUPLICATE_KEY'],
  ['{"a" \n\t :1,"a":1}', 'BODY_DUPLICATE_KEY'],
  ['{"a":{"b":{}}}', 'BODY_TOO_DEEP'],
  ['[[[]]]', 'BODY_TOO_DEEP'],
  ['{"a":"\\udc00"}', 'BODY_NOT_UTF8'],
  ['{"\\udc00":1}', 'BODY_NOT_UTF8'],
  ["{'a':1}", 'BODY_NOT_JSON'],
  ['{"a":1', 'BODY_NOT_JSON'],
  ['"', 'BODY_NOT_JSON'],
  ['', 'BODY_NOT_JSON'],
] as const) {
  t.test(`${JSON.stringify(text)} is ${code}`, (t) => {
    t.match(parse(text), { kind: 'refused', refusal: { code } });
    t.end();
  });
}

for (const text of [
  '{"a":{"a":1},"b":{"a":1}}',
  '{"a":"a","b":["a","a"]}',
  '{"{":"[[[[","}":"\\"{{{"}',
  '{"a":"\\ud83d\\ude00"}',
]) {
  t.test(`${text} is fine`, (t) => {
    t.match(parse(text), { kind: 'json' });
    t.end();
  });
}
