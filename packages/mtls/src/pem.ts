/** One `-----BEGIN …-----` block of a PEM text. */
export interface PemBlock {
  /** `CERTIFICATE`, `X509 CRL`, `RSA PRIVATE KEY`, … */
  label: string;
  /** number of its BEGIN line, from 1 */
  line: number;
  /** the block alone as OpenSSL takes it: markers, base64 in lines of 64, or a header as it was; ends in a newline */
  pem: string;
  der: Buffer;
}

/** A text that says it is PEM and is not; `message` is for a person. */
export class PemError extends Error {
  override readonly name = 'PemError';
}

/** What a text holds of the blocks that are asked for. */
export interface PemScan {
  blocks: PemBlock[];
  /** one for each place where a block that is asked for is damaged */
  damages: PemError[];
  /** of all blocks, whatever was asked for */
  labels: string[];
}

/**
 * The blocks of a PEM text that are asked for, in order. Whatever stands between blocks is a comment, and blocks of
 * other labels are not looked into, as OpenSSL and Puppet do. Markers that stand glued on one line, where a file had no
 * newline at its end, are read as Puppet reads them.
 * Node's `crl` option reads only the first CRL of a text (nodejs/node#65576), so a bundle must be split before Node
 * sees it.
 * @see RFC 7468
 */
export function scanPem(
  text: string,
  isWanted: (label: string) => boolean,
): PemScan {
  const scan: PemScan = { blocks: [], damages: [], labels: [] };
  let open: { label: string; line: number; body: string[] } | undefined;
  const damaged = (label: string, why: string): void => {
    if (isWanted(label)) scan.damages.push(new PemError(why));
  };
  const begin = (label: string, line: number): void => {
    if (open) {
      const { label: before, line: at } = open;
      damaged(before, `${before} begins on line ${at} and does not end`);
    }
    open = { label, line, body: [] };
    scan.labels.push(label);
  };
  const end = (label: string, line: number): void => {
    if (open?.label !== label) {
      damaged(label, `${label} ends on line ${line} and does not begin`);
      return;
    }
    if (isWanted(label)) {
      try {
        scan.blocks.push(toBlock(open));
      } catch (error) {
        if (!(error instanceof PemError)) throw error;
        scan.damages.push(error);
      }
    }
    open = undefined;
  };
  const lines = text.replace(byteOrderMark, '').split(/\r\n|\n|\r/);
  for (const [index, given] of lines.entries()) {
    const line = given.trim();
    const markers = markersOf(line);
    for (const { side, label } of markers)
      (side === 'BEGIN' ? begin : end)(label, index + 1);
    if (markers.length > 0) continue;
    const [, almost] =
      /^-+ ?(?:BEGIN|END) ([A-Z0-9 ]*?) ?-+$/i.exec(line) ?? [];
    if (almost !== undefined)
      damaged(
        almost.toUpperCase(),
        `the marker on line ${index + 1} is damaged: five hyphens on either side, in capitals`,
      );
    open?.body.push(line);
  }
  if (open) {
    const { label, line } = open;
    damaged(label, `${label} begins on line ${line} and does not end`);
  }
  return scan;
}

/** One DER value as PEM. */
export function toPem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** Whether this is one DER SEQUENCE and nothing else. */
export function isDer(bytes: Buffer): boolean {
  return bytes.length > 2 && derLength(bytes) === bytes.length;
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

/** Of UTF-8, in a text that was read as Latin-1; editors of Windows write it. */
const byteOrderMark = /^\u00ef\u00bb\u00bf/;

interface Marker {
  side: 'BEGIN' | 'END';
  label: string;
}

/** A line of nothing but markers; several where a newline is missing between two files. */
function markersOf(line: string): Marker[] {
  if (!/^(?:-----(?:BEGIN|END) [A-Z0-9 ]+-----)+$/.test(line)) return [];
  return Array.from(
    line.matchAll(/-----(BEGIN|END) ([A-Z0-9 ]+)-----/g),
    ([, side, label = '']) => ({
      side: side === 'BEGIN' ? 'BEGIN' : 'END',
      label,
    }),
  );
}

function toBlock(open: {
  label: string;
  line: number;
  body: string[];
}): PemBlock {
  const { label, line, body } = open;
  // "Proc-Type: 4,ENCRYPTED" and its kind stand above an empty line, before the base64.
  const headersEnd = body[0]?.includes(':') ? body.indexOf('') + 1 : 0;
  const base64 = body.slice(headersEnd).join('').replaceAll(/\s/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64) || base64.length % 4 !== 0)
    throw new PemError(`${label} of line ${line} is not base64`);
  const der = Buffer.from(base64, 'base64');
  const headers = body.slice(0, headersEnd);
  const isEncrypted = headers.some((header) => header.includes('ENCRYPTED'));
  if (!isEncrypted && derLength(der) < 0)
    throw new PemError(`${label} of line ${line} is not DER`);
  if (!isEncrypted && derLength(der) > der.length)
    throw new PemError(`${label} of line ${line} is truncated`);
  if (!isEncrypted && derLength(der) < der.length && !hasMore(label))
    throw new PemError(`${label} of line ${line} goes on behind its end`);
  const pem = isEncrypted
    ? `-----BEGIN ${label}-----\n${body.join('\n')}\n-----END ${label}-----\n`
    : toPem(label, der);
  return { label, line, pem, der };
}

/** OpenSSL writes what a certificate is trusted for behind it. */
function hasMore(label: string): boolean {
  return label === 'TRUSTED CERTIFICATE';
}
