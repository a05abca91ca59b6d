import {
  createPrivateKey,
  generateKeyPairSync,
  sign,
  X509Certificate,
} from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { createPki, writeSsl, type SslTexts } from '@kickd/testkit';
import { readMaterial, readMaterialSync, type TlsFiles } from '../src/index.ts';
import { errors } from '../src/errors.ts';
import { withCrls } from '../src/material.ts';
import { toPem } from '../src/pem.ts';
import { findCrls } from '../src/read-crls.ts';
import {
  algorithmOf,
  integerOf,
  oidOf,
  sequence,
  signOddCrl,
  writeElement,
} from './odd-crl.ts';

const pki = createPki();
const leaf = pki.issue({ certname: 'web1.example.com' });
const other = pki.issue({ certname: 'web2.example.com' });
const good: SslTexts = { ...leaf, ca: pki.ca, crl: pki.crl };
const encrypted = String(
  createPrivateKey(leaf.key).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  }),
);
const encryptedOld = String(
  createPrivateKey(leaf.key).export({
    type: 'sec1',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  }),
);
const der = (pem: string): Buffer => Buffer.from(new X509Certificate(pem).raw);
const garbage = (label: string): string =>
  `-----BEGIN ${label}-----\nAAAA!\n-----END ${label}-----\n`;
const notAsn1 = (label: string): string =>
  `-----BEGIN ${label}-----\nQUJDREVG\n-----END ${label}-----\n`;
/** A block that is DER, of a label that it does not deserve. */
const noCertificate = (pki.crls[0] ?? '').replaceAll('X509 CRL', 'CERTIFICATE');

t.test('reads and splits', async (t) => {
  const spaced: SslTexts = {
    cert: `a comment\r\n${leaf.cert.replaceAll('\n', '\r\n')}`,
    key: leaf.key,
    ca: pki.ca.replaceAll('-----BEGIN', '\nsubject=/CN=x\n-----BEGIN'),
    crl: `\n\n${pki.crl}\n# end\n`,
  };
  for (const texts of [good, spaced]) {
    const files = writeSsl(t.testdir({}), texts);
    const material = await readMaterial(files);
    t.equal(material.ca.length, 2);
    t.equal(material.crl.length, 2);
    t.strictSame(material.files, files);
    t.strictSame(material.crl, pki.crls);
    t.ok(
      new X509Certificate(material.cert).checkPrivateKey(
        createPrivateKey(material.key),
      ),
    );
    // what reads a CRL is a function, and no two are the same
    const { trust, ...others } = readMaterialSync(files);
    const { trust: wanted, ...wantedOthers } = material;
    t.strictSame(others, wantedOthers);
    t.strictSame(trust.forTls, wanted.forTls);
    t.strictSame(trust.forTls, { ca: material.ca, crl: material.crl });
  }
});

t.test('a certificate with its chain', (t) => {
  const files = writeSsl(t.testdir({}), { ...good, cert: leaf.cert + pki.ca });
  t.equal(readMaterialSync(files).cert, leaf.cert + pki.ca);
  t.end();
});

t.test('single CA, RSA', async (t) => {
  const single = createPki({ tier: 'single', key: 'rsa' });
  const files = writeSsl(t.testdir({}), {
    ...single.issue({ certname: 'a' }),
    ca: single.ca,
    crl: single.crl,
  });
  const { ca, crl } = await readMaterial(files);
  t.equal(ca.length, 1);
  t.equal(crl.length, 1);
});

