import type { KeyObject } from 'node:crypto';
import { Fault } from '@kickd/protocol';
import { errors } from './errors.ts';

/** Curves of TLS 1.3 that are offered here. @see options.ts, sigalgs */
const curves: Record<string, string> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};

/**
 * That TLS here can sign with it. OpenSSL loads keys of every kind and finds no signature algorithm in each handshake.
 * @throws {Fault} KEY_KIND
 */
export function expectUsableKey(key: KeyObject, file: string): void {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  const curve = details?.namedCurve;
  if (type === 'rsa' || type === 'ed25519') return;
  if (type === 'ec' && curve !== undefined && curves[curve] !== undefined)
    return;
  const kind =
    type === 'ec'
      ? `on ${curve ?? 'a curve without a name'}`
      : `of the kind ${type ?? 'that this OpenSSL has no name for'}`;
  throw new Fault(errors.keyKind(file, kind));
}
