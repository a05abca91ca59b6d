import type { KeyObject, X509Certificate } from 'node:crypto';
import { entryObstacle, readCrlExtensions } from './crl-extensions.ts';
import {
  bytesOf,
  contentsOf,
  readElement,
  readInside,
  readInteger,
  readTime,
  tags,
  type DerElement,
} from './der.ts';
import {
  readSignatureAlgorithm,
  type SignatureAlgorithm,
} from './signature-algorithm.ts';
import { canonicalName, canonicalSubject, shownName } from './x509-name.ts';

/** What a CRL says, as far as anybody here asks. */
export interface CrlFacts {
  /** as people write it; not printable yet */
  issuer: string;
  /** equal for two names that OpenSSL takes for one */
  issuerId: string;
  thisUpdate: Date;
  /** absent: it never expires; OpenSSL accepts that */
  nextUpdate: Date | undefined;
  /** absent: RFC 5280 wants one, old CAs write none */
  number: bigint | undefined;
  /** serial numbers, upper-case hexadecimal as in `X509Certificate.serialNumber` */
  revoked: ReadonlySet<string>;
  /**
   * Why it is not a full CRL of its issuer that is understood to the last word: an extension, or how it is signed.
   * Such a CRL covers nobody, and OpenSSL must never see it.
   */
  obstacle: string | undefined;
  /** whether the CA has this CRL's issuer as its name */
  isNamedAs(ca: X509Certificate): boolean;
  /** by name and signature; false where how it is signed is unknown */
  isSignedBy(ca: X509Certificate, key?: KeyObject): boolean;
}

/**
 * Reads one CRL to the last byte, by itself: OpenSSL takes a delta for a full CRL, and node:crypto has no reader.
 * @throws where it is not a CRL
 * @see RFC 5280, 5
 */
export function readCrl(der: Buffer): CrlFacts {
  const whole = readElement(der, 0, der.length);
  const [body, outer, signature, ...more] = readInside(
    der,
    whole,
    tags.sequence,
  );
  const isWhole = more.length === 0 && whole.end === der.length;
  if (!body || !outer || signature?.tag !== tags.bitString || !isWhole)
    throw new Error('not a CRL');
  const fields = readFields(der, body);
  const algorithm = readSignatureAlgorithm(der, outer);
  const isOneAlgorithm = bytesOf(der, outer).equals(
    bytesOf(der, fields.algorithm),
  );
  const { revoked, obstacle } = readEntries(der, fields.entries);
  const extensions = fields.extensions
    ? readCrlExtensions(der, fields.extensions)
    : undefined;
  if ((extensions?.number ?? 0n) < 0n) throw new Error('a number below zero');
  const issuerId = canonicalName(der, fields.issuer);
  const isNamedAs = (ca: X509Certificate): boolean =>
    canonicalSubject(ca) === issuerId;
  return {
    issuer: shownName(der, fields.issuer),
    issuerId,
    thisUpdate: fields.thisUpdate,
    nextUpdate: fields.nextUpdate,
    number: extensions?.number,
    revoked,
    obstacle:
      versionObstacle(fields) ??
      extensions?.obstacle ??
      obstacle ??
      (isOneAlgorithm
        ? algorithmObstacle(algorithm)
        : 'its two fields about the signature algorithm differ'),
    isNamedAs,
    isSignedBy(ca, key = keyOf(ca)) {
      if (algorithm.kind === 'unknown' || !isOneAlgorithm) return false;
      // the first byte of a BIT STRING says how many bits of the last are unused: none
      const bits = contentsOf(der, signature);
      return (
        bits[0] === 0 &&
        key !== undefined &&
        isNamedAs(ca) &&
        algorithm.verify(bytesOf(der, body), key, bits.subarray(1))
      );
    },
  };
}

/** The key of a certificate; undefined where OpenSSL does not know its kind. */
export function keyOf(cert: X509Certificate): KeyObject | undefined {
  try {
    return cert.publicKey;
  } catch {
    return undefined;
  }
}