const bad: [string, string, (files: TlsFiles) => void][] = [
  ['CRL of zero bytes', 'CRL_EMPTY', ({ crl }) => writeFileSync(crl, '')],
  ['CRL file of spaces', 'CRL_EMPTY', ({ crl }) => writeFileSync(crl, '\n \n')],
  [
    'CRL file of comments',
    'CRL_EMPTY',
    ({ crl }) => writeFileSync(crl, '# none\n'),
  ],
  [
    'certificates in the CRL file',
    'CRL_EMPTY',
    ({ crl }) => writeFileSync(crl, pki.ca),
  ],
  [
    'CRL file cut in a block',
    'TLS_FILE_DAMAGED',
    ({ crl }) => writeFileSync(crl, pki.crl.slice(0, -100)),
  ],
  [
    'CRL with lines missing',
    'TLS_FILE_DAMAGED',
    ({ crl }) => writeFileSync(crl, pki.crl.replace(/\n[^\n]{64}\n/, '\n')),
  ],
  [
    'CRL that is no base64',
    'TLS_FILE_DAMAGED',
    ({ crl }) => writeFileSync(crl, garbage('X509 CRL')),
  ],
  [
    'CRL that is no ASN.1',
    'TLS_FILE_DAMAGED',
    ({ crl }) => writeFileSync(crl, notAsn1('X509 CRL')),
  ],
  [
    'CRL as DER',
    'TLS_FILE_DER',
    ({ crl }) =>
      writeFileSync(
        crl,
        Buffer.from(pki.crl.split('-----')[2] ?? '', 'base64'),
      ),
  ],
  [
    'CRL as DER, cut',
    'TLS_FILE_DER',
    ({ crl }) => writeFileSync(crl, Buffer.from('3082', 'hex')),
  ],
  [
    'CRL as BER without a length',
    'TLS_FILE_DER',
    ({ crl }) => writeFileSync(crl, Buffer.from('30800000', 'hex')),
  ],
  ['CRL file of one digit', 'CRL_EMPTY', ({ crl }) => writeFileSync(crl, '0')],
  [
    'CRL file of text that begins as DER does',
    'CRL_EMPTY',
    ({ crl }) => writeFileSync(crl, '0\u007f'),
  ],
  [
    'CRL file of Latin-1',
    'CRL_EMPTY',
    ({ crl }) => writeFileSync(crl, Buffer.from('41e4', 'hex')),
  ],
  ['CRL missing', 'TLS_FILE_MISSING', ({ crl }) => rmSync(crl)],
  [
    'CRL a directory',
    'TLS_FILE_UNREADABLE',
    ({ crl }) => {
      rmSync(crl);
      mkdirSync(crl);
    },
  ],
  ['CA of zero bytes', 'CA_EMPTY', ({ ca }) => writeFileSync(ca, '')],
  ['CA of comments', 'CA_EMPTY', ({ ca }) => writeFileSync(ca, 'none')],
  [
    'CA that is no certificate',
    'TLS_FILE_DAMAGED',
    ({ ca }) =>
      writeFileSync(ca, pki.ca + pki.crl.replaceAll('X509 CRL', 'CERTIFICATE')),
  ],
  [
    'CA cut',
    'TLS_FILE_DAMAGED',
    ({ ca }) => writeFileSync(ca, pki.ca.slice(0, -30)),
  ],
  [
    'certificate of zero bytes',
    'TLS_FILE_EMPTY',
    ({ cert }) => writeFileSync(cert, ''),
  ],
  [
    'key in the certificate file',
    'CERT_EMPTY',
    ({ cert }) => writeFileSync(cert, leaf.key),
  ],
  [
    'certificate as DER',
    'TLS_FILE_DER',
    ({ cert }) => writeFileSync(cert, der(leaf.cert)),
  ],
  [
    'certificate whose first intermediate is none',
    'TLS_FILE_DAMAGED',
    ({ cert }) => writeFileSync(cert, leaf.cert + noCertificate + pki.ca),
  ],
  [
    'certificate whose second intermediate is none',
    'TLS_FILE_DAMAGED',
    ({ cert }) => writeFileSync(cert, leaf.cert + pki.ca + noCertificate),
  ],
  ['certificate missing', 'TLS_FILE_MISSING', ({ cert }) => rmSync(cert)],
  ['key of zero bytes', 'TLS_FILE_EMPTY', ({ key }) => writeFileSync(key, '')],
  [
    'certificate in the key file',
    'KEY_EMPTY',
    ({ key }) => writeFileSync(key, leaf.cert),
  ],
  [
    'key of another certificate',
    'CERT_KEY_MISMATCH',
    ({ key }) => writeFileSync(key, other.key),
  ],
  [
    'encrypted key, PKCS#8',
    'KEY_ENCRYPTED',
    ({ key }) => writeFileSync(key, encrypted),
  ],
  [
    'encrypted key, old form',
    'KEY_ENCRYPTED',
    ({ key }) => writeFileSync(key, encryptedOld),
  ],
  [
    'key that is none',
    'TLS_FILE_DAMAGED',
    ({ key }) =>
      writeFileSync(
        key,
        pki.crl
          .replaceAll('X509 CRL', 'EC PRIVATE KEY')
          .split(/(?<=END EC PRIVATE KEY-----\n)/)[0] ?? '',
      ),
  ],
  [
    'key a directory',
    'KEY_UNREADABLE',
    ({ key }) => {
      rmSync(key);
      mkdirSync(key);
    },
  ],
];
for (const [what, code, spoil] of bad)
  t.test(`refuses: ${what}`, async (t) => {
    const files = writeSsl(t.testdir({}), good);
    spoil(files);
    const wanted = {
      name: 'Fault',
      code,
      exitCode: 3,
      message: /\.pem/,
      remedy: /openssl|puppet|namei|grep/,
    };
    await t.rejects(readMaterial(files), wanted);
    t.throws(() => readMaterialSync(files), wanted);
  });

