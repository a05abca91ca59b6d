import type { X509Certificate } from 'node:crypto';
import { certificateFields } from './certificate-fields.ts';
import {
  contentsOf,
  readInside,
  readOid,
  tags,
  type DerElement,
} from './der.ts';

/** One attribute of a Name: its type as an OID, and its value as text. */
interface NamePart {
  oid: string;
  text: string;
  /** of a string type: those are compared as OpenSSL does, without case */
  isText: boolean;
}

const commonNameOid = '2.5.4.3';

/**
 * The CNs of a certificate's subject, in order. Of `X509Certificate.toLegacyObject()`, which has them too, Node 24
 * dies with a segmentation fault where the key is on secp256k1 or brainpoolP256r1.
 * @returns a CN that is no text as `#` and hexadecimal, so that it is never a certname
 */
export function commonNames(cert: X509Certificate): string[] {
  try {
    return readName(cert.raw, subjectOf(cert.raw))
      .flat()
      .filter(({ oid }) => oid === commonNameOid)
      .map(({ text }) => text);
  } catch {
    // OpenSSL reads more than DER; whoever writes it so has no certname
    return ['#'];
  }
}

/** The subject, so that two names can be compared: see `canonicalName`. Undefined where it cannot be read. */
export function canonicalSubject(cert: X509Certificate): string | undefined {
  try {
    return canonicalName(cert.raw, subjectOf(cert.raw));
  } catch {
    return undefined;
  }
}

/**
 * A Name as OpenSSL compares them: case of ASCII letters, runs of blanks, and string types do not count.
 * @throws where it is no Name
 * @see asn1_string_canon in OpenSSL's crypto/x509/x_name.c
 */
export function canonicalName(der: Buffer, name: DerElement): string {
  return JSON.stringify(
    readName(der, name).map((part) =>
      part.map(({ oid, text, isText }) => [
        oid,
        isText
          ? text
              .replaceAll(/[\t-\r ]+/g, ' ')
              .replaceAll(/^ | $/g, '')
              .replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
          : text,
      ]),
    ),
  );
}

/** A Name as people write it: `CN=Puppet CA: puppet.example.com`. Not made printable. */
export function shownName(der: Buffer, name: DerElement): string {
  const shown = readName(der, name)
    .flat()
    .map(({ oid, text }) => `${words[oid] ?? oid}=${text}`);
  return shown.join(', ').replace(/^CN=/, '');
}

const words: Record<string, string> = {
  '2.5.4.3': 'CN',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
};

function readName(der: Buffer, name: DerElement | undefined): NamePart[][] {
  return readInside(der, name, tags.sequence).map((part) =>
    readInside(der, part, tags.set).map((attribute) => {
      const [type, value] = readInside(der, attribute, tags.sequence);
      const oid = readOid(der, type);
      const text = value && textOf(der, value);
      return text === undefined
        ? { oid, text: hexOf(der, value), isText: false }
        : { oid, text, isText: true };
    }),
  );
}

/** @returns undefined for what is no text */
function textOf(der: Buffer, value: DerElement): string | undefined {
  const bytes = contentsOf(der, value);
  switch (value.tag) {
    // UTF8String
    case 0x0c:
      return bytes.toString('utf8');
    // NumericString, PrintableString, T61String (OpenSSL takes it for Latin-1), IA5String, VisibleString
    case 0x12:
    case 0x13:
    case 0x14:
    case 0x16:
    case 0x1a:
      return bytes.toString('latin1');
    // UniversalString: four bytes a character
    case 0x1c:
      return bytes.length % 4 === 0 ? utf32(bytes) : undefined;
    // BMPString: two bytes
    case 0x1e:
      return bytes.length % 2 === 0
        ? Buffer.from(bytes).swap16().toString('utf16le')
        : undefined;
    default:
      return undefined;
  }
}

function utf32(bytes: Buffer): string | undefined {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4) {
    const code = bytes.readUInt32BE(at);
    if (code > 0x10ffff) return undefined;
    text += String.fromCodePoint(code);
  }
  return text;
}

function hexOf(der: Buffer, value: DerElement | undefined): string {
  return `#${value === undefined ? '' : contentsOf(der, value).toString('hex')}`;
}

function subjectOf(raw: Buffer): DerElement {
  return certificateFields(raw).subject;
}
