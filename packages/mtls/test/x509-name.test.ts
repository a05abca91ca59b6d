import { X509Certificate } from 'node:crypto';
import { createPki } from '@kickd/testkit';
import t from 'tap';
import { readElement, tags } from '../src/der.ts';
import {
  canonicalName,
  canonicalSubject,
  commonNames,
  shownName,
} from '../src/x509-name.ts';
import { integerOf, oidOf, sequence, writeElement } from './odd-crl.ts';

const cn = '2.5.4.3';
const [utf8, printable, bmp, universal] = [0x0c, 0x13, 0x1e, 0x1c];

/** One attribute: its OID, and a value of a tag. */
const attribute = (
  oid: string,
  value: string | Buffer,
  tag: number = utf8,
): Buffer =>
  sequence(
    oidOf(oid),
    writeElement(tag, [Buffer.from(value as string, 'utf8')]),
  );
/** A Name of parts, each of one or more attributes. */
const nameOf = (...parts: Buffer[][]): Buffer =>
  sequence(...parts.map((part) => writeElement(tags.set, part)));
const canonical = (name: Buffer): string =>
  canonicalName(name, readElement(name, 0, name.length));
const shown = (name: Buffer): string =>
  shownName(name, readElement(name, 0, name.length));
/** A certificate with this subject; nothing else of it is read. */
const certOf = (subject: Buffer): X509Certificate => {
  const others = [1, 2, 3, 4].map(integerOf);
  const raw = sequence(sequence(...others, subject, sequence()));
  return { raw } as unknown as X509Certificate;
};

t.test('the CNs of a subject, in order', (t) => {
  const cases: [Buffer, string[]][] = [
    [nameOf(), []],
    [nameOf([attribute('2.5.4.10', 'Example')]), []],
    [nameOf([attribute(cn, 'a')]), ['a']],
    [
      nameOf(
        [attribute(cn, 'b')],
        [attribute('2.5.4.11', 'x')],
        [attribute(cn, 'a')],
      ),
      ['b', 'a'],
    ],
    [nameOf([attribute(cn, 'a'), attribute(cn, 'b')]), ['a', 'b']],
    [nameOf([attribute(cn, '')]), ['']],
  ];
  for (const [subject, names] of cases)
    t.strictSame(commonNames(certOf(subject)), names);
  t.end();
});

t.test('a value of each type as text, or as # and hexadecimal', (t) => {
  const hex = (text: string): Buffer => Buffer.from(text, 'hex');
  const cases: [tag: number, Buffer, string][] = [
    [utf8, hex('c3a4'), 'ä'],
    [0x12, hex('3132'), '12'],
    [printable, hex('61e4'), 'aä'],
    [0x14, hex('e4'), 'ä'],
    [0x16, hex('61'), 'a'],
    [0x1a, hex('61'), 'a'],
    [universal, hex('000000610001f600'), 'a😀'],
    [universal, hex('0010ffff'), '\u{10ffff}'],
    [universal, hex(''), ''],
    [universal, hex('00110000'), '#00110000'],
    [universal, hex('00000061ff'), '#00000061ff'],
    [universal, hex('0061'), '#0061'],
    [bmp, hex('006100e4'), 'aä'],
    [bmp, hex('0061e4'), '#0061e4'],
    [tags.octetString, hex('61'), '#61'],
    [tags.bitString, hex('0061'), '#0061'],
  ];
  for (const [tag, value, text] of cases) {
    const name = nameOf([attribute(cn, value, tag)]);
    t.strictSame(commonNames(certOf(name)), [text], `${tag}: ${text}`);
    t.equal(shown(name), text);
  }
  t.strictSame(commonNames(certOf(nameOf([sequence(oidOf(cn))]))), ['#']);
  t.end();
});

t.test('reading a name changes none of its bytes', (t) => {
  const name = nameOf([attribute(cn, Buffer.from('00610062', 'hex'), bmp)]);
  const before = Buffer.from(name);
  shown(name);
  t.strictSame(name, before);
  t.end();
});

