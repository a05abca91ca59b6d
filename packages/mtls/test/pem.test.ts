import { createPrivateKey } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execaSync } from 'execa';
import t from 'tap';
import { createPki, writeSsl, whyNoOpenssl } from '@kickd/testkit';
import {
  readMaterialSync,
  type Material,
  type TlsFiles,
} from '../src/index.ts';
import { scanPem } from '../src/pem.ts';

const pki = createPki();
const leaf = pki.issue({ certname: 'web1.example.com' });
const rsa = pki.issue({ certname: 'web1.example.com', key: 'rsa' });
const parameters =
  '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n';
const dhParameters =
  '-----BEGIN DH PARAMETERS-----\nMAYCAQUCAQI=\n-----END DH PARAMETERS-----\n';
const ruler = '-----------------------------\n  our root\n-----\n---- x ----\n';
const pkcs7 = '-----BEGIN PKCS7-----\nnot looked into\n-----END PKCS7-----\n';
const noOpenssl = whyNoOpenssl();
const skipOf = (what: string): string | false =>
  what.includes('trusted') && noOpenssl;
const trusted = (...args: string[]): string =>
  noOpenssl !== false
    ? ''
    : execaSync('openssl', ['x509', ...args], {
        input: leaf.cert,
        stripFinalNewline: false,
      }).stdout;

type Texts = Partial<Record<keyof TlsFiles, string>>;
const asIs: [string, (texts: Required<Texts>) => Texts][] = [
  ['EC PARAMETERS before the key', ({ key }) => ({ key: parameters + key })],
  ['EC PARAMETERS behind it', ({ key }) => ({ key: key + parameters })],
  [
    'parameters that are cut off: not asked for',
    ({ key }) => ({ key: parameters.slice(0, 40) + '\n' + key }),
  ],
  [
    'DH parameters beside certificates and CRLs',
    ({ cert, ca, crl }) => ({
      cert: cert + dhParameters,
      ca: dhParameters + ca,
      crl: dhParameters + crl,
    }),
  ],
  [
    'rulers of hyphens',
    ({ cert, key, ca, crl }) => ({
      cert: ruler + cert,
      key: ruler + key,
      ca: ruler + ca + ruler,
      crl: ruler + crl,
    }),
  ],
  [
    'END and BEGIN glued',
    ({ ca, crl }) => ({
      ca: ca.replaceAll('-----\n-----', '----------'),
      crl: crl.replaceAll('-----\n-----', '----------'),
    }),
  ],
  [
    'no newline at the end',
    ({ cert, key, ca, crl }) => ({
      cert: cert.trimEnd(),
      key: key.trimEnd(),
      ca: ca.trimEnd(),
      crl: crl.trimEnd(),
    }),
  ],
  [
    'blanks, tabs and CR at the ends of lines',
    ({ cert, key, ca, crl }) => ({
      cert: cert.replaceAll('\n', ' \t\n'),
      key: key.replaceAll('\n', '\t\n'),
      ca: ca.replaceAll('\n', '\r\n'),
      crl: crl.replaceAll('\n', '\r'),
    }),
  ],
  ['indented', ({ ca }) => ({ ca: ca.replaceAll(/^/gm, '  ') })],
  [
    'a byte order mark',
    ({ cert, key }) => ({ cert: `\uFEFF${cert}`, key: `\uFEFF${key}` }),
  ],
  ['NUL bytes between', ({ ca }) => ({ ca: `\0\0\n${ca}\0` })],
  [
    'markers inside of sentences',
    ({ ca }) => ({
      ca: `put -----BEGIN CERTIFICATE----- before it\nand -----END CERTIFICATE-----.\n${ca}`,
    }),
  ],
  ['PKCS#7 beside them', ({ ca }) => ({ ca: pkcs7 + ca })],
  [
    'a block of another kind that does not end',
    ({ crl }) => ({ crl: `-----BEGIN CERTIFICATE-----\nMII\n${crl}` }),
  ],
  [
    'the old word',
    ({ cert }) => ({ cert: cert.replaceAll('CERT', 'X509 CERT') }),
  ],
  ['a trusted certificate', () => ({ cert: trusted('-trustout') })],
  [
    'trusted for both sides',
    () => ({
      cert: trusted(
        '-trustout',
        '-addtrust',
        'serverAuth',
        '-addtrust',
        'clientAuth',
        '-setalias',
        'web1',
      ),
    }),
  ],
  ['base64 on one line', ({ ca }) => ({ ca: unfolded(ca) })],
  ['two keys: the first counts', ({ key }) => ({ key: key + rsa.key })],
];

