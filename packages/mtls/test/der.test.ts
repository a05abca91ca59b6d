import t from 'tap';
import {
  bytesOf,
  contentsOf,
  readElement,
  readElements,
  readInside,
  readInteger,
  readOid,
  readTime,
  tags,
  type DerElement,
} from '../src/der.ts';
import { writeElement } from './odd-crl.ts';

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');
const first = (der: Buffer): DerElement => readElement(der, 0, der.length);
const early = 'DER ends early';
const noLength = 'no length of DER';

t.test('one element: its tag, and where it stands', (t) => {
  const cases: [string, at: number, end: number, start: number, to: number][] =
    [
      ['0500', 0, 2, 2, 2],
      ['ff0401aa', 1, 4, 3, 4],
      ['0401aa0500', 0, 5, 2, 3],
      [`047f${'aa'.repeat(0x7f)}`, 0, 0x81, 2, 0x81],
      [`048180${'aa'.repeat(0x80)}`, 0, 0x83, 3, 0x83],
      ['048100', 0, 3, 3, 3],
      ['04820001aa', 0, 5, 4, 5],
      ['048400000001aa', 0, 7, 6, 7],
    ];
  for (const [hex, at, end, start, to] of cases)
    t.strictSame(
      readElement(bytes(hex), at, end),
      { tag: bytes(hex)[at], at, start, end: to },
      hex,
    );
  t.end();
});

t.test('what is no element', (t) => {
  const cases: [string, end: number, message: string][] = [
    ['', 0, early],
    ['04', 1, early],
    ['0402aa', 3, early],
    ['0401aa', 2, early],
    ['04820001aa', 4, early],
    ['04820001aa', 3, noLength],
    [`0480${'aa'.repeat(0x80)}`, 0x82, noLength],
    ['04850000000001aa', 8, noLength],
  ];
  for (const [hex, end, message] of cases)
    t.throws(() => readElement(bytes(hex), 0, end), { message }, hex);
  t.end();
});

t.test('elements one behind the other', (t) => {
  const der = bytes('05000401aa0500');
  t.strictSame(
    readElements(der, 0, 5).map(({ at, end }) => [at, end]),
    [
      [0, 2],
      [2, 5],
    ],
  );
  t.strictSame(readElements(der, 2, 2), []);
  t.throws(() => readElements(der, 0, 4), { message: early });
  t.end();
});

t.test('elements inside one of a certain tag', (t) => {
  const der = bytes('300405000500');
  t.strictSame(
    readInside(der, first(der), tags.sequence).map(({ at }) => at),
    [2, 4],
  );
  const message = 'another element of DER expected';
  t.throws(() => readInside(der, first(der), tags.set), { message });
  t.throws(() => readInside(der, undefined, tags.sequence), { message });
  t.end();
});

t.test('an element with its tag and length, and without', (t) => {
  const der = bytes('05000402aabb0500');
  const element = readElement(der, 2, der.length);
  t.strictSame(bytesOf(der, element), bytes('0402aabb'));
  t.strictSame(contentsOf(der, element), bytes('aabb'));
  t.end();
});

t.test('OBJECT IDENTIFIERs', (t) => {
  const cases: [string, string][] = [
    ['00', '0.0'],
    ['27', '0.39'],
    ['28', '1.0'],
    ['4f', '1.39'],
    ['50', '2.0'],
    ['550403', '2.5.4.3'],
    ['7f', '2.47'],
    ['8100', '2.48'],
    ['2a864886f70d010105', '1.2.840.113549.1.1.5'],
    ['2a7f', '1.2.127'],
    ['2a818000', '1.2.16384'],
    ['2a81808080808080808000', '1.2.9223372036854775808'],
    ['01'.repeat(64), `0.1${'.1'.repeat(63)}`],
  ];
  for (const [hex, dotted] of cases) {
    const der = writeElement(tags.oid, [bytes(hex)]);
    t.equal(readOid(der, first(der)), dotted, hex);
  }
  t.end();
});

