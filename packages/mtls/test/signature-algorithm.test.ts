import {
  constants,
  generateKeyPairSync,
  sign,
  type KeyPairKeyObjectResult,
} from 'node:crypto';
import t from 'tap';
import { readElement } from '../src/der.ts';
import {
  readSignatureAlgorithm,
  type SignatureAlgorithm,
} from '../src/signature-algorithm.ts';
import {
  algorithmOf,
  integerOf,
  oidOf,
  sequence,
  writeElement,
} from './odd-crl.ts';

const text = Buffer.from('what is signed');
const changed = Buffer.from('what is changed');
const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 });
const rsaShort = generateKeyPairSync('rsa', { modulusLength: 512 });
const rsaPss = generateKeyPairSync('rsa-pss', {
  modulusLength: 1024,
  hashAlgorithm: 'sha256',
  mgf1HashAlgorithm: 'sha256',
});
const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const dsa = generateKeyPairSync('dsa', {
  modulusLength: 1024,
  divisorLength: 160,
});
const ed25519 = generateKeyPairSync('ed25519');
const ed448 = generateKeyPairSync('ed448');

const read = (der: Buffer): SignatureAlgorithm =>
  readSignatureAlgorithm(der, readElement(der, 0, der.length));
/** What an algorithm that is known says; `unknown`, with its name, otherwise. */
const verifies = (
  algorithm: Buffer,
  signed: Buffer,
  { publicKey }: KeyPairKeyObjectResult,
  signature: Buffer,
): boolean | string => {
  const found = read(algorithm);
  return found.kind === 'known'
    ? found.verify(signed, publicKey, signature)
    : found.name;
};

const rsaOid = '1.2.840.113549.1.1';
const ecOid = '1.2.840.10045.4';
const nist = '2.16.840.1.101.3.4.3';
const cases: [oid: string, KeyPairKeyObjectResult, hash: string | null][] = [
  [`${rsaOid}.5`, rsa, 'sha1'],
  [`${rsaOid}.14`, rsa, 'sha224'],
  [`${rsaOid}.11`, rsa, 'sha256'],
  [`${rsaOid}.12`, rsa, 'sha384'],
  [`${rsaOid}.13`, rsa, 'sha512'],
  [`${rsaOid}.15`, rsa, 'sha512-224'],
  [`${rsaOid}.16`, rsa, 'sha512-256'],
  [`${nist}.13`, rsa, 'sha3-224'],
  [`${nist}.14`, rsa, 'sha3-256'],
  [`${nist}.15`, rsa, 'sha3-384'],
  [`${nist}.16`, rsa, 'sha3-512'],
  [`${ecOid}.1`, ec, 'sha1'],
  [`${ecOid}.3.1`, ec, 'sha224'],
  [`${ecOid}.3.2`, ec, 'sha256'],
  [`${ecOid}.3.3`, ec, 'sha384'],
  [`${ecOid}.3.4`, ec, 'sha512'],
  [`${nist}.9`, ec, 'sha3-224'],
  [`${nist}.10`, ec, 'sha3-256'],
  [`${nist}.11`, ec, 'sha3-384'],
  [`${nist}.12`, ec, 'sha3-512'],
  ['1.2.840.10040.4.3', dsa, 'sha1'],
  [`${nist}.1`, dsa, 'sha224'],
  [`${nist}.2`, dsa, 'sha256'],
  ['1.3.101.112', ed25519, null],
  ['1.3.101.113', ed448, null],
];
for (const [oid, keys, hash] of cases)
  t.test(`${oid} is a key and a hash`, (t) => {
    const algorithm = algorithmOf(oid);
    const signature = sign(hash, text, keys.privateKey);
    t.equal(verifies(algorithm, text, keys, signature), true);
    t.equal(verifies(algorithm, changed, keys, signature), false);
    const odd = Buffer.of(1);
    t.equal(verifies(algorithm, text, keys, odd), false, 'no signature');
    for (const others of [rsa, ec, dsa, ed25519]) {
      if (others === keys) continue;
      const its = others === ed25519 ? null : (hash ?? 'sha256');
      t.equal(
        verifies(algorithm, text, others, sign(its, text, others.privateKey)),
        false,
        'a key of another kind',
      );
    }
    t.end();
  });