function unfolded(pem: string): string {
  return pem.replaceAll(/(?<!-)\n(?!-)/g, '');
}

const good = { ...leaf, ca: pki.ca, crl: pki.crl };
const wanted = (material: Material): unknown => {
  const { cert, key, ca, crl, trust } = material;
  return { cert, key, ca, crl, forTls: trust.forTls };
};

for (const [what, change] of asIs)
  t.test(`read as it stands: ${what}`, { skip: skipOf(what) }, (t) => {
    const plain = wanted(readMaterialSync(writeSsl(t.testdir({}), good)));
    const files = writeSsl(t.testdir({}), { ...good, ...change(good) });
    t.strictSame(wanted(readMaterialSync(files)), plain);
    t.end();
  });

const refused: [
  string,
  Texts,
  code: string,
  message: RegExp,
  remedy?: RegExp,
][] = [
  [
    'a key that openssl cannot read either',
    {
      key: '-----BEGIN RSA PRIVATE KEY-----\nMAYCAQUCAQI=\n-----END RSA PRIVATE KEY-----\n',
    },
    'TLS_FILE_DAMAGED',
    /RSA PRIVATE KEY of line 1 is not a private key/,
    /^ask openssl: openssl pkey -in \S+ -noout; if it prints nothing, the key is good.*only if there is none, get a new pair/,
  ],
  [
    'a key cut off',
    { key: leaf.key.slice(0, -50) },
    'TLS_FILE_DAMAGED',
    /EC PRIVATE KEY begins on line 1 and does not end/,
    /^ask openssl/,
  ],
  ['an empty key', { key: '' }, 'TLS_FILE_EMPTY', /empty/, /^look for a copy/],
  [
    'a key of OpenSSH',
    {
      key: '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----\n',
    },
    'TLS_FILE_DAMAGED',
    /OPENSSH PRIVATE KEY/,
  ],
  ['parameters alone', { key: parameters }, 'KEY_EMPTY', /no private key/],
  [
    'markers in small letters',
    { crl: pki.crl + pki.crl.toLowerCase() },
    'TLS_FILE_DAMAGED',
    /the marker on line \d+ is damaged: five hyphens on either side, in capitals/,
  ],
  [
    'a BEGIN with four hyphens',
    { crl: pki.crl.replace('-----BEGIN', '----BEGIN') },
    'TLS_FILE_DAMAGED',
    /the marker on line 1 is damaged/,
  ],
  [
    'something behind a BEGIN',
    { crl: pki.crl.replace('CRL-----\n', 'CRL----- # ours\n') },
    'TLS_FILE_DAMAGED',
    /X509 CRL ends on line \d+ and does not begin/,
  ],
  [
    'no END',
    { crl: pki.crl.replace('-----END X509 CRL-----\n', '') },
    'TLS_FILE_DAMAGED',
    /X509 CRL begins on line 1 and does not end/,
  ],
  [
    'something behind the value',
    {
      crl: pki.crl.replace('\n-----END', '\nAAAA\n-----END'),
    },
    'TLS_FILE_DAMAGED',
    /X509 CRL of line 1 (goes on behind its end|is not base64)/,
  ],
  [
    'a damaged first intermediate behind our certificate',
    {
      cert:
        leaf.cert +
        '-----BEGIN CERTIFICATE-----\nMAYCAQUCAQI=\n-----END CERTIFICATE-----\n' +
        pki.ca,
    },
    'TLS_FILE_DAMAGED',
    /the block of line \d+ is not an X.509 certificate/,
  ],
  [
    'trusted for mail',
    { cert: trusted('-trustout', '-addtrust', 'emailProtection') },
    'TLS_FILE_DAMAGED',
    /TRUSTED CERTIFICATE of line 1 is limited/,
  ],
  [
    'trusted, and rejected for clients',
    { cert: trusted('-trustout', '-addreject', 'clientAuth') },
    'TLS_FILE_DAMAGED',
    /is limited/,
  ],
  [
    'PKCS#7 alone',
    { ca: pkcs7 },
    'CA_EMPTY',
    /no CA certificate/,
    /grep -a BEGIN .*mv \S+ \S+\.old/,
  ],
  [
    'a key in the certificate file',
    { cert: leaf.cert + leaf.key },
    'KEY_EXPOSED',
    /a private key stands in the certificate file/,
  ],
  [
    'a key in the CA bundle',
    { ca: leaf.key + pki.ca },
    'KEY_EXPOSED',
    /in the CA file/,
  ],
  [
    'an encrypted key behind EC PARAMETERS',
    {
      key:
        parameters +
        String(
          createPrivateKey(leaf.key).export({
            type: 'sec1',
            format: 'pem',
            cipher: 'aes-256-cbc',
            passphrase: 'x',
          }),
        ),
    },
    'KEY_ENCRYPTED',
    /encrypted/,
  ],
];
for (const [what, change, code, message, remedy = /./] of refused)
  t.test(`refused: ${what}`, { skip: skipOf(what) }, (t) => {
    const files = writeSsl(t.testdir({}), { ...good, ...change });
    const facts = { code, message, remedy, exitCode: 3 };
    t.throws(() => readMaterialSync(files), facts);
    t.end();
  });

