import fc from 'fast-check';
import t from 'tap';
import { nestsDeeper } from '../../src/io/nesting.ts';

// Each row: how deep, and the text.
const rows: [number, string][] = [
  [0, '1'],
  [0, '"[[[["'],
  [0, '"\\"[[["'],
  [0, '"\\\\"'],
  [1, '"\\\\",['],
  [1, '[]'],
  [1, '{"a":"}}}}"}'],
  [1, '[],[],[]'],
  [2, '[{}]'],
  [3, '{"a":[{"b":1}]}'],
  [2, '[{"ü[":"["}]'],
];
for (const [depth, text] of rows) {
  const bytes = Buffer.from(text);
  t.equal(nestsDeeper(bytes, depth), false, `${text} is ${depth} deep`);
  if (depth > 0) t.equal(nestsDeeper(bytes, depth - 1), true, text);
}

void t.test('any value is as deep as it is', async (t) => {
  const isExact = (value: unknown): boolean => {
    const bytes = Buffer.from(JSON.stringify(value));
    const depth = depthOf(value);
    return (
      !nestsDeeper(bytes, depth) &&
      (depth === 0 || nestsDeeper(bytes, depth - 1))
    );
  };
  fc.assert(fc.property(fc.jsonValue(), isExact), { numRuns: 500 });
  t.pass();
});

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}
