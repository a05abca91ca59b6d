import t from 'tap';
import {
  entryObstacle,
  readCrlExtensions,
  type CrlExtensions,
} from '../src/crl-extensions.ts';
import { readElement, tags } from '../src/der.ts';
import { integerOf, oidOf, sequence, writeElement } from './odd-crl.ts';

const nothing = sequence();
const boolean = (value: number): Buffer => Buffer.of(tags.boolean, 1, value);
const octets = (...value: Buffer[]): Buffer =>
  writeElement(tags.octetString, value);
/** One extension; its flag as it stands, none where it is not critical. */
const plain = (oid: string, value = nothing): Buffer =>
  sequence(oidOf(oid), octets(value));
const critical = (oid: string, value = nothing): Buffer =>
  sequence(oidOf(oid), boolean(0xff), octets(value));
const reason = (code: number): Buffer => Buffer.of(tags.enumerated, 1, code);

const ofCrl = (...extensions: Buffer[]): CrlExtensions => {
  const der = sequence(...extensions);
  return readCrlExtensions(der, readElement(der, 0, der.length));
};
const ofEntry = (...extensions: Buffer[]): string | undefined => {
  const der = sequence(...extensions);
  return entryObstacle(der, readElement(der, 0, der.length));
};

const [number, keyId] = ['2.5.29.20', '2.5.29.35'];
const why = 'what it says is not understood here';
const twice = 'it stands there twice';
const delta =
  'extension 2.5.29.27 (delta CRL indicator): it is a delta CRL, which holds only what changed';
const part =
  'extension 2.5.29.28 (issuing distribution point): it is partitioned or indirect, which is about some certificates, some reasons or other CAs';

t.test(
  'extensions of a CRL: its number, and what makes it no full one',
  (t) => {
    const cases: [Buffer[], bigint | undefined, string | undefined][] = [
      [[], undefined, undefined],
      [[plain(number, integerOf(7))], 7n, undefined],
      [[plain('1.2.3'), plain(number, integerOf(7))], 7n, undefined],
      [[plain('1.2.3'), plain('1.2.4')], undefined, undefined],
      [[plain('2.5.29.18'), plain('2.5.29.46')], undefined, undefined],
      [[critical(keyId)], undefined, undefined],
      [[plain(keyId)], undefined, undefined],
      [[plain('2.5.29.27')], undefined, delta],
      [[critical('2.5.29.27')], undefined, `critical ${delta}`],
      [[plain('2.5.29.28')], undefined, part],
      [[critical('2.5.29.28')], undefined, `critical ${part}`],
      [[critical('1.2.3')], undefined, `critical extension 1.2.3: ${why}`],
      [
        [critical(number, integerOf(7))],
        7n,
        `critical extension 2.5.29.20 (CRL number): ${why}`,
      ],
      [
        [
          plain('1.2.3'),
          critical(keyId),
          critical('1.2.4'),
          plain('2.5.29.27'),
        ],
        undefined,
        `critical extension 1.2.4: ${why}`,
      ],
      [
        [plain(number, integerOf(7)), plain(number, integerOf(8))],
        7n,
        `extension 2.5.29.20 (CRL number): ${twice}`,
      ],
      [
        [critical('1.2.3'), plain('1.2.4'), critical('1.2.4')],
        undefined,
        `critical extension 1.2.4: ${twice}`,
      ],
    ];
    for (const [extensions, wanted, obstacle] of cases)
      t.strictSame(ofCrl(...extensions), { obstacle, number: wanted });
    t.end();
  },
);

t.test('extensions by their name', (t) => {
  const names: Record<string, string> = {
    '2.5.29.18': 'issuer alternative name',
    '2.5.29.20': 'CRL number',
    '2.5.29.21': 'reason code',
    '2.5.29.23': 'hold instruction',
    '2.5.29.24': 'invalidity date',
    '2.5.29.29': 'certificate issuer',
    '2.5.29.46': 'freshest CRL',
  };
  for (const [oid, name] of Object.entries(names))
    t.equal(
      ofCrl(critical(oid, integerOf(1))).obstacle,
      `critical extension ${oid} (${name}): ${why}`,
    );
  t.equal(
    ofCrl(plain(keyId), plain(keyId)).obstacle,
    `extension 2.5.29.35 (authority key identifier): ${twice}`,
  );
  t.end();
});

