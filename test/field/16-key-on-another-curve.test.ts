import { whyNoOpenssl } from '@kickd/testkit';
import t from 'tap';
import {
  judgeKeys,
  makeCurveKeys,
} from './16-key-on-another-curve/judge-keys.ts';
import { createTlsLab } from './tls-lab.ts';

const skip = whyNoOpenssl();

/**
 * `kickd check` died with a segmentation fault of a certificate whose key is on secp256k1. Now it outlives every key and
 * certificate that OpenSSL makes: a child process checks one after the other, and says which before each.
 */
t.test('every key that openssl makes', { skip }, async (t) => {
  const lab = createTlsLab(t);
  const { openssl } = lab;
  const rsa = (bits: number, primes = 2): string =>
    openssl(
      ...['genpkey', '-algorithm', 'RSA'],
      ...['-pkeyopt', `rsa_keygen_bits:${String(bits)}`],
      ...['-pkeyopt', `rsa_keygen_primes:${String(primes)}`],
    );
  const plain = (...args: string[]): string =>
    openssl('genpkey', '-algorithm', ...args);
  const keys = new Map<string, string>([
    ['rsa-512', rsa(512)],
    ['rsa-1024', rsa(1024)],
    ['rsa-2048', rsa(2048)],
    ['rsa-3072', rsa(3072)],
    // of more primes, since two of them take half a minute to find
    ['rsa-8192', rsa(8192, 5)],
    ['rsa-pss', plain('RSA-PSS', '-pkeyopt', 'rsa_keygen_bits:2048')],
    ['ed25519', plain('ED25519')],
    ['ed448', plain('ED448')],
    ['x25519', plain('X25519')],
    ['x448', plain('X448')],
    ['dh', plain('DH', '-pkeyopt', 'group:ffdhe2048')],
    ['dsa', openssl('dsaparam', '-genkey', '-noout', '1024')],
  ]);
  for (const [name, key] of makeCurveKeys(t, lab, 'named_curve')) {
    keys.set(name, key);
  }
  const checked = await judgeKeys(t, lab, keys);
  const [of] = checked.get('ec-secp256k1-named_curve')?.certificates ?? [];
  t.match(
    of?.message,
    /the key .*key.pem is on secp256k1; TLS here wants P-256, P-384, P-521, Ed25519 or RSA/,
  );
});
