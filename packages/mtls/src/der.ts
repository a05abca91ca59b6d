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

/** An element of these contents. */
export function writeElement(tag: number, contents: readonly Buffer[]): Buffer {
  const body = Buffer.concat(contents);
  const { length } = body;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), body]);
  const bytes = Math.ceil((32 - Math.clz32(length)) / 8);
  const size = Buffer.alloc(bytes);
  size.writeUIntBE(length, 0, bytes);
  return Buffer.concat([Buffer.of(tag, 0x80 | bytes), size, body]);
}