t.test('what is no OBJECT IDENTIFIER', (t) => {
  const none = 'no OBJECT IDENTIFIER';
  const endless = 'an OBJECT IDENTIFIER that does not end';
  const cases: [number, string, string][] = [
    [tags.oid, '', none],
    [tags.integer, '550403', none],
    [tags.oid, '2a80', endless],
    [tags.oid, '2a83', endless],
    [tags.oid, '01'.repeat(65), endless],
  ];
  for (const [tag, hex, message] of cases) {
    const der = writeElement(tag, [bytes(hex)]);
    t.throws(() => readOid(der, first(der)), { message }, hex);
  }
  t.throws(() => readOid(Buffer.of(), undefined), { message: none });
  t.end();
});

t.test('INTEGERs of any size, below zero too', (t) => {
  const cases: [string, bigint][] = [
    ['00', 0n],
    ['01', 1n],
    ['7f', 127n],
    ['0080', 128n],
    ['80', -128n],
    ['ff', -1n],
    ['ff7f', -129n],
    ['7f'.padEnd(40, 'f'), (1n << 159n) - 1n],
    ['80'.padEnd(40, '0'), -(1n << 159n)],
  ];
  for (const [hex, value] of cases) {
    const der = writeElement(tags.integer, [bytes(hex)]);
    t.equal(readInteger(der, first(der)), value, hex);
  }
  const message = 'no INTEGER';
  for (const bad of ['0200', '040101'])
    t.throws(() => readInteger(bytes(bad), first(bytes(bad))), { message });
  t.throws(() => readInteger(Buffer.of(), undefined), { message });
  t.end();
});

const timeOf = (tag: number, text: string): Date => {
  const der = writeElement(tag, [Buffer.from(text)]);
  return readTime(der, first(der));
};
const { utcTime, generalizedTime } = tags;

t.test('times of both kinds', (t) => {
  const cases: [number, string, string][] = [
    [utcTime, '000229000000Z', '2000-02-29T00:00:00.000Z'],
    [utcTime, '491231235959Z', '2049-12-31T23:59:59.000Z'],
    [utcTime, '500101010203Z', '1950-01-01T01:02:03.000Z'],
    [utcTime, '991130123456Z', '1999-11-30T12:34:56.000Z'],
    [generalizedTime, '20500102030405Z', '2050-01-02T03:04:05.000Z'],
    [generalizedTime, '00490101000000Z', '0049-01-01T00:00:00.000Z'],
    [generalizedTime, '99991231235959Z', '9999-12-31T23:59:59.000Z'],
  ];
  for (const [tag, text, iso] of cases)
    t.equal(timeOf(tag, text).toISOString(), iso, text);
  t.end();
});

t.test('what is no time of X.509', (t) => {
  const message = 'no time of X.509';
  const cases: [number, string][] = [
    [tags.octetString, '20500102030405Z'],
    [tags.octetString, '500102030405Z'],
    [utcTime, '20500102030405Z'],
    [generalizedTime, '500102030405Z'],
    [generalizedTime, '120500102030405Z'],
    [utcTime, '500102030405'],
    [utcTime, '5001020304Z'],
    [utcTime, '500102030405ZZ'],
    [utcTime, '500102030405+0100'],
    [generalizedTime, '20500102030405'],
    [generalizedTime, '20500102030405.5Z'],
    [generalizedTime, '20500102030405Z0'],
    [utcTime, ''],
  ];
  for (const [tag, text] of cases)
    t.throws(() => timeOf(tag, text), { message }, text);
  t.throws(() => readTime(Buffer.of(), undefined), { message });
  t.end();
});

t.test('days and hours that no calendar has', (t) => {
  const message = 'no day of the calendar';
  for (const text of [
    '230229000000Z',
    '230431000000Z',
    '230001000000Z',
    '231301000000Z',
    '230100000000Z',
    '230132000000Z',
    '230105240000Z',
    '230105056000Z',
    '230105050060Z',
  ])
    t.throws(() => timeOf(utcTime, text), { message }, text);
  t.end();
});
