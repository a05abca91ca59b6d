import { AsnConvert } from '@peculiar/asn1-schema';
import { CertificateList } from '@peculiar/asn1-x509';
import { X509Certificate } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { createPki, type Pki } from '@kickd/testkit';
import { readCrl, type CrlFacts } from '../src/crl.ts';
import { scanPem, type PemBlock } from '../src/pem.ts';
import {
  algorithmOf,
  flag,
  integerOf,
  oidOf,
  sequence,
  signOddCrl,
  type OddCrl,
  type OddExtension,
} from './odd-crl.ts';

const splitPem = (text: string): PemBlock[] => scanPem(text, () => true).blocks;
const dersOf = (pki: Pki): Buffer[] =>
  pki.crls.flatMap((pem) => splitPem(pem).map(({ der }) => der));
const revokeSome = (pki: Pki, count: number): string[] =>
  Array.from({ length: count }, (_, n) => {
    const { cert } = pki.issue({ certname: `gone${String(n)}.example.com` });
    pki.revoke(cert);
    return new X509Certificate(cert).serialNumber;
  });

for (const count of [0, 1, 3, 200]) {
  t.test(`${String(count)} entries, read as the library reads them`, (t) => {
    const pki = createPki();
    const wanted = revokeSome(pki, count);
    const cas = splitPem(pki.ca).map(({ pem }) => new X509Certificate(pem));
    const found = dersOf(pki).flatMap((der) => {
      const crl = readCrl(der);
      const body = AsnConvert.parse(der, CertificateList).tbsCertList;
      t.equal(crl.revoked.size, body.revokedCertificates?.length ?? 0);
      t.same(crl.thisUpdate, body.thisUpdate.getTime());
      t.same(crl.nextUpdate, body.nextUpdate?.getTime());
      t.ok(crl.number !== undefined);
      t.equal(cas.filter((ca) => crl.isSignedBy(ca)).length, 1, 'its own CA');
      return [...crl.revoked];
    });
    t.same(found.toSorted(), wanted.toSorted());
    t.end();
  });
}

