import {
  createPrivateKey,
  sign,
  X509Certificate,
  type SignKeyObjectInput,
} from 'node:crypto';
import type { Pki } from '@kickd/testkit';
import { bytesOf, readElement, readElements, tags } from '../src/der.ts';
import { toPem } from '../src/pem.ts';

/** An extension: dotted OID, whether it is critical, its value in DER. */
export type OddExtension = [oid: string, isCritical: boolean, value: Buffer];

export interface OddCrl {
  /** undefined: no version field; 1 is version 2 */
  version?: number | undefined;
  thisUpdate?: Date;
  nextUpdate?: Date | undefined;
  /** serial in hexadecimal, with extensions of the entry */
  entries?: { serial: string; extensions?: OddExtension[] }[];
  /** beside the CRL number */
  extensions?: OddExtension[];
  /** null: no number; an empty list of extensions then goes */
  number?: number | null;
  /** of the two fields that name how it is signed */
  algorithm?: Buffer;
  innerAlgorithm?: Buffer;
  signWith?: { hash: string | null; options?: Partial<SignKeyObjectInput> };
}

/** OID and AlgorithmIdentifier of ECDSA with SHA-256, which the testkit's CAs sign with. */
const ecdsaSha256 = algorithmOf('1.2.840.10045.4.3.2');

/** A CRL of one CA of a PKI, with whatever is odd; PEM. */
export function signOddCrl(pki: Pki, crl: OddCrl, nth = 0): string {
  const ca = pki.stored().cas[nth];
  if (ca === undefined) throw new Error('no such CA');
  return signCrlOf(ca.cert, ca.key, crl);
}

function signCrlOf(cert: string, key: string, crl: OddCrl): string {
  const version = 'version' in crl ? crl.version : 1;
  const { algorithm = ecdsaSha256, number = 7 } = crl;
  const entries = (crl.entries ?? []).map(({ serial, extensions }) =>
    sequence(
      writeElement(tags.integer, [integerBytes(serial)]),
      timeOf(new Date()),
      ...(extensions ? [listOf(extensions)] : []),
    ),
  );
  const extensions: OddExtension[] = [
    ...(number === null
      ? []
      : [['2.5.29.20', false, integerOf(number)] as OddExtension]),
    ...(crl.extensions ?? []),
  ];
  const nextUpdate =
    'nextUpdate' in crl ? crl.nextUpdate : new Date(Date.now() + 1e9);
  const body = sequence(
    ...(version === undefined ? [] : [integerOf(version)]),
    crl.innerAlgorithm ?? algorithm,
    subjectOf(cert),
    timeOf(crl.thisUpdate ?? new Date(Date.now() - 30_000)),
    ...(nextUpdate ? [timeOf(nextUpdate)] : []),
    ...(entries.length > 0 ? [sequence(...entries)] : []),
    ...(extensions.length > 0
      ? [writeElement(0xa0, [listOf(extensions)])]
      : []),
  );
  const { hash, options } = crl.signWith ?? { hash: 'sha256' };
  const signature = sign(hash, body, {
    key: createPrivateKey(key),
    ...options,
  });
  const bits = writeElement(tags.bitString, [Buffer.of(0), signature]);
  return toPem('X509 CRL', sequence(body, algorithm, bits));
}

export function sequence(...parts: Buffer[]): Buffer {
  return writeElement(tags.sequence, parts);
}

export function algorithmOf(oid: string, ...parameters: Buffer[]): Buffer {
  return sequence(oidOf(oid), ...parameters);
}

export function integerOf(value: number): Buffer {
  return writeElement(tags.integer, [
    integerBytes(value.toString(16).padStart(2, '0')),
  ]);
}

export function oidOf(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const base = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7)
      base.unshift((left & 0x7f) | 0x80);
    return base;
  });
  return writeElement(tags.oid, [Buffer.from(bytes)]);
}

/** What many extensions hold: a flag, as issuingDistributionPoint has them. */
export function flag(tag: number): Buffer {
  return sequence(Buffer.of(0x80 | tag, 1, 0xff));
}

function listOf(extensions: readonly OddExtension[]): Buffer {
  return sequence(
    ...extensions.map(([oid, isCritical, value]) =>
      sequence(
        oidOf(oid),
        ...(isCritical ? [Buffer.of(tags.boolean, 1, 0xff)] : []),
        writeElement(tags.octetString, [value]),
      ),
    ),
  );
}

/** Two's complement; `-01` is minus one. */
function integerBytes(hex: string): Buffer {
  if (hex.startsWith('-')) {
    // a byte more, so that the highest bit is its sign
    const size = hex.length + 1;
    const value = (1n << BigInt(4 * size)) - BigInt(`0x${hex.slice(1)}`);
    return Buffer.from(value.toString(16).padStart(size, '0'), 'hex');
  }
  const even = hex.length % 2 === 1 ? `0${hex}` : hex;
  const isHigh = Number.parseInt(even.slice(0, 2), 16) >= 0x80;
  return Buffer.from(isHigh ? `00${even}` : even, 'hex');
}

function timeOf(date: Date): Buffer {
  const text = date.toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  const isUtc = date.getUTCFullYear() >= 1950 && date.getUTCFullYear() < 2050;
  return writeElement(isUtc ? tags.utcTime : tags.generalizedTime, [
    Buffer.from(isUtc ? text.slice(2) : text),
  ]);
}

function subjectOf(pem: string): Buffer {
  const raw = Buffer.from(new X509Certificate(pem).raw);
  const whole = readElement(raw, 0, raw.length);
  const [body] = readElements(raw, whole.start, whole.end);
  const fields = body ? readElements(raw, body.start, body.end) : [];
  const subject = fields[5];
  if (subject === undefined) throw new Error('no subject');
  return bytesOf(raw, subject);
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
