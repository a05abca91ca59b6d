import { verify, type X509Certificate } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import { Certificate, CertificateList, type Name } from '@peculiar/asn1-x509';
import {
  readElement,
  readElements,
  writeElement,
  type DerElement,
} from './der.ts';

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
  const { signed, revoked, rest } = takeRevoked(der);
  const list = AsnConvert.parse(rest, CertificateList);
  const body = list.tbsCertList;
  const number = body.crlExtensions?.find(
    ({ extnID }) => extnID === crlNumberOid,
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
        return verify(hash, signed, ca.publicKey, Buffer.from(list.signature));
      } catch {
        // an algorithm that does not fit the key of this CA: another CA's CRL
        return false;
      }
    },
  };
}

/** The tags of a CRL. @see X.680, 8.6 */
const tags = {
  integer: 0x02,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
};

/**
 * Reads the entries by themselves. To the library each is a tree of objects: of a thousand it makes a tenth of a second
 * in which no request is answered, and without just-in-time compilation much more.
 * @returns the bytes that are signed, the serial numbers, and the CRL as it is without entries
 */
function takeRevoked(der: Buffer): {
  signed: Buffer;
  revoked: string[];
  rest: Buffer;
} {
  const whole = readElement(der, 0, der.length);
  const [body, ...signature] = readElements(der, whole.start, whole.end);
  if (
    whole.tag !== tags.sequence ||
    whole.end !== der.length ||
    body?.tag !== tags.sequence
  )
    throw new Error('not a CRL');
  const signed = bytesOf(der, body);
  const fields = readElements(der, body.start, body.end);
  // the one list that stands behind a time: thisUpdate or nextUpdate
  const at = fields.findIndex(
    ({ tag }, index) => tag === tags.sequence && isTime(fields[index - 1]?.tag),
  );
  const list = fields[at];
  if (list === undefined) return { signed, revoked: [], rest: der };
  const others = fields.filter((field) => field !== list);
  const rest = writeElement(whole.tag, [
    writeElement(
      body.tag,
      others.map((field) => bytesOf(der, field)),
    ),
    ...signature.map((part) => bytesOf(der, part)),
  ]);
  const revoked = readElements(der, list.start, list.end).map((entry) => {
    const serial = readElement(der, entry.start, entry.end);
    if (entry.tag !== tags.sequence || serial.tag !== tags.integer)
      throw new Error('an entry of the CRL without a serial number');
    return serialHex(der.subarray(serial.start, serial.end));
  });
  return { signed, revoked, rest };
}

function isTime(tag: number | undefined): boolean {
  return tag === tags.utcTime || tag === tags.generalizedTime;
}

function bytesOf(der: Buffer, { at, end }: DerElement): Buffer {
  return der.subarray(at, end);
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