t.test('a key that OpenSSL does not use in this way has not signed it', (t) => {
  const signature = Buffer.alloc(64);
  t.equal(
    verifies(algorithmOf(`${rsaOid}.13`), text, rsaShort, signature),
    false,
  );
  // limited to SHA-256: OpenSSL throws
  t.equal(verifies(pss(), text, rsaPss, Buffer.alloc(128)), false);
  t.end();
});

t.test('algorithms that are not verified, by their OID', (t) => {
  for (const oid of ['1.2.3.4.5', `${rsaOid}.4`, `${rsaOid}.2`, `${nist}.17`])
    t.strictSame(read(algorithmOf(oid)), { kind: 'unknown', name: oid });
  t.end();
});

t.test('what is no AlgorithmIdentifier', (t) => {
  const other = { message: 'another element of DER expected' };
  t.throws(() => read(oidOf('1.2.3')), other);
  t.throws(() => readSignatureAlgorithm(Buffer.of(), undefined), other);
  t.throws(() => read(sequence()), { message: 'no OBJECT IDENTIFIER' });
  t.end();
});

const hashOids: [hash: string, oid: string][] = [
  ['sha1', '1.3.14.3.2.26'],
  ['sha224', '2.16.840.1.101.3.4.2.4'],
  ['sha256', '2.16.840.1.101.3.4.2.1'],
  ['sha384', '2.16.840.1.101.3.4.2.2'],
  ['sha512', '2.16.840.1.101.3.4.2.3'],
  ['sha512-224', '2.16.840.1.101.3.4.2.5'],
  ['sha512-256', '2.16.840.1.101.3.4.2.6'],
  ['sha3-224', '2.16.840.1.101.3.4.2.7'],
  ['sha3-256', '2.16.840.1.101.3.4.2.8'],
  ['sha3-384', '2.16.840.1.101.3.4.2.9'],
  ['sha3-512', '2.16.840.1.101.3.4.2.10'],
];
const oidOfHash = (hash: string): string =>
  hashOids.find(([name]) => name === hash)?.[1] ?? hash;

/** A parameter of RSASSA-PSS, by its number. */
const field = (nth: number, ...value: Buffer[]): Buffer =>
  writeElement(0xa0 + nth, value);
const hashIs = (hash: string): Buffer => field(0, algorithmOf(oidOfHash(hash)));
const maskIs = (hash: string, oid = `${rsaOid}.8`): Buffer =>
  field(1, algorithmOf(oid, algorithmOf(oidOfHash(hash))));
const saltIs = (length: number): Buffer => field(2, integerOf(length));
const trailerIs = (trailer: number): Buffer => field(3, integerOf(trailer));
function pss(...fields: Buffer[]): Buffer {
  return algorithmOf(`${rsaOid}.10`, sequence(...fields));
}
const withoutParameters = algorithmOf(`${rsaOid}.10`);
const signPss = (
  hash: string,
  saltLength: number,
  { privateKey: key }: KeyPairKeyObjectResult = rsa,
): Buffer =>
  sign(hash, text, {
    key,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength,
  });