t.test('certificate and key in one file that others cannot read', (t) => {
  const files = writeSsl(t.testdir({}), good);
  const one = join(t.testdirName, 'both.pem');
  writeFileSync(one, leaf.cert + leaf.key, { mode: 0o640 });
  const both = { ...files, cert: one, key: one };
  t.equal(readMaterialSync(both).key, readMaterialSync(files).key);
  chmodSync(one, 0o644);
  t.throws(() => readMaterialSync(both), { code: 'KEY_EXPOSED' });
  t.end();
});

t.test('UTF-16 and DER are named', (t) => {
  const files = writeSsl(t.testdir({}), good);
  const utf16 = Buffer.from(`\uFEFF${pki.ca}`, 'utf16le');
  writeFileSync(files.ca, utf16);
  t.throws(() => readMaterialSync(files), {
    code: 'TLS_FILE_UTF16',
    remedy: /iconv -f UTF-16/,
  });
  writeFileSync(files.ca, Buffer.from(utf16).swap16());
  t.throws(() => readMaterialSync(files), { code: 'TLS_FILE_UTF16' });
  writeFileSync(files.ca, pki.ca);
  // shorter than 128 bytes: its second byte is the length
  const small = pki.issue({ certname: 'web1', key: 'ed25519' });
  const der = createPrivateKey(small.key).export({
    type: 'pkcs8',
    format: 'der',
  });
  writeFileSync(files.key, der);
  t.throws(() => readMaterialSync(files), { code: 'TLS_FILE_DER' });
  t.end();
});

t.test('what is damaged does not stop what is not', (t) => {
  const [first = '', second = ''] = pki.crls;
  const text = `${first.slice(0, -80)}\n${second}-----END X509 CRL-----\n`;
  const { blocks, damages } = scanPem(text, (label) => label === 'X509 CRL');
  t.equal(blocks.map(({ pem }) => pem).join(''), second);
  t.strictSame(
    damages.map(({ message }) => message.replace(/line \d+/, 'line N')),
    [
      'X509 CRL begins on line N and does not end',
      'X509 CRL ends on line N and does not begin',
    ],
  );
  t.end();
});