t.test('a file that is missing, by what it is', (t) => {
  const files = writeSsl(t.testdir({}), good);
  const words = { cert: 'certificate', key: 'key', ca: 'CA', crl: 'CRL' };
  for (const [what, word] of Object.entries(words))
    for (const none of ['none.pem', 'cert.pem/none.pem']) {
      const file = join(t.testdirName, none);
      t.throws(
        () => readMaterialSync({ ...files, [what]: file }),
        errors.fileMissing(word, file),
      );
    }
  t.end();
});

t.test('a key that belongs to Puppet alone', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'kickd-key-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  chmodSync(dir, 0o755);
  const files = writeSsl(dir, good);
  chmodSync(files.key, 0);
  const isRoot = process.geteuid?.() === 0;
  // root reads everything, so it steps down: to an owner of nothing, in a folder that all may enter
  if (isRoot) process.seteuid?.(65534);
  try {
    t.throws(() => readMaterialSync(files), {
      code: 'KEY_UNREADABLE',
      remedy: /certificate of its own/,
    });
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
  t.end();
});

/** A certificate that its own key has signed, on a curve that TLS here does not take. */
function createOddLeaf(): { cert: string; key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'secp256k1',
  });
  const algorithm = algorithmOf('1.2.840.10045.4.3.2');
  const cn = writeElement(0x0c, [Buffer.from('web1.example.com')]);
  const name = sequence(writeElement(0x31, [sequence(oidOf('2.5.4.3'), cn)]));
  const times = ['260101000000Z', '490101000000Z'].map((time) =>
    writeElement(0x17, [Buffer.from(time)]),
  );
  const body = sequence(
    writeElement(0xa0, [integerOf(2)]),
    integerOf(9),
    algorithm,
    name,
    sequence(...times),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = sign('sha256', body, privateKey);
  const bits = writeElement(0x03, [Buffer.of(0), signature]);
  return {
    cert: toPem('CERTIFICATE', sequence(body, algorithm, bits)),
    key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
  };
}

t.test('a key that belongs, of a kind that TLS does not take', (t) => {
  const files = writeSsl(t.testdir({}), { ...good, ...createOddLeaf() });
  t.throws(() => readMaterialSync(files), {
    code: 'KEY_KIND',
    message: /is on secp256k1; TLS here wants/,
  });
  t.end();
});

const others = createPki({ name: 'others' });
const third = createPki({ tier: 'single', name: 'third' });
/** of the same names as ours, with other keys */
const twin = createPki();
const deltaOf = (of: typeof pki, nth = 0): string =>
  signOddCrl(of, { extensions: [['2.5.29.27', true, integerOf(1)]] }, nth);
const [, rootCrl = ''] = pki.crls;

