/** One element of DER: its tag, and where its contents and it itself end. */
export interface DerElement {
  tag: number;
  /** where its tag stands */
  at: number;
  /** where its contents begin */
  start: number;
  /** behind its last byte */
  end: number;
}

/**
 * The element at a place. Tags of one byte and lengths of up to four, as certificates and CRLs have them.
 * @throws where it does not end within `end`
 * @see X.690, 8.1 and 10.1
 */
export function readElement(der: Buffer, at: number, end: number): DerElement {
  const [tag, first] = [der[at], der[at + 1]];
  if (tag === undefined || first === undefined)
    throw new Error('DER ends early');
  let start = at + 2;
  let length = first;
  if (first >= 0x80) {
    const bytes = first & 0x7f;
    if (bytes < 1 || bytes > 4 || start + bytes > end)
      throw new Error('no length of DER');
    length = der.readUIntBE(start, bytes);
    start += bytes;
  }
  if (start + length > end) throw new Error('DER ends early');
  return { tag, at, start, end: start + length };
}

/** The elements that stand one behind the other. @throws where the last does not end at `end` */
export function readElements(
  der: Buffer,
  start: number,
  end: number,
): DerElement[] {
  const elements: DerElement[] = [];
  for (let at = start; at < end;) {
    const element = readElement(der, at, end);
    elements.push(element);
    at = element.end;
  }
  return elements;
}

/** The tags of X.509 that are read here. @see X.680, 8.6 */
export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  enumerated: 0x0a,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The elements inside one. @throws where it is not of this tag, or its contents are no elements */
export function readInside(
  der: Buffer,
  element: DerElement | undefined,
  tag: number,
): DerElement[] {
  if (element?.tag !== tag) throw new Error('another element of DER expected');
  return readElements(der, element.start, element.end);
}

/** The element with its tag and length. */
export function bytesOf(der: Buffer, { at, end }: DerElement): Buffer {
  return der.subarray(at, end);
}

/** What the element holds. */
export function contentsOf(der: Buffer, { start, end }: DerElement): Buffer {
  return der.subarray(start, end);
}

/**
 * An OBJECT IDENTIFIER in dotted form.
 * @throws where it is none
 * @see X.690, 8.19
 */
export function readOid(der: Buffer, element: DerElement | undefined): string {
  if (element?.tag !== tags.oid || element.start === element.end)
    throw new Error('no OBJECT IDENTIFIER');
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const byte of contentsOf(der, element)) {
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    if (byte >= 0x80) continue;
    arcs.push(arc);
    arc = 0n;
  }
  if ((der[element.end - 1] ?? 0) >= 0x80 || element.end - element.start > 64)
    throw new Error('an OBJECT IDENTIFIER that does not end');
  const [head = 0n, ...rest] = arcs;
  const first = head < 80n ? head / 40n : 2n;
  return [first, head - first * 40n, ...rest].join('.');
}

/** An INTEGER of any size. @throws where it is none */
export function readInteger(
  der: Buffer,
  element: DerElement | undefined,
): bigint {
  if (element?.tag !== tags.integer || element.start === element.end)
    throw new Error('no INTEGER');
  const contents = contentsOf(der, element);
  const value = BigInt(`0x${contents.toString('hex')}`);
  const isNegative = (contents[0] ?? 0) >= 0x80;
  return isNegative ? value - (1n << BigInt(8 * contents.length)) : value;
}

/**
 * A UTCTime or GeneralizedTime, as RFC 5280 wants them: with seconds, in UTC, without fractions.
 * @throws where it is none, or names no day of the calendar
 * @see RFC 5280, 4.1.2.5
 */
export function readTime(der: Buffer, element: DerElement | undefined): Date {
  const text =
    element === undefined ? '' : contentsOf(der, element).toString('latin1');
  const isUtc = element?.tag === tags.utcTime;
  const pattern = isUtc
    ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/
    : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
  const parts = pattern.exec(text)?.slice(1).map(Number);
  if (!parts || (!isUtc && element?.tag !== tags.generalizedTime))
    throw new Error('no time of X.509');
  const [given = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] =
    parts;
  const century = given < 50 ? 2000 : 1900;
  const time = new Date(0);
  time.setUTCFullYear(isUtc ? given + century : given, month - 1, day);
  time.setUTCHours(hour, minute, second);
  const isReal =
    time.getUTCMonth() === month - 1 &&
    time.getUTCDate() === day &&
    hour < 24 &&
    minute < 60 &&
    second < 60;
  if (!isReal) throw new Error('no day of the calendar');
  return time;
}