t.test('a subject that cannot be read', (t) => {
  const [value] = [writeElement(utf8, [Buffer.from('a')])];
  const bad: [string, Buffer][] = [
    ['no Name', integerOf(1)],
    ['parts that are no sets', sequence(sequence())],
    ['an attribute that is no pair', nameOf([integerOf(1)])],
    ['an attribute without a type', nameOf([sequence()])],
    ['a type that is no OID', nameOf([sequence(value, value)])],
  ];
  for (const [what, subject] of bad) {
    t.strictSame(commonNames(certOf(subject)), ['#'], what);
    t.equal(canonicalSubject(certOf(subject)), undefined, what);
    t.throws(() => canonical(subject), what);
    t.throws(() => shown(subject), what);
  }
  const none = { raw: Buffer.of() } as unknown as X509Certificate;
  t.strictSame(commonNames(none), ['#']);
  t.equal(canonicalSubject(none), undefined);
  t.end();
});

t.test('names that OpenSSL takes for one', (t) => {
  const plain = nameOf([attribute(cn, 'puppet ca: a')]);
  const same: [value: string | Buffer, tag: number][] = [
    ['puppet ca: a', printable],
    ['Puppet CA: A', utf8],
    [' puppet ca: a', utf8],
    ['puppet ca: a ', utf8],
    ['  puppet \t\r\n\v\f ca:   a\n', utf8],
    [Buffer.from('\0p\0u\0p\0p\0e\0t\0 \0c\0a\0:\0 \0A'), bmp],
  ];
  for (const [value, tag] of same)
    t.equal(
      canonical(nameOf([attribute(cn, value, tag)])),
      canonical(plain),
      String(value),
    );
  t.equal(canonical(plain), '[[["2.5.4.3","puppet ca: a"]]]');
  t.equal(
    canonical(
      nameOf([attribute(cn, 'AZ az [@'), attribute('2.5.4.6', 'DE')], []),
    ),
    '[[["2.5.4.3","az az [@"],["2.5.4.6","de"]],[]]',
  );
  t.end();
});

t.test('names that are two', (t) => {
  const plain = attribute(cn, 'puppet ca');
  const other: [string, Buffer][] = [
    ['nothing', nameOf()],
    ['another type', nameOf([attribute('2.5.4.10', 'puppet ca')])],
    ['no blank', nameOf([attribute(cn, 'puppetca')])],
    ['a control character', nameOf([attribute(cn, 'puppet\bca')])],
    ['a character behind them', nameOf([attribute(cn, 'puppet\u000eca')])],
    ['twice', nameOf([plain], [plain])],
    ['twice in one part', nameOf([plain, plain])],
  ];
  for (const [what, name] of other)
    t.not(canonical(name), canonical(nameOf([plain])), what);
  t.not(
    canonical(nameOf([attribute(cn, 'Ä')])),
    canonical(nameOf([attribute(cn, 'ä')])),
    'case of letters that are not ASCII',
  );
  t.not(canonical(nameOf([plain], [plain])), canonical(nameOf([plain, plain])));
  t.end();
});

t.test('what is no text is compared as it is', (t) => {
  const octets = (text: string): string =>
    canonical(nameOf([attribute(cn, text, tags.octetString)]));
  t.equal(octets('A'), '[[["2.5.4.3","#41"]]]');
  t.not(octets('A'), octets('a'));
  t.end();
});

t.test('the subject of a certificate and the name of its CRL are one', (t) => {
  const cert = new X509Certificate(createPki({ tier: 'single' }).ca);
  t.equal(
    canonicalSubject(cert),
    '[[["2.5.4.3","puppet ca: puppet.example.com"]]]',
  );
  t.strictSame(commonNames(cert), ['Puppet CA: puppet.example.com']);
  t.end();
});

t.test('a name as people write it', (t) => {
  const cases: [Buffer, string][] = [
    [nameOf(), ''],
    [nameOf([attribute(cn, 'Puppet CA: a')]), 'Puppet CA: a'],
    [nameOf([attribute(cn, 'CN=a')]), 'CN=a'],
    [
      nameOf(
        [attribute('2.5.4.6', 'DE')],
        [attribute('2.5.4.8', 'Berlin')],
        [attribute('2.5.4.7', 'Mitte')],
        [attribute('2.5.4.10', 'Example'), attribute('2.5.4.11', 'Ops')],
        [attribute(cn, 'a')],
        [attribute('1.2.3', 'b')],
      ),
      'C=DE, ST=Berlin, L=Mitte, O=Example, OU=Ops, CN=a, 1.2.3=b',
    ],
    [nameOf([attribute(cn, 'a')], [attribute(cn, 'b')]), 'a, CN=b'],
    [nameOf([sequence(oidOf('1.2.3'))]), '1.2.3=#'],
  ];
  for (const [name, text] of cases) t.equal(shown(name), text);
  t.end();
});