interface Fields {
  version: bigint | undefined;
  algorithm: DerElement;
  issuer: DerElement;
  thisUpdate: Date;
  nextUpdate: Date | undefined;
  entries: DerElement | undefined;
  extensions: DerElement | undefined;
}

/** In their order, with nothing behind them. @see RFC 5280, 5.1 */
function readFields(der: Buffer, body: DerElement): Fields {
  const left = readInside(der, body, tags.sequence);
  const take = (...wanted: number[]): DerElement | undefined =>
    left[0] !== undefined && wanted.includes(left[0].tag)
      ? left.shift()
      : undefined;
  const version = take(tags.integer);
  const algorithm = take(tags.sequence);
  const issuer = take(tags.sequence);
  const thisUpdate = take(tags.utcTime, tags.generalizedTime);
  const nextUpdate = take(tags.utcTime, tags.generalizedTime);
  const entries = take(tags.sequence);
  const tagged = take(0xa0);
  if (!algorithm || !issuer || left.length > 0)
    throw new Error('not the fields of a CRL');
  const extensions = tagged && readElement(der, tagged.start, tagged.end);
  if (extensions && extensions.end !== tagged.end)
    throw new Error('something behind the extensions');
  return {
    version: version && readInteger(der, version),
    algorithm,
    issuer,
    thisUpdate: readTime(der, thisUpdate),
    nextUpdate: nextUpdate && readTime(der, nextUpdate),
    entries,
    extensions,
  };
}

/**
 * Serial numbers alone: to a library each entry is a tree of objects, of a thousand it makes a tenth of a second in
 * which no request is answered, and without just-in-time compilation much more.
 */
function readEntries(
  der: Buffer,
  list: DerElement | undefined,
): { revoked: Set<string>; obstacle: string | undefined } {
  const revoked = new Set<string>();
  let obstacle: string | undefined;
  /** extensions that were read: most entries have the same, a reason */
  const read = new Set<string>();
  if (list === undefined) return { revoked, obstacle };
  for (let at = list.start; at < list.end;) {
    const entry = readElement(der, at, list.end);
    const serial = readElement(der, entry.start, entry.end);
    const time = readElement(der, serial.end, entry.end);
    const isTime =
      time.tag === tags.utcTime || time.tag === tags.generalizedTime;
    if (entry.tag !== tags.sequence || serial.tag !== tags.integer || !isTime)
      throw new Error('an entry of the CRL without a serial number');
    revoked.add(serialHex(contentsOf(der, serial)));
    at = entry.end;
    if (time.end === entry.end) continue;
    const extensions = readElement(der, time.end, entry.end);
    if (extensions.end !== entry.end)
      throw new Error('something behind an entry of the CRL');
    const bytes = der.toString('latin1', extensions.at, extensions.end);
    if (read.has(bytes)) continue;
    obstacle ??= entryObstacle(der, extensions);
    if (read.size < 100) read.add(bytes);
  }
  return { revoked, obstacle };
}

function versionObstacle({ version, ...fields }: Fields): string | undefined {
  if (version !== undefined && version !== 1n)
    return `version ${String(version + 1n)} of CRLs is not known`;
  return version === undefined && fields.extensions !== undefined
    ? 'it says version 1, which has no extensions, and has some'
    : undefined;
}

function algorithmObstacle(algorithm: SignatureAlgorithm): string | undefined {
  return algorithm.kind === 'unknown'
    ? `its signature algorithm ${algorithm.name} is not verified here`
    : undefined;
}

/** As OpenSSL prints it (BN_bn2hex): a number below zero has its sign in front. */
function serialHex(bytes: Buffer): string {
  if (bytes.length === 0) throw new Error('no serial number');
  const isNegative = (bytes[0] ?? 0) >= 0x80;
  if (isNegative) {
    const size = 1n << BigInt(8 * bytes.length);
    const hex = (size - BigInt(`0x${bytes.toString('hex')}`)).toString(16);
    return `-${hex.length % 2 === 1 ? '0' : ''}${hex.toUpperCase()}`;
  }
  const hex = bytes
    .toString('hex')
    .replace(/^(00)+(?=..)/, '')
    .toUpperCase();
  return hex === '00' ? '0' : hex;
}
