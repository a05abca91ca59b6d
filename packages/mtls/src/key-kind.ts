import type { KeyObject, X509Certificate } from 'node:crypto';
import { Fault } from '@kickd/protocol';
import { certificateFields } from './certificate-fields.ts';
import { readInside, tags } from './der.ts';
import { errors } from './errors.ts';

/** Curves of TLS 1.3 that are offered here. @see options.ts, sigalgs */
const curves: Record<string, string> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};

/**
 * That TLS here can sign with it. OpenSSL loads keys of every kind and finds no signature algorithm in each handshake.
 * @param cert what the key belongs to
 * @throws {Fault} KEY_KIND
 */
export function expectUsableKey(
  key: KeyObject,
  cert: X509Certificate,
  file: string,
): void {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'rsa' || type === 'ed25519') return;
  const curve = details?.namedCurve ?? 'a curve without a name';
  const isOffered = type === 'ec' && curves[curve] !== undefined;
  if (isOffered && !isSpeltOut(cert)) return;
  const kind =
    type === 'ec'
      ? `on ${curve}${isOffered ? ' with its parameters spelt out' : ''}`
      : `of the kind ${type ?? 'that this OpenSSL has no name for'}`;
  throw new Fault(errors.keyKind(file, kind));
}

/**
 * Whether the certificate describes its curve and does not name it: to TLS that is another curve.
 * @see RFC 5480, 2.1.1
 */
function isSpeltOut({ raw }: X509Certificate): boolean {
  try {
    const { publicKey } = certificateFields(raw);
    const [algorithm] = readInside(raw, publicKey, tags.sequence);
    const [, parameters] = readInside(raw, algorithm, tags.sequence);
    return parameters?.tag !== tags.oid;
  } catch {
    return true;
  }
}
