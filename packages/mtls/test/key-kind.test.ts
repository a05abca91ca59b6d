import {
  generateKeyPairSync,
  type KeyObject,
  type X509Certificate,
} from 'node:crypto';
import t from 'tap';
import { tags } from '../src/der.ts';
import { expectUsableKey } from '../src/key-kind.ts';
import { integerOf, oidOf, sequence, writeElement } from './odd-crl.ts';

const ecOid = oidOf('1.2.840.10045.2.1');
const p256Oid = oidOf('1.2.840.10045.3.1.7');
/** A certificate whose key has this AlgorithmIdentifier; nothing else of it is read. */
const certOf = (algorithm: Buffer): X509Certificate => {
  const bits = writeElement(tags.bitString, [Buffer.of(0)]);
  const others = [1, 2, 3, 4, 5].map(integerOf);
  const raw = sequence(sequence(...others, sequence(algorithm, bits)));
  return { raw } as unknown as X509Certificate;
};
const named = certOf(sequence(ecOid, p256Oid));
const spelt = certOf(sequence(ecOid, sequence(integerOf(1))));
const damaged = {
  raw: Buffer.of(0x30, 0),
} as unknown as X509Certificate;

const ec = (namedCurve: string): KeyObject =>
  generateKeyPairSync('ec', { namedCurve }).privateKey;
/** As OpenSSL gives kinds of keys that it can load and not name. */
const keyOf = (
  asymmetricKeyType?: string,
  asymmetricKeyDetails?: { namedCurve?: string },
): KeyObject =>
  ({ asymmetricKeyType, asymmetricKeyDetails }) as unknown as KeyObject;

t.test('kinds of keys that TLS here signs with', (t) => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
  const { privateKey: ed25519 } = generateKeyPairSync('ed25519');
  // neither of them has a curve that could be spelt out
  for (const cert of [named, spelt, damaged])
    for (const key of [rsa, ed25519])
      t.doesNotThrow(() => expectUsableKey(key, cert, 'key.pem'));
  for (const curve of ['prime256v1', 'secp384r1', 'secp521r1'])
    t.doesNotThrow(() => expectUsableKey(ec(curve), named, 'key.pem'), curve);
  t.end();
});

t.test('kinds that it does not', (t) => {
  const p256 = ec('prime256v1');
  const speltOut = 'on prime256v1 with its parameters spelt out';
  const cases: [KeyObject, X509Certificate, string][] = [
    [ec('secp256k1'), named, 'on secp256k1'],
    [ec('secp256k1'), spelt, 'on secp256k1'],
    [generateKeyPairSync('ed448').privateKey, named, 'of the kind ed448'],
    [keyOf('rsa-pss', {}), named, 'of the kind rsa-pss'],
    [keyOf('sm2', { namedCurve: 'prime256v1' }), named, 'of the kind sm2'],
    [keyOf(), named, 'of the kind that this OpenSSL has no name for'],
    [keyOf('ec'), named, 'on a curve without a name'],
    [keyOf('ec', {}), named, 'on a curve without a name'],
    [p256, spelt, speltOut],
    [p256, certOf(sequence(ecOid)), speltOut],
    [p256, certOf(sequence()), speltOut],
    [p256, certOf(p256Oid), speltOut],
    [p256, damaged, speltOut],
  ];
  for (const [key, cert, kind] of cases)
    t.throws(
      () => expectUsableKey(key, cert, 'key.pem'),
      {
        name: 'Fault',
        code: 'KEY_KIND',
        message: `the key key.pem is ${kind}; TLS here wants P-256, P-384, P-521, Ed25519 or RSA`,
      },
      kind,
    );
  t.end();
});
