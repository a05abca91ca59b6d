import { constants } from 'node:crypto';
import { isIP } from 'node:net';
import type {
  ConnectionOptions,
  SecureContextOptions,
  TlsOptions,
} from 'node:tls';
import type { Certname } from '@kickd/protocol';
import type { Material } from './material.ts';
import { createServerIdentityCheck } from './server-identity.ts';

export type MinVersion = 'TLSv1.2' | 'TLSv1.3';

const handshakeTimeoutMs = 3 * 1000;

/**
 * Options for `https.createServer`, and the same again for `setSecureContext` after a change: a
 * partial set there drops the CRLs and falls back to TLS 1.2.
 *
 * `rejectUnauthorized` is off, so the server must stand behind `guardServer`.
 * @see docs/decisions/0003-gate-after-handshake.md
 */
export function serverTlsOptions(
  material: Material,
  { minVersion = 'TLSv1.3' }: { minVersion?: MinVersion } = {},
): TlsOptions {
  return {
    ...contextOptions(material, minVersion),
    requestCert: true,
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: handshakeTimeoutMs,
  };
}

/** `tls.connect` and `https.Agent` options; the last one is the agent's. */
export type ClientTlsOptions = ConnectionOptions & { maxCachedSessions: 0 };

/**
 * Options for `tls.connect`, `https.Agent` or a connector: the peer is `certname`, wherever the
 * address came from, and no session is ever kept.
 */
export function clientTlsOptions(
  material: Material,
  {
    certname,
    minVersion = 'TLSv1.3',
  }: { certname: Certname; minVersion?: MinVersion },
): ClientTlsOptions {
  return {
    ...contextOptions(material, minVersion),
    // Spoken out: NODE_TLS_REJECT_UNAUTHORIZED=0 wins where the option is left open.
    rejectUnauthorized: true,
    ALPNProtocols: ['http/1.1'],
    // SNI must not hold an address (RFC 6066); identity is checked against the certname anyway.
    servername: isIP(certname) === 0 ? certname : '',
    checkServerIdentity: createServerIdentityCheck(certname, material),
    // Node leaves checkServerIdentity out on a resumed session.
    maxCachedSessions: 0,
  };
}

/**
 * What both sides share. SHA-1 and finite-field key exchange are left out; RSA PKCS#1 stays in the
 * list since Puppet's CA signs its certificates with it.
 */
function contextOptions(
  material: Material,
  minVersion: MinVersion,
): SecureContextOptions {
  return {
    cert: material.cert,
    key: material.key,
    // not all that stands in the files: OpenSSL takes a delta CRL for a full one, and an older CRL where the newer one is over
    ca: [...material.trust.forTls.ca],
    crl: [...material.trust.forTls.crl],
    minVersion,
    maxVersion: 'TLSv1.3',
    ciphers:
      'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:' +
      'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:' +
      'ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:' +
      'ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305',
    sigalgs:
      'ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:ecdsa_secp521r1_sha512:ed25519:' +
      'rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:' +
      'rsa_pkcs1_sha256:rsa_pkcs1_sha384:rsa_pkcs1_sha512',
    // The first where both ends know it: a question mark lets an older OpenSSL pass it over.
    ecdhCurve: '?X25519MLKEM768:X25519:P-256:P-384:P-521',
    honorCipherOrder: true,
    // A ticket is 300 s of access without a certificate or a look at the CRL (nodejs/node#35317).
    secureOptions:
      constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  };
}
