import {
  bytesOf,
  readElement,
  readElements,
  readInside,
  readOid,
  tags,
} from './der.ts';
import { PemError, toPem, type PemBlock } from './pem.ts';

const usages = {
  any: '2.5.29.37.0',
  server: '1.3.6.1.5.5.7.3.1',
  client: '1.3.6.1.5.5.7.3.2',
};

/**
 * The certificate of a block. A `TRUSTED CERTIFICATE` of OpenSSL says behind it what it is trusted for: taken where
 * that is TLS on either side, so that nobody is trusted for more than its writer meant.
 * @returns the block as a plain `CERTIFICATE`
 * @throws {PemError} where it is limited, or is none
 * @see OpenSSL's openssl-x509(1), Trust Options
 */
export function plainCertificate(block: PemBlock): PemBlock {
  const { der, label, line } = block;
  if (label === 'CERTIFICATE') return block;
  try {
    const cert = readElement(der, 0, der.length);
    const [more] = readElements(der, cert.end, der.length);
    const [first, ...rest] = more ? readInside(der, more, tags.sequence) : [];
    const trusted =
      first?.tag === tags.sequence
        ? readElements(der, first.start, first.end).map((oid) =>
            readOid(der, oid),
          )
        : undefined;
    const isRejected = [first, ...rest].some((part) => part?.tag === 0xa0);
    const isForTls =
      trusted === undefined ||
      trusted.includes(usages.any) ||
      (trusted.includes(usages.server) && trusted.includes(usages.client));
    if (isRejected || !isForTls)
      throw new PemError(
        `${label} of line ${line} is limited to other uses than TLS on both sides; write it plain: openssl x509 -in FILE -out PLAIN.pem`,
      );
    const plain = bytesOf(der, cert);
    return {
      label: 'CERTIFICATE',
      line,
      pem: toPem('CERTIFICATE', plain),
      der: plain,
    };
  } catch (error) {
    if (error instanceof PemError) throw error;
    throw new PemError(`${label} of line ${line} is not a certificate`);
  }
}

/** Labels of certificates that OpenSSL reads; the second is an old word for the first. */
export function isCertificateLabel(label: string): boolean {
  return (
    label === 'CERTIFICATE' ||
    label === 'X509 CERTIFICATE' ||
    label === 'TRUSTED CERTIFICATE'
  );
}