t.test(
  'extensions of an entry: what makes its CRL one of another kind',
  (t) => {
    const indirect =
      'extension 2.5.29.29 (certificate issuer): it is indirect, about certificates of another CA';
    const taken =
      'entry with the reason removeFromCRL, which only a delta CRL has';
    const cases: [Buffer[], string | undefined][] = [
      [[], undefined],
      [[plain('2.5.29.21', reason(1))], undefined],
      [[plain('2.5.29.21', reason(7))], undefined],
      [[plain('2.5.29.21', reason(8))], taken],
      [[plain('2.5.29.21', reason(9))], undefined],
      [[plain('1.2.3', reason(8))], undefined],
      [[plain('1.2.3'), plain('2.5.29.21', reason(8))], taken],
      [[plain('2.5.29.24'), plain('2.5.29.23')], undefined],
      [[plain('2.5.29.29')], `entry with the ${indirect}`],
      [[critical('2.5.29.29')], `entry with the critical ${indirect}`],
      [
        [critical('2.5.29.21', reason(1))],
        `entry with the critical extension 2.5.29.21 (reason code): ${why}`,
      ],
      [
        [critical('2.5.29.35')],
        `entry with the critical extension 2.5.29.35 (authority key identifier): ${why}`,
      ],
      [
        [plain('2.5.29.21', reason(1)), plain('2.5.29.21', reason(8))],
        `extension 2.5.29.21 (reason code): ${twice}`,
      ],
    ];
    for (const [extensions, obstacle] of cases)
      t.equal(ofEntry(...extensions), obstacle);
    t.end();
  },
);

t.test('a flag that says false, and one that says true in its own way', (t) => {
  const flagged = (...bytes: number[]): string | undefined =>
    ofCrl(
      sequence(
        oidOf('1.2.3'),
        writeElement(tags.boolean, [Buffer.from(bytes)]),
        octets(nothing),
      ),
    ).obstacle;
  const wanted = `critical extension 1.2.3: ${why}`;
  t.equal(flagged(0), undefined);
  t.equal(flagged(), undefined);
  for (const bytes of [[1], [0xff], [0, 1], [1, 0]])
    t.equal(flagged(...bytes), wanted);
  t.end();
});

t.test('what is no extension', (t) => {
  const none = 'no extension';
  const other = 'another element of DER expected';
  const bad: [string, Buffer, string][] = [
    ['no value', sequence(oidOf('1.2.3')), none],
    ['a flag and no value', sequence(oidOf('1.2.3'), boolean(0xff)), none],
    ['a value of another type', sequence(oidOf('1.2.3'), integerOf(1)), none],
    [
      'two flags',
      sequence(oidOf('1.2.3'), boolean(0), boolean(0), octets()),
      none,
    ],
    ['two values', sequence(oidOf('1.2.3'), octets(), octets()), none],
    [
      'something behind a flag and a value',
      sequence(oidOf('1.2.3'), boolean(0), octets(), integerOf(1)),
      none,
    ],
    [
      'a value before the flag',
      sequence(oidOf('1.2.3'), octets(), boolean(0)),
      none,
    ],
    ['nothing in it', sequence(), none],
    ['no OID', sequence(octets(), octets()), 'no OBJECT IDENTIFIER'],
    ['no sequence', integerOf(1), other],
  ];
  for (const [what, extension, message] of bad) {
    t.throws(() => ofCrl(extension), { message }, what);
    t.throws(() => ofEntry(extension), { message }, what);
  }
  const list = integerOf(1);
  const element = readElement(list, 0, list.length);
  t.throws(() => readCrlExtensions(list, element), { message: other });
  t.throws(() => entryObstacle(list, element), { message: other });
  t.end();
});

t.test('a number or a reason that is none', (t) => {
  t.throws(() => ofCrl(plain(number, octets())), { message: 'no INTEGER' });
  t.throws(() => ofCrl(plain(number, Buffer.of())), {
    message: 'DER ends early',
  });
  t.throws(() => ofEntry(plain('2.5.29.21', integerOf(8))), {
    message: 'no reason code',
  });
  t.throws(() => ofEntry(plain('2.5.29.21', Buffer.of())), {
    message: 'DER ends early',
  });
  t.equal(
    ofEntry(plain('2.5.29.21', Buffer.of(tags.enumerated, 0))),
    undefined,
  );
  t.end();
});
