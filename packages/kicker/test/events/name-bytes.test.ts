import t from 'tap';
import {
  array,
  assert,
  constantFrom,
  integer,
  oneof,
  property,
  string,
  uint8Array,
  type Arbitrary,
} from 'fast-check';
import {
  bytesOfName,
  nameOfBinary,
  nameOfBytes,
  shownName,
  spellingsOf,
} from '../../src/events/name-bytes.ts';

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

const names: [string, Uint8Array, string, string][] = [
  ['nothing', latin1(''), '', ''],
  ['ASCII', latin1('Disk C:\\'), 'Disk C:\\', 'Disk C:\\'],
  ['UTF-8', Buffer.from('Größe 變 😀'), 'Größe 變 😀', 'Größe 變 😀'],
  ['Latin-1', latin1('Tür'), 'T\ueffcr', 'Tür'],
  ['another one in Latin-1', latin1('Tör'), 'T\ueff6r', 'Tör'],
  [
    'both in one name',
    Buffer.concat([latin1('ü'), Buffer.from('ü')]),
    '\ueffcü',
    'üü',
  ],
  ['a mark of order', Buffer.from('\ufeffx'), '\ufeffx', '\ufeffx'],
  ['cut off', latin1('x\xe2\x82'), 'x\uefe2\uef82', 'xâ\u0082'],
  ['too long a form of /', latin1('\xc0\xaf'), '\uefc0\uefaf', 'À¯'],
  [
    'half a pair',
    latin1('\xed\xa0\x80'),
    '\uefed\uefa0\uef80',
    'í\u00a0\u0080',
  ],
  [
    'beyond Unicode',
    latin1('\xf4\x90\x80\x80'),
    '\ueff4\uef90\uef80\uef80',
    'ô\u0090\u0080\u0080',
  ],
  [
    'UTF-8 of a character that means a byte',
    Buffer.from('\ueffc'),
    '\uefee\uefbf\uefbc',
    'î¿¼',
  ],
  [
    'its neighbours',
    Buffer.from('\uef7f\uf000'),
    '\uef7f\uf000',
    '\uef7f\uf000',
  ],
];

t.test('bytes, name, what is shown', (t) => {
  for (const [what, bytes, name, shown] of names) {
    t.equal(nameOfBytes(bytes), name, what);
    t.equal(nameOfBinary(Buffer.from(bytes).toString('latin1')), name, what);
    t.strictSame([...bytesOfName(name)], [...bytes], what);
    t.equal(shownName(name), shown, what);
  }
  t.end();
});

t.test('no two of Latin-1 and UTF-8 become one', (t) => {
  const spelled = [
    latin1('Tür'),
    latin1('Tör'),
    Buffer.from('Tür'),
    Buffer.from('Tör'),
    Buffer.from('T\ufffdr'),
    Buffer.from('T\ueffcr'),
  ];
  t.equal(new Set(spelled.map(nameOfBytes)).size, spelled.length);
  t.end();
});

/** Bytes that are UTF-8 in part: pure chance hardly ever makes a sequence of three. */
const mixed: Arbitrary<Uint8Array> = array(
  oneof(
    uint8Array({ maxLength: 4 }),
    string({ unit: 'binary', maxLength: 4 }).map((text) => Buffer.from(text)),
    integer({ min: 0xef00, max: 0xf07f }).map((point) =>
      Buffer.from(String.fromCodePoint(point)),
    ),
    constantFrom(0xc2, 0xe0, 0xed, 0xee, 0xef, 0xf0, 0xf4).map((lead) =>
      Uint8Array.of(lead),
    ),
  ),
).map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])));

t.test('whatever the bytes: they come back', (t) => {
  assert(
    property(mixed, (bytes) => {
      const name = nameOfBytes(bytes);
      return (
        Buffer.compare(bytesOfName(name), bytes) === 0 &&
        name === nameOfBinary(Buffer.from(bytes).toString('latin1')) &&
        name.isWellFormed() &&
        JSON.parse(JSON.stringify(name)) === name
      );
    }),
    { numRuns: 2000 },
  );
  t.end();
});

t.test('a name is put together from its parts as its bytes are', (t) => {
  // So a line may be decoded whole, and cut at `;` or `,` after.
  assert(
    property(array(mixed), (parts) => {
      const list = parts.flatMap((part, index) =>
        index === 0 ? [part] : [latin1(';'), part],
      );
      return (
        nameOfBytes(Buffer.concat(list)) === parts.map(nameOfBytes).join(';')
      );
    }),
  );
  t.end();
});

t.test('UTF-8 is read as ever', (t) => {
  assert(
    property(string({ unit: 'grapheme' }), (text) => {
      const isPlain = !/[\uef80-\uefff]/.test(text);
      return !isPlain || nameOfBytes(Buffer.from(text)) === text;
    }),
  );
  t.end();
});

t.test('more than a call takes arguments', (t) => {
  const bytes = Buffer.alloc(300_000, 0xfc);
  const name = nameOfBytes(bytes);
  t.equal(name, '\ueffc'.repeat(300_000));
  t.equal(nameOfBinary(bytes.toString('latin1')), name);
  const long = 'Größe 變 😀 '.repeat(1000);
  t.equal(nameOfBinary(Buffer.from(long).toString('latin1')), long);
  t.equal(Buffer.compare(bytesOfName(name), bytes), 0);
  t.end();
});

t.test('what a person may mean', (t) => {
  const rows: [string, string[]][] = [
    ['HTTP', ['HTTP']],
    ['Tür', ['Tür', 'T\ueffcr']],
    ['變', ['變']],
    ['Tür 變', ['Tür 變']],
    ['T\ueffcr', ['T\ueffcr']],
  ];
  for (const [typed, wanted] of rows) t.strictSame(spellingsOf(typed), wanted);
  t.end();
});
