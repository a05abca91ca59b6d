import fc from 'fast-check';
import t from 'tap';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { findMistakes } from '../src/find-mistakes.ts';

const closed = { additionalProperties: false } as const;
const schema = Type.Object(
  {
    port: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 9, description: 'a port' }),
    ),
    mode: Type.Optional(Type.Enum(['on', 'off'])),
    level: Type.Optional(
      Type.Union([Type.Literal('low'), Type.Literal('high')]),
    ),
    names: Type.Optional(
      Type.Union([Type.String(), Type.Array(Type.String(), { minItems: 1 })], {
        description: 'a name or names',
      }),
    ),
    hosts: Type.Optional(
      Type.Record(
        Type.String({ pattern: '^[a-z]+$' }),
        Type.Object({ port: Type.Integer({ description: 'a port' }) }, closed),
        { minProperties: 1, description: 'a mapping of hosts' },
      ),
    ),
    tool: Type.Optional(
      Type.Union(
        [
          Type.Object({ type: Type.Literal('a'), x: Type.Integer() }, closed),
          Type.Object(
            { type: Type.Literal('b'), y: Type.Optional(Type.String()) },
            closed,
          ),
        ],
        { description: 'a tool' },
      ),
    ),
    list: Type.Optional(
      Type.Array(Type.String({ description: 'a text' }), {
        uniqueItems: true,
        description: 'texts, each once',
      }),
    ),
  },
  { ...closed, description: 'a mapping' },
);

const told = (value: unknown): string[] =>
  findMistakes(schema, value).map((mistake) => {
    const { kind, path, at, of } = mistake;
    const place = `${path.join('.')} at ${of} of ${at.join('.')}`;
    return kind === 'invalid'
      ? `${place}: ${mistake.found}, not ${mistake.wanted}`
      : `${place}: near ${String(mistake.near)} of ${String(mistake.known.length)}`;
  });

// Each row: a value, and its mistakes.
const rows: [unknown, ...string[]][] = [
  [{}],
  [{ port: 3, mode: 'on', level: 'low', names: 'x', list: ['a', 'b'] }],
  [{ tool: { type: 'b' }, hosts: { a: { port: 1 } }, names: ['x'] }],
  [[], ' at value of : [], not a mapping'],
  [null, ' at value of : null, not a mapping'],
  [{ port: 10 }, 'port at value of port: 10, not a port'],
  [{ mode: 'of' }, 'mode at value of mode: "of", not one of on, off'],
  [{ level: 1 }, 'level at value of level: 1, not one of low, high'],
  [{ names: [] }, 'names at value of names: [], not a name or names'],
  [{ names: [1] }, 'names at value of names: [1], not a name or names'],
  [{ prot: 1 }, 'prot at key of prot: near port of 7'],
  [
    { constructor: 1 },
    'constructor at key of constructor: near undefined of 7',
  ],
  [
    JSON.parse('{"__proto__": {"port": 1}}'),
    '__proto__ at key of __proto__: near undefined of 7',
  ],
  [{ hosts: {} }, 'hosts at value of hosts: {}, not a mapping of hosts'],
  [
    { hosts: { 'A b': { port: 'x' } } },
    'hosts.A b at key of hosts.A b: a name that cannot stand there, not a mapping of hosts',
  ],
  [
    { hosts: { a: {}, b: { port: 'x', prt: 1 } } },
    'hosts.a.port at value of hosts.a: nothing, not a port',
    'hosts.b.port at value of hosts.b.port: "x", not a port',
    'hosts.b.prt at key of hosts.b.prt: near port of 1',
  ],
  [{ tool: 1 }, 'tool at value of tool: 1, not a tool'],
  [{ tool: { x: 1 } }, 'tool.type at value of tool: nothing, not one of a, b'],
  [
    { tool: { type: 'c' } },
    'tool.type at value of tool.type: "c", not one of a, b',
  ],
  [
    { tool: { type: 'a', x: 1.5, y: 'x' } },
    'tool.x at value of tool.x: 1.5, not another value',
    'tool.y at key of tool.y: near x of 2',
  ],
  [
    { list: ['a', 1, 2] },
    'list.1 at value of list.1: 1, not a text',
    'list.2 at value of list.2: 2, not a text',
  ],
  [
    { list: ['a', 'a'] },
    'list at value of list: ["a","a"], not texts, each once',
  ],
];
for (const [value, ...wanted] of rows) {
  t.strictSame(told(value), wanted, JSON.stringify(value));
}

void t.test('a key that the schema forgot to forbid', async (t) => {
  const open = Type.Object({ port: Type.Optional(Type.Integer()) });
  t.ok(Value.Check(open, { prot: 1 }));
  t.match(findMistakes(open, { prot: 1 }), [
    { kind: 'unknown-key', path: ['prot'], near: 'port', known: ['port'] },
  ]);
});

void t.test('any number of mistakes', async (t) => {
  const hosts = Object.fromEntries(
    Array.from({ length: 50 }, (_, n) => [
      String.fromCharCode(97 + (n % 26)).repeat(1 + Math.floor(n / 26)),
      { port: 'x' },
    ]),
  );
  t.equal(findMistakes(schema, { hosts }).length, 50);
});

void t.test('none only where the value fits', async (t) => {
  const key = fc.constantFrom(
    'port',
    'mode',
    'hosts',
    'tool',
    'list',
    'a',
    'type',
    'x',
    'y',
  );
  const leaf = fc.constantFrom(1, 'a', 'b', 'on', null, 1.5, true, 99);
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(key, tie('value'), { maxKeys: 4 }),
    ),
  }));
  let fitting = 0;
  const agrees = (found: unknown): boolean => {
    const fits = Value.Check(schema, found);
    if (fits) fitting += 1;
    return (findMistakes(schema, found).length === 0) === fits;
  };
  fc.assert(fc.property(fc.oneof(value, fc.dictionary(key, value)), agrees), {
    numRuns: 5000,
  });
  t.ok(fitting > 50, 'often enough');
});
