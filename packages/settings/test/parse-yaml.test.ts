import fc from 'fast-check';
import t from 'tap';
import { parseYaml } from '../src/parse-yaml.ts';

const read = (text: string): unknown => {
  const parsed = parseYaml(text);
  return parsed.kind === 'yaml' ? parsed.yaml.value : parsed.flaws;
};
const flaw = (line: number, col: number, why: string) => [
  { at: { line, col }, why },
];

// Each row: the text, and its value or its flaws.
const rows: [string, unknown][] = [
  ['', {}],
  ['# nothing\n', {}],
  ['---\n...\n', {}],
  ['a: 1', { a: 1 }],
  ['8139: yes', { '8139': 'yes' }],
  ['true: no', { true: 'no' }],
  ['a: &x [1, 2]\nb: *x', { a: [1, 2], b: [1, 2] }],
  // YAML 1.1 and its types are not read, whatever the text says of itself.
  ['%YAML 1.1\n---\na: yes', { a: 'yes' }],
  [
    '%YAML 1.1\n---\na: &x {b: 1}\nc: {<<: *x}',
    { a: { b: 1 }, c: { '<<': { b: 1 } } },
  ],
  ['!!set {a, b}', { a: null, b: null }],
  ['!!omap [a: 1]', [{ a: 1 }]],
  ['a: !!timestamp 2026-01-01', { a: '2026-01-01' }],
  ['a: !!binary AAAA', { a: 'AAAA' }],
  ['a: 1\na: 2', flaw(2, 1, 'Map keys must be unique: a stands there already')],
  ['? [a]\n: b', flaw(1, 3, 'With stringKeys, all keys must be strings')],
  [
    'a: *x',
    flaw(1, 4, 'the alias *x stands for nothing: there is no &x before it'),
  ],
  [
    'a: *x\nb: &x 1',
    flaw(1, 4, 'the alias *x stands for nothing: there is no &x before it'),
  ],
  [
    'a: &x {b: [*x]}',
    flaw(1, 12, 'the alias *x is part of what it stands for'),
  ],
  ['['.repeat(50_000), flaw(1, 1, 'it nests too deep')],
  ['{a: '.repeat(50_000), flaw(1, 1, 'it nests too deep')],
];
for (const [text, wanted] of rows) {
  void t.test(JSON.stringify(text.slice(0, 60)), async (t) => {
    const found = read(text);
    if (!text.startsWith('[[') && !text.startsWith('{a: {a')) {
      t.strictSame(JSON.parse(JSON.stringify(found)), wanted);
      return;
    }
    // Where the stack is full depends on the machine.
    t.match(found, [{ why: 'it nests too deep' }]);
    t.equal((found as unknown[]).length, 1);
  });
}

void t.test(
  'an anchor is used ten times, aliases of aliases counted',
  async (t) => {
    const uses = (count: number): string =>
      `a: &a x\nb: [${Array.from({ length: count }, () => '*a').join(',')}]`;
    t.match(read(uses(10)), { b: Array.from({ length: 10 }, () => 'x') });
    t.strictSame(
      read(uses(11)),
      flaw(
        2,
        35,
        'the alias *a makes more than 10 copies of &a: write them out',
      ),
    );
    const nested = (count: number): string =>
      `a: &a x\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [${Array.from({ length: count }, () => '*c').join(',')}]`;
    // 2 in b, 4 more in c, and 4 with each use of c
    t.match(read(nested(1)), {
      d: [
        [
          ['x', 'x'],
          ['x', 'x'],
        ],
      ],
    });
    t.strictSame(
      read(nested(2)),
      flaw(
        4,
        8,
        'the alias *c makes more than 10 copies of &a: write them out',
      ),
    );
    // Of two anchors of one name the one before counts.
    t.strictSame(read('a: &x 1\nb: *x\nc: &x 2\nd: *x'), {
      a: 1,
      b: 1,
      c: 2,
      d: 2,
    });
  },
);

void t.test('where a value or its key stands', async (t) => {
  const parsed = parseYaml(
    'a: 1\nb:\n  c: [x, {d: 2}]\n  e:\nf: &f {g: 3}\nh: *f\n',
  );
  if (parsed.kind !== 'yaml') return t.fail('no YAML');
  const { placeOf } = parsed.yaml;
  const places: [string, 'key' | 'value', number, number][] = [
    ['', 'value', 1, 1],
    ['a', 'key', 1, 1],
    ['a', 'value', 1, 4],
    ['b', 'key', 2, 1],
    ['b', 'value', 3, 3],
    ['b.c', 'value', 3, 6],
    ['b.c.0', 'value', 3, 7],
    ['b.c.1.d', 'key', 3, 11],
    ['b.c.1.d', 'value', 3, 14],
    // What is not there: what stands nearest above it.
    ['b.c.2', 'value', 3, 6],
    ['b.x', 'value', 3, 3],
    ['b.e', 'value', 4, 5],
    // Behind an alias: the alias.
    ['f.g', 'value', 5, 11],
    ['h.g', 'value', 6, 4],
  ];
  for (const [path, of, line, col] of places) {
    const names = path === '' ? [] : path.split('.');
    t.strictSame(placeOf(names, of), { line, col }, `${of} of ${path}`);
  }
  const empty = parseYaml('');
  if (empty.kind !== 'yaml') return t.fail('no YAML');
  t.strictSame(empty.yaml.placeOf(['a'], 'value'), { line: 1, col: 1 });
});

void t.test('whatever the text is, it is a tree or it has flaws', async (t) => {
  const signs = 'a [ ] { } , " \' # | &a *a &b *b !!set !x <<: ? -'.split(' ');
  const blanks = [' ', ' ', ': ', '- ', '\n', '\n  ', '\t', '\r\n'];
  const odd = ['%YAML 1.1\n', '---\n', '\u0000', '\ud800', '1e999', '.nan'];
  const words = fc.constantFrom(...signs, ...blanks, ...odd, '__proto__: ');
  const text = fc
    .array(words, { maxLength: 60 })
    .map((parts) => parts.join(''));
  let whole = 0;
  const isTree = (given: string): boolean => {
    const parsed = parseYaml(given);
    if (parsed.kind === 'flaws') return parsed.flaws.length > 0;
    whole += 1;
    // A circle, or a value that is no plain one, would throw or not come back.
    JSON.stringify(parsed.yaml.value);
    return true;
  };
  fc.assert(fc.property(text, isTree), { numRuns: 3000 });
  t.ok(whole > 100, 'often enough');
});
