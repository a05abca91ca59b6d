import type { KeyObject } from 'node:crypto';
import { sign } from 'node:crypto';
import forge from 'node-forge';

const { asn1 } = forge;
const { Type, Class } = asn1;

/** One ASN.1 value, as node-forge keeps it. */
export type Asn1 = forge.asn1.Asn1;

/** Shorthand over node-forge, so that the X.509 structures read like RFC 5280. */
export const sequence = (...items: Asn1[]): Asn1 =>
  asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, items);
export const set = (...items: Asn1[]): Asn1 =>
  asn1.create(Class.UNIVERSAL, Type.SET, true, items);
export const explicit = (tag: number, item: Asn1): Asn1 =>
  context(tag, true, [item]);
/** `[tag] IMPLICIT` over a primitive; `bytes` is what the value holds. */
export const implicit = (tag: number, bytes: Uint8Array): Asn1 =>
  context(tag, false, binary(bytes));
export const oid = (dotted: string): Asn1 =>
  asn1.create(
    Class.UNIVERSAL,
    Type.OID,
    false,
    asn1.oidToDer(dotted).getBytes(),
  );
export const boolean = (value: boolean): Asn1 =>
  asn1.create(Class.UNIVERSAL, Type.BOOLEAN, false, value ? '\xff' : '\x00');
export const utf8 = (text: string): Asn1 =>
  asn1.create(Class.UNIVERSAL, Type.UTF8, false, binary(Buffer.from(text)));
export const ia5 = (text: string): Asn1 =>
  asn1.create(Class.UNIVERSAL, Type.IA5STRING, false, text);
export const octets = (bytes: Uint8Array): Asn1 =>
  asn1.create(Class.UNIVERSAL, Type.OCTETSTRING, false, binary(bytes));
export const bits = (bytes: Uint8Array, unused = 0): Asn1 =>
  asn1.create(
    Class.UNIVERSAL,
    Type.BITSTRING,
    false,
    String.fromCharCode(unused) + binary(bytes),
  );
export const enumerated = (value: number): Asn1 =>
  asn1.create(
    Class.UNIVERSAL,
    Type.ENUMERATED,
    false,
    String.fromCharCode(value),
  );
const nothing = (): Asn1 => asn1.create(Class.UNIVERSAL, Type.NULL, false, '');

/** A non-negative INTEGER of any size. */
export function integer(value: bigint | number): Asn1 {
  let hex = value.toString(16);
  if (hex.length % 2 === 1) hex = `0${hex}`;
  if (Number.parseInt(hex.slice(0, 2), 16) >= 0x80) hex = `00${hex}`;
  return asn1.create(
    Class.UNIVERSAL,
    Type.INTEGER,
    false,
    binary(Buffer.from(hex, 'hex')),
  );
}

/** UTCTime up to 2049, GeneralizedTime after it. @see RFC 5280, 4.1.2.5 */
export function time(at: Date): Asn1 {
  return at.getUTCFullYear() < 2050
    ? asn1.create(Class.UNIVERSAL, Type.UTCTIME, false, asn1.dateToUtcTime(at))
    : asn1.create(
        Class.UNIVERSAL,
        Type.GENERALIZEDTIME,
        false,
        asn1.dateToGeneralizedTime(at),
      );
}

export function toDer(value: Asn1): Buffer {
  return Buffer.from(asn1.toDer(value).getBytes(), 'latin1');
}

export function fromDer(bytes: Uint8Array): Asn1 {
  return asn1.fromDer(binary(bytes));
}

/** SHA-1 only to be refused. */
export type Hash = 'sha1' | 'sha256';

/** `SIGNED{…}`: what is signed, the algorithm, the signature by `key` (RSA or P-256). */
export function signed(
  body: Asn1,
  key: KeyObject,
  hash: Hash = 'sha256',
): Buffer {
  const signature = sign(hash, toDer(body), key);
  return toDer(sequence(body, signatureAlgorithm(key, hash), bits(signature)));
}

/** @see RFC 3279 (SHA-1), RFC 4055 (sha256WithRSAEncryption) and RFC 5758 (ecdsa-with-SHA256) */
export function signatureAlgorithm(
  key: KeyObject,
  hash: Hash = 'sha256',
): Asn1 {
  const isSha1 = hash === 'sha1';
  return key.asymmetricKeyType === 'rsa'
    ? sequence(oid(`1.2.840.113549.1.1.${isSha1 ? '5' : '11'}`), nothing())
    : sequence(oid(`1.2.840.10045.4.${isSha1 ? '1' : '3.2'}`));
}

export function toPem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

function context(
  tag: number,
  isConstructed: boolean,
  value: string | Asn1[],
): Asn1 {
  // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- a context tag is any number, node-forge's type knows the universal ones alone
  return asn1.create(Class.CONTEXT_SPECIFIC, tag, isConstructed, value);
}

/** node-forge keeps bytes as a text of characters 0–255. */
function binary(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