const crlFiles: [string, ca: string, crl: string, code: string | undefined][] =
  [
    ['our CRLs', pki.ca, pki.crl, undefined],
    ['a delta of our CA', pki.ca, pki.crl + deltaOf(pki), 'CRL_NOT_UNDERSTOOD'],
    [
      'a delta of our root',
      pki.ca,
      pki.crl + deltaOf(pki, 1),
      'CRL_NOT_UNDERSTOOD',
    ],
    [
      'of our CA a delta alone',
      pki.ca,
      deltaOf(pki) + rootCrl,
      'CRL_NOT_UNDERSTOOD',
    ],
    [
      'a delta of our CA, with a CA of the same name that has no CRL',
      pki.ca + twin.ca,
      pki.crl + deltaOf(pki),
      'CRL_NOT_UNDERSTOOD',
    ],
    [
      'a delta of a CA that nobody has',
      pki.ca,
      pki.crl + deltaOf(third),
      undefined,
    ],
    [
      'a delta of a CA that a peer may bring along',
      pki.ca,
      pki.crl + others.crl + deltaOf(others),
      'CRL_NOT_UNDERSTOOD',
    ],
    [
      'a delta of neither that',
      pki.ca,
      pki.crl + others.crl + deltaOf(third),
      undefined,
    ],
    [
      'of a spare CA a delta alone',
      pki.ca + third.ca,
      pki.crl + deltaOf(third),
      undefined,
    ],
    [
      'of a spare CA a delta beside its CRL',
      pki.ca + third.ca,
      pki.crl + third.crl + deltaOf(third),
      'CRL_NOT_UNDERSTOOD',
    ],
    ['the CRLs of others alone', pki.ca, others.crl, 'CRL_NOT_COVERING'],
  ];
for (const [what, ca, crl, code] of crlFiles)
  t.test(`which CRLs are enough: ${what}`, (t) => {
    const files = writeSsl(t.testdir({}), { ...leaf, ca, crl });
    if (code === undefined) t.doesNotThrow(() => readMaterialSync(files));
    else t.throws(() => readMaterialSync(files), { name: 'Fault', code });
    t.end();
  });

t.test('the CRL that counts is to be fetched in full', (t) => {
  const crl = pki.crl + deltaOf(pki);
  const files = writeSsl(t.testdir({}), { ...good, crl });
  const [strange] = findCrls(Buffer.from(deltaOf(pki)));
  const { issuer = '', obstacle = '' } = strange?.facts ?? {};
  const { crlNotUnderstood, crlNotCovering } = errors;
  t.throws(
    () => readMaterialSync(files),
    crlNotUnderstood(files.crl, 3, issuer, obstacle, true),
  );
  writeFileSync(files.crl, others.crl);
  t.throws(
    () => readMaterialSync(files),
    crlNotCovering(files.crl, 'Puppet CA: puppet.example.com'),
  );
  t.end();
});

t.test('the same material with newer CRLs, all else as it was', (t) => {
  const own = createPki({ tier: 'single' });
  const now = new Date();
  const material = readMaterialSync(
    writeSsl(t.testdir({}), {
      ...own.issue({ certname: 'web1.example.com' }),
      ca: own.ca,
      crl: own.crl,
    }),
  );
  const found = (crl: string) => findCrls(Buffer.from(crl));
  t.equal(withCrls(material, found(own.crl), now), undefined);
  t.equal(withCrls(material, found(others.crl), now), undefined);
  t.equal(withCrls(material, [], now), undefined);
  own.renewCrl();
  const next = withCrls(material, found(own.crl), now);
  if (next === undefined) throw new Error('nothing new');
  t.ok(Object.isFrozen(next));
  t.strictSame(next.trust.forTls, { ca: material.ca, crl: own.crls });
  t.strictSame({ ...next, trust: material.trust }, material);
  t.end();
});

t.test('no file is left open, whatever is wrong with it', async (t) => {
  const openFiles = (): number => readdirSync('/proc/self/fd').length;
  const files = writeSsl(t.testdir({}), good);
  const exposed = join(t.testdirName, 'exposed.pem');
  writeFileSync(exposed, leaf.key, { mode: 0o644 });
  const before = openFiles();
  readMaterialSync(files);
  await readMaterial(files);
  for (const key of [exposed, t.testdirName]) {
    t.throws(() => readMaterialSync({ ...files, key }));
    await t.rejects(readMaterial({ ...files, key }));
  }
  t.equal(openFiles(), before);
});
