import { createHash, type KeyObject } from 'node:crypto';
import {
  bits,
  boolean,
  explicit,
  fromDer,
  ia5,
  implicit,
  integer,
  octets,
  oid,
  sequence,
  set,
  signatureAlgorithm,
  signed,
  time,
  toDer,
  toPem,
  utf8,
  type Asn1,
  type Hash,
} from './der.ts';

/** A subject, in order; a certificate with two CNs has two entries. */
export type Name = readonly (readonly ['CN' | 'O' | 'OU', string])[];

export type Usage = 'serverAuth' | 'clientAuth' | 'anyExtendedKeyUsage';

export interface CertificateBody {
  serial: bigint;
  subject: Name;
  issuer: Name;
  notBefore: Date;
  notAfter: Date;
  publicKey: KeyObject;
  issuerKey: KeyObject;
  issuerPublicKey: KeyObject;
  /** a CA has none of the two lists below */
  isCa: boolean;
  /** CAs that may stand below this one */
  pathLength?: number;
  /** leaves basicConstraints out */
  isUnmarked?: boolean;
  hash?: Hash;
  /** `web1.example.com` or `IP:192.0.2.1`; null leaves the extension out */
  san: readonly string[] | null;
  /** null leaves the extension out */
  eku: readonly Usage[] | null;
}

const nameTypes = { CN: '2.5.4.3', O: '2.5.4.10', OU: '2.5.4.11' };
const usages: Record<Usage, string> = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  anyExtendedKeyUsage: '2.5.29.37.0',
};

/**
 * One certificate, with the extensions that Puppet Server gives to a CA or a leaf.
 * @returns PEM
 * @see RFC 5280, 4.1
 */
export function signCertificate(body: CertificateBody): string {
  const tbs = sequence(
    explicit(0, integer(2)),
    integer(body.serial),
    signatureAlgorithm(body.issuerKey, body.hash),
    nameAsn1(body.issuer),
    sequence(time(body.notBefore), time(body.notAfter)),
    nameAsn1(body.subject),
    fromDer(body.publicKey.export({ type: 'spki', format: 'der' })),
    explicit(3, sequence(...extensions(body))),
  );
  return toPem('CERTIFICATE', signed(tbs, body.issuerKey, body.hash));
}

export function nameAsn1(name: Name): Asn1 {
  return sequence(
    ...name.map(([type, text]) =>
      set(sequence(oid(nameTypes[type]), utf8(text))),
    ),
  );
}

/** AuthorityKeyIdentifier with the key id alone; a CRL carries the same. */
export function authorityKeyId(issuer: KeyObject): Asn1 {
  return extension('2.5.29.35', false, sequence(implicit(0, keyId(issuer))));
}

export function extension(id: string, critical: boolean, value: Asn1): Asn1 {
  const content = octets(toDer(value));
  return critical
    ? sequence(oid(id), boolean(true), content)
    : sequence(oid(id), content);
}

function extensions(body: CertificateBody): Asn1[] {
  const all = [
    // Puppet writes this comment into whatever its CA signs.
    extension(
      '2.16.840.1.113730.1.13',
      false,
      ia5('Puppet Server Internal Certificate'),
    ),
    authorityKeyId(body.issuerPublicKey),
    extension('2.5.29.14', false, octets(keyId(body.publicKey))),
    // keyCertSign, cRLSign for a CA; digitalSignature, keyEncipherment for a leaf
    extension(
      '2.5.29.15',
      true,
      body.isCa ? bits(Buffer.of(0x06), 1) : bits(Buffer.of(0xa0), 5),
    ),
  ];
  if (body.isUnmarked !== true)
    all.push(extension('2.5.29.19', true, constraints(body)));
  if (body.eku !== null)
    all.push(
      extension(
        '2.5.29.37',
        true,
        sequence(...body.eku.map((usage) => oid(usages[usage]))),
      ),
    );
  if (body.san !== null)
    all.push(extension('2.5.29.17', false, sequence(...body.san.map(altName))));
  return all;
}

function constraints({ isCa, pathLength }: CertificateBody): Asn1 {
  if (!isCa) return sequence();
  return pathLength === undefined
    ? sequence(boolean(true))
    : sequence(boolean(true), integer(BigInt(pathLength)));
}

function altName(text: string): Asn1 {
  return text.startsWith('IP:')
    ? implicit(7, Buffer.from(text.slice(3).split('.').map(Number)))
    : implicit(2, Buffer.from(text));
}

/** SHA-1 over the key, as RFC 5280 4.2.1.2 says; over the whole SPKI, which serves as well. */
function keyId(key: KeyObject): Buffer {
  return createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();
}