t.test('RSASSA-PSS, each parameter given or by default', (t) => {
  const known: [Buffer, hash: string, salt: number][] = [
    [withoutParameters, 'sha1', 20],
    [pss(), 'sha1', 20],
    [pss(saltIs(0)), 'sha1', 0],
    [pss(trailerIs(1)), 'sha1', 20],
    [pss(hashIs('sha1'), maskIs('sha1')), 'sha1', 20],
    [pss(saltIs(7), trailerIs(1)), 'sha1', 7],
    [
      pss(hashIs('sha256'), maskIs('sha256'), saltIs(32), trailerIs(1)),
      'sha256',
      32,
    ],
    ...hashOids.map(([hash]): [Buffer, string, number] => [
      pss(hashIs(hash), maskIs(hash), saltIs(12)),
      hash,
      12,
    ]),
  ];
  for (const [algorithm, hash, salt] of known) {
    const what = `${hash}, ${String(salt)}`;
    const signature = signPss(hash, salt);
    t.equal(verifies(algorithm, text, rsa, signature), true, what);
    t.equal(verifies(algorithm, changed, rsa, signature), false, what);
    const other = signPss(hash, salt + 1);
    t.equal(verifies(algorithm, text, rsa, other), false, 'another salt');
    const plain = sign(hash, text, rsa.privateKey);
    t.equal(verifies(algorithm, text, rsa, plain), false, 'no padding of PSS');
    const ofEc = sign(hash, text, ec.privateKey);
    t.equal(verifies(algorithm, text, ec, ofEc), false, 'no key of RSA');
  }
  t.end();
});

t.test('RSASSA-PSS by a key that is for nothing else', (t) => {
  const algorithm = pss(hashIs('sha256'), maskIs('sha256'), saltIs(32));
  const signature = signPss('sha256', 32, rsaPss);
  t.equal(verifies(algorithm, text, rsaPss, signature), true);
  t.equal(verifies(algorithm, changed, rsaPss, signature), false);
  t.end();
});

t.test('RSASSA-PSS that node:crypto does not verify', (t) => {
  const unknown: [Buffer[], hash: string, mask: string, trailer: number][] = [
    [[hashIs('sha256')], 'sha256', 'sha1', 1],
    [[maskIs('sha256')], 'sha1', 'sha256', 1],
    [[hashIs('1.2.3')], 'unknown', 'sha1', 1],
    [[maskIs('1.2.3')], 'sha1', 'unknown', 1],
    [[hashIs('1.2.3'), maskIs('1.2.3')], 'unknown', 'unknown', 1],
    [[maskIs('sha1', '1.2.3')], 'sha1', 'unknown', 1],
    [[field(1, algorithmOf(`${rsaOid}.8`))], 'sha1', 'unknown', 1],
    [[trailerIs(2)], 'sha1', 'sha1', 2],
    [[trailerIs(0)], 'sha1', 'sha1', 0],
  ];
  for (const [fields, hash, mask, trailer] of unknown)
    t.strictSame(read(pss(...fields)), {
      kind: 'unknown',
      name: `RSASSA-PSS (${rsaOid}.10) with the hash ${hash}, the mask hash ${mask} and the trailer ${String(trailer)}`,
    });
  t.end();
});

t.test('what is no parameter of RSASSA-PSS', (t) => {
  const noSalt = 'no length of salt';
  const noField = 'no parameters of RSASSA-PSS';
  const minusOne = field(2, Buffer.from('0201ff', 'hex'));
  const bad: [Buffer, message: string][] = [
    [pss(minusOne), noSalt],
    [pss(saltIs(1025)), noSalt],
    [pss(field(4, integerOf(1))), noField],
    [pss(integerOf(1)), 'DER ends early'],
    [pss(field(0, oidOf('1.2.3'))), 'another element of DER expected'],
    [pss(field(2, oidOf('1.2.3'))), 'no INTEGER'],
    [
      algorithmOf(`${rsaOid}.10`, Buffer.of(5, 0)),
      'another element of DER expected',
    ],
  ];
  for (const [algorithm, message] of bad)
    t.throws(() => read(algorithm), { message }, algorithm.toString('hex'));
  for (const salt of [0, 1024]) t.equal(read(pss(saltIs(salt))).kind, 'known');
  t.end();
});
