import fc from 'fast-check';
import t from 'tap';
import { parseDocument } from 'yaml';
import { readValue } from '../src/yaml-value.ts';

const parse = (text: string) =>
  parseDocument(text, { stringKeys: true, uniqueKeys: false });

void t.test('keys of any name are own keys', async (t) => {
  const { value, flaws } = readValue(
    parse('__proto__: {a: 1}\nconstructor: 2\n"": 3\n? \n: 4'),
  );
  t.strictSame(Object.entries(Object(value)), [
    ['__proto__', { a: 1 }],
    ['constructor', 2],
    ['', 4],
  ]);
  t.match(flaws, [{ why: /unique/ }], 'no name is a name');
});

void t.test('every flaw is found, each anchor is told of once', async (t) => {
  const text = `a: &a 1\na: [${'*a,'.repeat(12)}*x,*y]\nb: &b [*b]`;
  const { flaws } = readValue(parse(text));
  t.strictSame(
    flaws.map(({ offset, why }) => [offset, why.slice(0, 24)]),
    [
      [8, 'Map keys must be unique:'],
      [42, 'the alias *a makes more '],
      [48, 'the alias *x stands for '],
      [51, 'the alias *y stands for '],
      [62, 'the alias *b is part of '],
    ],
  );
});

void t.test(
  'it is what the library makes of it, and of bounded size',
  async (t) => {
    const name = fc.constantFrom('a', 'b', 'c');
    const { node } = fc.letrec<{ node: string }>((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom('1', 'x', '"y"', 'true', '~', '2.5', ''),
        name.map((used) => `*${used} `),
        fc
          .tuple(name, tie('node'))
          .map(([anchor, of]) => `&${anchor} ${of.replace(/^[&*]/, '')}`),
        fc
          .array(tie('node'), { maxLength: 5 })
          .map((items) => `[${items.join(', ')}]`),
        fc
          .uniqueArray(fc.tuple(name, tie('node')), {
            selector: ([key]) => key,
            maxLength: 3,
          })
          .map(
            (pairs) =>
              `{${pairs.map(([key, of]) => `${key}: ${of}`).join(', ')}}`,
          ),
      ),
    }));
    let aliased = 0;
    const isSame = (text: string): boolean => {
      const document = parse(text);
      if (document.errors.length > 0) return true;
      const { value, flaws } = readValue(document);
      if (flaws.length > 0) return true;
      if (text.includes('*')) aliased += 1;
      const theirs: unknown = document.toJS({ maxAliasCount: -1 });
      const json = JSON.stringify(value ?? null);
      return (
        json === JSON.stringify(theirs ?? null) &&
        json.length <= 60 * (text.length + 1)
      );
    };
    const list = fc
      .array(node, { maxLength: 12 })
      .map((items) => `[${items.join(', ')}]`);
    fc.assert(fc.property(list, isSame), { numRuns: 5000 });
    t.ok(aliased > 50, `${aliased} with aliases`);
  },
);
