import { readElement, readInside, tags, type DerElement } from './der.ts';

/** The parts of a certificate that node:crypto does not give as they stand. */
export interface CertificateFields {
  /** a Name */
  subject: DerElement;
  /** a SubjectPublicKeyInfo */
  publicKey: DerElement;
}

/**
 * @throws where it is no certificate
 * @see RFC 5280, 4.1: version [0], serial, signature, issuer, validity, subject, key
 */
export function certificateFields(raw: Buffer): CertificateFields {
  const whole = readElement(raw, 0, raw.length);
  const [body] = readInside(raw, whole, tags.sequence);
  const fields = readInside(raw, body, tags.sequence);
  const at = fields[0]?.tag === 0xa0 ? 5 : 4;
  const [subject, publicKey] = fields.slice(at);
  if (!subject || !publicKey)
    throw new Error('not the fields of a certificate');
  return { subject, publicKey };
}
