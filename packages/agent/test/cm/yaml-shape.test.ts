import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { nestsTooDeep } from '../../src/cm/yaml-shape.ts';

const rows = (count: number, row: (n: number) => string): string =>
  Array.from({ length: count }, (_, n) => row(n)).join('\n');

t.test('what a parser would not come to the end of', async (t) => {
  const deep: [string, string][] = [
    ['sequences in one line', '- '.repeat(100)],
    ['keys in one line', '? '.repeat(100)],
    ['keys in many lines', rows(100, (n) => `${' '.repeat(n)}?`)],
    ['maps in one line', '{'.repeat(100)],
    ['maps in maps', '{a: '.repeat(100)],
    ['lists in many lines', rows(100, () => '[')],
    ['lists below a key', `a:\n${rows(100, () => ' [')}`],
    ['maps behind tags', rows(100, () => '!x {')],
    [
      'maps in deeper and deeper lines',
      rows(100, (n) => ' '.repeat(n) + 'a: {'),
    ],
  ];
  for (const [what, text] of deep) t.ok(nestsTooDeep(text), what);
});

t.test('what a report may hold', async (t) => {
  const flat: [string, string][] = [
    ['nothing', ''],
    ['a ruler in a message', '  message: |\n    - - - - - - - -\n'],
    ['brackets that nobody closes', rows(500, () => '- message: "a {"')],
    ['in lines of a message', `message: |\n${rows(500, () => '  if x {')}`],
    ['JSON', JSON.stringify({ a: [[[[[{}]]]]] }).repeat(500)],
    ['long keys', rows(500, () => `  ? ${'k'.repeat(200)}\n  : {}`)],
  ];
  for (const [what, text] of flat) t.notOk(nestsTooDeep(text), what);
  const recorded = join(import.meta.dirname, 'recorded/puppet/*.yaml');
  for (const file of globSync(recorded))
    t.notOk(nestsTooDeep(readFileSync(file, 'utf8')), file);
});