t.test(
  'a damaged one is refused or says what its signature does not cover',
  (t) => {
    const pki = createPki();
    revokeSome(pki, 3);
    const cas = splitPem(pki.ca).map(({ pem }) => new X509Certificate(pem));
    const [der = Buffer.of()] = dersOf(pki);
    const { revoked } = readCrl(der);
    fc.assert(
      fc.property(
        fc.nat(der.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        (at, mask, isCut) => {
          const bad = Buffer.from(isCut ? der.subarray(0, at) : der);
          if (!isCut) bad.writeUInt8(bad.readUInt8(at) ^ mask, at);
          try {
            const crl = readCrl(bad);
            const isSigned = cas.some((ca) => crl.isSignedBy(ca));
            return !isSigned || isDeepStrictEqual(crl.revoked, revoked);
          } catch (error) {
            return error instanceof Error;
          }
        },
      ),
      { numRuns: 2000 },
    );
    t.end();
  },
);

const factsOf = (pem: string): CrlFacts => {
  const [block] = splitPem(pem);
  if (block === undefined) throw new Error('no block');
  return readCrl(block.der);
};
const nothing = Buffer.of(0x30, 0);
const name = Buffer.from('0603550403', 'hex');
const pki = createPki({ tier: 'single' });
const [ca = ''] = splitPem(pki.ca).map(({ pem }) => pem);

/** Words that the reason holds; undefined: it is understood, and signed by the CA. */
const kinds: [string, OddCrl, RegExp | undefined][] = [
  ['plain', {}, undefined],
  ['version 1', { version: undefined, number: null }, undefined],
  ['without a number', { number: null }, undefined],
  ['without an end', { nextUpdate: undefined }, undefined],
  [
    'delta, critical',
    { extensions: [['2.5.29.27', true, integerOf(1)]] },
    /critical extension 2\.5\.29\.27 \(delta CRL indicator\): it is a delta CRL/,
  ],
  [
    'delta, not critical: a delta all the same',
    { extensions: [['2.5.29.27', false, integerOf(1)]] },
    /^extension 2\.5\.29\.27 \(delta/,
  ],
  ...[
    ['onlyContainsUserCerts', flag(1)],
    ['onlyContainsCACerts', flag(2)],
    ['onlySomeReasons', sequence(Buffer.of(0x83, 2, 1, 2))],
    ['indirectCRL', flag(4)],
    ['onlyContainsAttributeCerts', flag(5)],
    [
      'a distribution point name',
      sequence(Buffer.from('a008a006860468747470', 'hex')),
    ],
    ['nothing', nothing],
  ].flatMap(([what, value]): [string, OddCrl, RegExp][] =>
    [true, false].map((isCritical): [string, OddCrl, RegExp] => [
      `issuing distribution point of ${String(what)}, critical: ${String(isCritical)}`,
      { extensions: [['2.5.29.28', isCritical, value as Buffer]] },
      /extension 2\.5\.29\.28 \(issuing distribution point\)/,
    ]),
  ),
  [
    'an unknown one, critical',
    { extensions: [['1.2.3.4', true, nothing]] },
    /critical extension 1\.2\.3\.4: what it says is not understood/,
  ],
  [
    'an unknown one, not critical',
    { extensions: [['1.2.3.4', false, nothing]] },
    undefined,
  ],
  [
    'freshest CRL, not critical: it says where a delta is',
    { extensions: [['2.5.29.46', false, nothing]] },
    undefined,
  ],
  [
    'freshest CRL, critical',
    { extensions: [['2.5.29.46', true, nothing]] },
    /2\.5\.29\.46 \(freshest CRL\)/,
  ],
  [
    'authority key identifier, critical: OpenSSL knows it',
    { extensions: [['2.5.29.35', true, nothing]] },
    undefined,
  ],
  [
    'CRL number, critical: OpenSSL refuses it',
    { number: null, extensions: [['2.5.29.20', true, integerOf(3)]] },
    /critical extension 2\.5\.29\.20 \(CRL number\)/,
  ],
  [
    'two of one kind',
    { extensions: [['2.5.29.20', false, integerOf(3)]] },
    /2\.5\.29\.20 \(CRL number\): it stands there twice/,
  ],
  ['version 3', { version: 2 }, /version 3 of CRLs is not known/],
  [
    'version 1 with extensions',
    { version: undefined },
    /it says version 1, which has no extensions/,
  ],
  [
    'an algorithm that nobody has',
    { algorithm: algorithmOf('1.2.3.4.5') },
    /signature algorithm 1\.2\.3\.4\.5 is not verified here/,
  ],
  [
    'MD5',
    { algorithm: algorithmOf('1.2.840.113549.1.1.4') },
    /1\.2\.840\.113549\.1\.1\.4/,
  ],
  [
    'two algorithms',
    { innerAlgorithm: algorithmOf('1.2.840.10045.4.3.3') },
    /two fields about the signature algorithm differ/,
  ],
];
for (const [what, odd, reason] of kinds)
  t.test(`understood or not: ${what}`, (t) => {
    const facts = factsOf(signOddCrl(pki, odd));
    if (reason === undefined) t.equal(facts.obstacle, undefined);
    else t.match(facts.obstacle ?? 'understood', reason);
    t.ok(facts.isNamedAs(new X509Certificate(ca)), 'whose it is');
    if (reason === undefined)
      t.ok(facts.isSignedBy(new X509Certificate(ca)), 'and signed');
    t.end();
  });

const entryKinds: [string, OddExtension[], RegExp | undefined][] = [
  ['a reason', [['2.5.29.21', false, Buffer.of(10, 1, 1)]], undefined],
  [
    'a date and a hold',
    [
      ['2.5.29.24', false, nothing],
      ['2.5.29.23', false, name],
    ],
    undefined,
  ],
  [
    'another issuer, critical',
    [['2.5.29.29', true, nothing]],
    /entry with the critical extension 2\.5\.29\.29 \(certificate issuer\): it is indirect/,
  ],
  [
    'another issuer, not critical: indirect all the same',
    [['2.5.29.29', false, nothing]],
    /2\.5\.29\.29/,
  ],
  [
    'an unknown one, critical',
    [['1.2.3.4', true, nothing]],
    /entry with the critical extension 1\.2\.3\.4/,
  ],
  ['an unknown one', [['1.2.3.4', false, nothing]], undefined],
  [
    'removeFromCRL, which OpenSSL takes for not revoked',
    [['2.5.29.21', false, Buffer.of(10, 1, 8)]],
    /removeFromCRL/,
  ],
  [
    'two reasons',
    [
      ['2.5.29.21', false, Buffer.of(10, 1, 1)],
      ['2.5.29.21', false, Buffer.of(10, 1, 8)],
    ],
    /twice/,
  ],
];
for (const [what, extensions, reason] of entryKinds)
  t.test(`an entry with ${what}`, (t) => {
    const entries = [
      { serial: '01' },
      { serial: '0A', extensions },
      { serial: '0B', extensions: [] },
    ];
    const facts = factsOf(signOddCrl(pki, { entries }));
    if (reason === undefined) t.equal(facts.obstacle, undefined);
    else t.match(facts.obstacle ?? 'understood', reason);
    t.same([...facts.revoked], ['01', '0A', '0B']);
    t.end();
  });

t.test('serial numbers as node:crypto writes those of certificates', (t) => {
  const serials = ['00', '7F', '80', 'FF00', '-01', '-81', 'F'.repeat(40)];
  const entries = serials.map((serial) => ({ serial }));
  const { revoked } = factsOf(signOddCrl(pki, { entries }));
  t.same([...revoked], ['0', ...serials.slice(1)]);
  t.end();
});

t.test('what is no CRL', (t) => {
  const der = splitPem(signOddCrl(pki, {}))[0]?.der ?? Buffer.of();
  const bad: [string, Buffer][] = [
    ['nothing', Buffer.of()],
    ['a certificate', Buffer.from(new X509Certificate(ca).raw)],
    ['something behind it', Buffer.concat([der, Buffer.of(5, 0)])],
    ['a number below zero', numbered('-05')],
    ['a number of nothing', numbered('')],
    ['an extension without a value', extended(sequence(oidOf('1.2.3')))],
  ];
  for (const [what, bytes] of bad) t.throws(() => readCrl(bytes), what);
  t.end();
});

function numbered(hex: string): Buffer {
  const value = hex.startsWith('-') ? Buffer.of(2, 1, 0xfb) : Buffer.of(2, 0);
  const pem = signOddCrl(pki, {
    number: null,
    extensions: [['2.5.29.20', false, value]],
  });
  return splitPem(pem)[0]?.der ?? Buffer.of();
}

/** A CRL whose one extension is these bytes; its signature is no longer right. */
function extended(bytes: Buffer): Buffer {
  const der = splitPem(signOddCrl(pki, {}))[0]?.der ?? Buffer.of();
  const number = sequence(oidOf('2.5.29.20'), Buffer.from('0403020107', 'hex'));
  const at = der.indexOf(number);
  if (at < 0 || bytes.length > number.length) throw new Error('no place');
  const filled = Buffer.concat([
    bytes,
    Buffer.alloc(number.length - bytes.length),
  ]);
  filled.copy(der, at);
  return der;
}
