import fc from 'fast-check';
import type { FaultFacts } from '@kickd/protocol';
import t from 'tap';
import { Type } from 'typebox';
import { parseSettings, type SettingsWords } from '../src/index.ts';

const schema = Type.Object(
  {
    port: Type.Optional(Type.Integer({ description: 'a port' })),
    hosts: Type.Optional(
      Type.Record(
        Type.String(),
        Type.Object(
          { port: Type.Optional(Type.Integer({ description: 'a port' })) },
          { additionalProperties: false },
        ),
      ),
    ),
  },
  { additionalProperties: false, description: 'a mapping' },
);

const fact = (code: string, message: string): FaultFacts => ({
  code,
  message,
  remedy: '',
  exitCode: 2,
});
const words: SettingsWords = {
  yaml: (where, why) => fact('YAML', `${where}: ${why}`),
  invalid: (where, key, found, wanted) =>
    fact('INVALID', `${where}: ${key}: ${found}, ${wanted}`),
  unknownKey: (where, key, near, known) =>
    fact('KEY', `${where}: ${key}: ${String(near)}, ${known.join(' ')}`),
  moved: { old: (where) => fact('MOVED', where) },
};
const read = (text: string) => parseSettings(text, '/f.yaml', schema, words);
const told = (text: string): string[] => {
  const parsed = read(text);
  return parsed.kind === 'faults'
    ? parsed.faults.map(({ code, message }) => `${code} ${message}`)
    : [];
};

void t.test('settings, and where each of them stands', async (t) => {
  const parsed = read('port: 1\nhosts:\n  a: {port: 2}\n');
  if (parsed.kind !== 'settings') return t.fail('faults');
  t.strictSame(parsed.settings, { port: 1, hosts: { a: { port: 2 } } });
  t.equal(parsed.whereOf(['hosts', 'a', 'port']), '/f.yaml:3:13');
  t.equal(parsed.whereOf(['hosts', 'b']), '/f.yaml:3:3');
  t.match(read(''), { settings: {} });
});

// Each row: a text, and its faults.
const rows: [string, ...string[]][] = [
  [
    'hosts:\n  a: {prt: 1}\n  b: {port: x}\nold: 1\nprot: 1\nport: []\n',
    'KEY /f.yaml:2:7: hosts.a.prt: port, port',
    'INVALID /f.yaml:3:13: hosts.b.port: "x", a port',
    'MOVED /f.yaml:4:1',
    'KEY /f.yaml:5:1: prot: port, port hosts',
    'INVALID /f.yaml:6:7: port: [], a port',
  ],
  ['- 1', 'INVALID /f.yaml:1:1: the file: [1], a mapping'],
  [
    'port: 1\nport: 2\nhosts: {a: 1, a: 2}',
    'YAML /f.yaml:2:1: Map keys must be unique: port stands there already',
    'YAML /f.yaml:3:15: Map keys must be unique: a stands there already',
  ],
  [
    'hosts: *a',
    'YAML /f.yaml:1:8: the alias *a stands for nothing: there is no &a before it',
  ],
  [
    'hosts: {"a\\eb": {port: x}}',
    'INVALID /f.yaml:1:24: hosts.a\\u{1b}b.port: "x", a port',
  ],
  [
    'hosts: {"a\\nb": {port: x}}',
    'INVALID /f.yaml:1:9: hosts.a\\u{a}b: a name that cannot stand there, another value',
  ],
];
for (const [text, ...wanted] of rows) t.strictSame(told(text), wanted, text);

void t.test(
  'mistakes within a text that is used twice are told twice',
  async (t) => {
    t.strictSame(told('hosts: {a: &x {port: y}, b: *x}'), [
      'INVALID /f.yaml:1:22: hosts.a.port: "y", a port',
      'INVALID /f.yaml:1:29: hosts.b.port: "y", a port',
    ]);
  },
);

void t.test('what is missing stands where its mapping does', async (t) => {
  const pair = Type.Object({ a: Type.Integer(), b: Type.Integer() });
  const parsed = parseSettings('b: x', '/f.yaml', pair, words);
  t.match(parsed, {
    faults: [
      { message: '/f.yaml:1:1: a: nothing, another value' },
      { message: '/f.yaml:1:4: b: "x", another value' },
    ],
  });
});

void t.test('at most a hundred faults', async (t) => {
  const keys = Array.from({ length: 150 }, (_, n) => `k${n}: 1`);
  t.equal(told(keys.join('\n')).length, 100);
  t.equal(told(['a: 1', ...keys.map(() => 'a: 1')].join('\n')).length, 100);
});

void t.test('it never throws, and tells in printable words', async (t) => {
  const isTold = (text: string): boolean =>
    told(text).every((line) => /^[^\p{C}]*$/u.test(line));
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 100 }),
        fc.json(),
        fc
          .dictionary(fc.string({ unit: 'binary' }), fc.jsonValue())
          .map((value) => JSON.stringify(value)),
      ),
      isTold,
    ),
    { numRuns: 2000 },
  );
  t.pass();
});
