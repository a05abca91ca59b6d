/** One `-----BEGIN …-----` block of a PEM text. */
export interface PemBlock {
  /** `CERTIFICATE`, `X509 CRL`, `RSA PRIVATE KEY`, … */
  label: string;
  /** the block alone, markers included, ending in a newline */
  pem: string;
  der: Buffer;
}

/** A text that says it is PEM and is not; `reason` is for a person. */
export class PemError extends Error {
  override readonly name = 'PemError';
}

/**
 * The blocks of a PEM text, in order; whatever stands between them is a comment.
 * Node's `crl` option reads only the first CRL of a text (nodejs/node#65576), so a bundle must be
 * split before Node sees it.
 * @throws {PemError} a marker without its partner, something that is not base64, a truncated value
 * @see RFC 7468
 */
export function splitPem(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  let label: string | undefined;
  let body: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const marker = /^-----(BEGIN|END) ([A-Z0-9 ]+)-----\s*$/.exec(line);
    if (marker === null) {
      if (line.startsWith('-----'))
        throw new PemError('a marker line is damaged');
      if (label !== undefined) body.push(line);
      continue;
    }
    const [, side, name = ''] = marker;
    if (side === 'BEGIN') {
      if (label !== undefined)
        throw new PemError(`${label} begins and does not end`);
      label = name;
      body = [];
      continue;
    }
    if (label !== name) throw new PemError(`${name} ends and did not begin`);
    blocks.push(toBlock(label, body));
    label = undefined;
  }
  if (label !== undefined)
    throw new PemError(`${label} begins and does not end`);
  return blocks;
}

function toBlock(label: string, lines: string[]): PemBlock {
  // "Proc-Type: 4,ENCRYPTED" and its kind stand above an empty line, before the base64.
  const headersEnd = lines.some((line) => line.includes(':'))
    ? lines.indexOf('') + 1
    : 0;
  const base64 = lines.slice(headersEnd).join('').replace(/\s/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64))
    throw new PemError(`${label} is not base64`);
  const pem = `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
  const der = Buffer.from(base64, 'base64');
  if (headersEnd === 0 && derLength(der) !== der.length)
    throw new PemError(`${label} is truncated or not DER`);
  return { label, pem, der };
}

/** Bytes that the outermost SEQUENCE says it has, header included; -1 when it is none. */
function derLength(der: Buffer): number {
  const first = der[1];
  if (der[0] !== 0x30 || first === undefined) return -1;
  if (first < 0x80) return 2 + first;
  const size = first & 0x7f;
  if (size === 0 || size > 4 || der.length < 2 + size) return -1;
  return 2 + size + der.readUIntBE(2, size);
}
