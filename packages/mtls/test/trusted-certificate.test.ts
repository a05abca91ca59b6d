import { createPki } from '@kickd/testkit';
import t from 'tap';
import { PemError, scanPem, toPem, type PemBlock } from '../src/pem.ts';
import {
  isCertificateLabel,
  plainCertificate,
} from '../src/trusted-certificate.ts';
import { integerOf, oidOf, sequence, writeElement } from './odd-crl.ts';

const any = oidOf('2.5.29.37.0');
const server = oidOf('1.3.6.1.5.5.7.3.1');
const client = oidOf('1.3.6.1.5.5.7.3.2');
const email = oidOf('1.3.6.1.5.5.7.3.4');
const rejected = writeElement(0xa0, [email]);
const alias = writeElement(0x0c, [Buffer.from('an alias')]);

const [plain] = scanPem(createPki({ tier: 'single' }).ca, () => true).blocks;
if (plain === undefined) throw new Error('no certificate');
const blockOf = (label: string, der: Buffer): PemBlock => ({
  label,
  line: 7,
  pem: toPem(label, der),
  der,
});
const trustedOf = (...more: Buffer[]): PemBlock =>
  blockOf('TRUSTED CERTIFICATE', Buffer.concat([plain.der, ...more]));

t.test('a plain one is taken as it is, unread', (t) => {
  const block = blockOf('CERTIFICATE', Buffer.of(1));
  t.equal(plainCertificate(block), block);
  t.end();
});

t.test('trusted for TLS on both sides: taken, as a plain one', (t) => {
  const wanted = {
    label: 'CERTIFICATE',
    line: 7,
    pem: plain.pem,
    der: plain.der,
  };
  const cases: [string, PemBlock][] = [
    ['an old label', blockOf('X509 CERTIFICATE', plain.der)],
    ['nothing behind it', trustedOf()],
    ['nothing said', trustedOf(sequence())],
    ['an alias alone', trustedOf(sequence(alias))],
    ['any use', trustedOf(sequence(sequence(any)))],
    ['any use and another', trustedOf(sequence(sequence(email, any)))],
    ['both sides', trustedOf(sequence(sequence(server, client)))],
    [
      'both sides and more',
      trustedOf(sequence(sequence(client, email, server), alias)),
    ],
  ];
  for (const [what, block] of cases)
    t.strictSame(plainCertificate(block), wanted, what);
  t.end();
});

t.test('limited to other uses: refused', (t) => {
  const cases: [string, PemBlock][] = [
    ['no use', trustedOf(sequence(sequence()))],
    ['one side', trustedOf(sequence(sequence(server)))],
    ['the other side', trustedOf(sequence(sequence(client)))],
    ['another use', trustedOf(sequence(sequence(email)))],
    ['a use rejected', trustedOf(sequence(rejected))],
    [
      'both sides, a use rejected',
      trustedOf(sequence(sequence(server, client), rejected)),
    ],
    [
      'any use, an alias, a use rejected',
      trustedOf(sequence(sequence(any), alias, rejected)),
    ],
  ];
  for (const [what, block] of cases)
    t.throws(
      () => plainCertificate(block),
      {
        name: 'PemError',
        message:
          'TRUSTED CERTIFICATE of line 7 is limited to other uses than TLS on both sides; write it plain: openssl x509 -in FILE -out PLAIN.pem',
      },
      what,
    );
  t.end();
});

t.test('what is none', (t) => {
  const cases: [string, PemBlock][] = [
    ['cut', blockOf('TRUSTED CERTIFICATE', plain.der.subarray(0, -1))],
    ['something odd behind it', trustedOf(integerOf(1))],
    ['half an element behind it', trustedOf(Buffer.of(0x30))],
    ['uses that are no OIDs', trustedOf(sequence(sequence(integerOf(1))))],
  ];
  for (const [what, block] of cases) {
    t.throws(
      () => plainCertificate(block),
      { message: 'TRUSTED CERTIFICATE of line 7 is not a certificate' },
      what,
    );
    t.throws(() => plainCertificate(block), PemError);
  }
  t.end();
});

t.test('labels of certificates', (t) => {
  for (const label of [
    'CERTIFICATE',
    'X509 CERTIFICATE',
    'TRUSTED CERTIFICATE',
  ])
    t.equal(isCertificateLabel(label), true, label);
  for (const label of ['', 'X509 CRL', 'CERTIFICATE REQUEST', 'certificate'])
    t.equal(isCertificateLabel(label), false, label);
  t.end();
});
