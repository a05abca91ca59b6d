import { verify, type X509Certificate } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import { Certificate, CertificateList, type Name } from '@peculiar/asn1-x509';

/** What a CRL says, as far as anybody here asks. */
export interface CrlFacts {
  issuer: Name;
  thisUpdate: Date;
  /** absent: it never expires; OpenSSL accepts that */
  nextUpdate: Date | undefined;
  /** absent: RFC 5280 wants one, old CAs write none */
  number: bigint | undefined;
  /** serial numbers, upper-case hexadecimal as in `X509Certificate.serialNumber` */
  revoked: ReadonlySet<string>;
  isSignedBy(ca: X509Certificate): boolean;
}

/** Signature algorithms of a CRL: the hash that node:crypto's verify wants; null where the key knows. */
const hashes: Record<string, string | null> = {
  '1.2.840.113549.1.1.5': 'sha1',
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': null,
};

const crlNumberOid = '2.5.29.20';

/**
 * Reads one CRL.
 * @throws where it is not a CRL
 * @see RFC 5280, 5
 */
export function readCrl(der: Buffer): CrlFacts {
  const list = AsnConvert.parse(der, CertificateList);
  const body = list.tbsCertList;
  const { tbsCertListRaw } = list;
  if (tbsCertListRaw === undefined) throw new Error('a CRL without a body');
  const number = body.crlExtensions?.find(
    ({ extnID }) => extnID === crlNumberOid,
  );
  const revoked = (body.revokedCertificates ?? []).map(({ userCertificate }) =>
    serialHex(Buffer.from(userCertificate)),
  );
  return {
    issuer: body.issuer,
    thisUpdate: body.thisUpdate.getTime(),
    nextUpdate: body.nextUpdate?.getTime(),
    number: number && integerOf(Buffer.from(number.extnValue.buffer)),
    revoked: new Set(revoked),
    isSignedBy(ca) {
      const hash = hashes[list.signatureAlgorithm.algorithm];
      if (hash === undefined) return false;
      const subject = AsnConvert.parse(ca.raw, Certificate).tbsCertificate
        .subject;
      if (canonical(subject) !== canonical(body.issuer)) return false;
      try {
        return verify(
          hash,
          Buffer.from(tbsCertListRaw),
          ca.publicKey,
          Buffer.from(list.signature),
        );
      } catch {
        // an algorithm that does not fit the key of this CA: another CA's CRL
        return false;
      }
    },
  };
}

/** As OpenSSL compares names: case and runs of spaces do not count, string types do not either. */
function canonical(name: Name): string {
  return JSON.stringify(
    Array.from(name, (part) =>
      Array.from(part, ({ type, value }) => [
        type,
        value.toString().trim().replace(/\s+/g, ' ').toLowerCase(),
      ]),
    ),
  );
}

function serialHex(bytes: Buffer): string {
  return bytes
    .toString('hex')
    .replace(/^(00)+(?=..)/, '')
    .toUpperCase();
}

/** A small DER INTEGER: tag, one length byte, at most 20 bytes (RFC 5280, 5.2.3). */
function integerOf(der: Buffer): bigint | undefined {
  const length = der[1];
  if (der[0] !== 0x02 || length === undefined || length !== der.length - 2)
    return undefined;
  return length === 0 ? undefined : BigInt(`0x${der.toString('hex', 2)}`);
}
