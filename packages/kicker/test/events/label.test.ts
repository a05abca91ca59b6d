import t from 'tap';
import { assert, property, string } from 'fast-check';
import { patterns } from '@kickd/protocol';
import { labelOf } from '../../src/events/label.ts';

const rows: [string, string, string][] = [
  ['as it is', 'Disk /var', 'Disk /var'],
  ['Latin-1 is shown', 'T\ueffcr', 'Tür'],
  ['a byte that shows nothing', 'a\uef85b', 'a\ufffdb'],
  ['200 characters', 'x'.repeat(200), 'x'.repeat(200)],
  ['201', 'x'.repeat(201), `${'x'.repeat(199)}…`],
  [
    'no half character',
    'x'.repeat(198) + '😀'.repeat(2),
    `${'x'.repeat(198)}…`,
  ],
];
for (const [what, name, label] of rows) t.equal(labelOf(name), label, what);

t.test('whatever the name: a label of the wire', (t) => {
  const label = new RegExp(patterns.label);
  assert(
    property(
      string({ unit: 'binary', minLength: 1, maxLength: 300 }),
      (name) => label.test(labelOf(name)) && labelOf(name).isWellFormed(),
    ),
  );
  t.end();
});
