import { constants, verify, type KeyObject } from 'node:crypto';
import {
  readElement,
  readElements,
  readInside,
  readInteger,
  readOid,
  tags,
  type DerElement,
} from './der.ts';

/** How a signature is verified, or that it cannot be. */
export type SignatureAlgorithm =
  | {
      kind: 'known';
      /** never throws: a key of another kind has not signed it */
      verify(signed: Buffer, key: KeyObject, signature: Buffer): boolean;
    }
  /** what it is, with its OID, for a person */
  | { kind: 'unknown'; name: string };

const hashes: Record<string, string> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.4': 'sha224',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
  '2.16.840.1.101.3.4.2.5': 'sha512-224',
  '2.16.840.1.101.3.4.2.6': 'sha512-256',
  '2.16.840.1.101.3.4.2.7': 'sha3-224',
  '2.16.840.1.101.3.4.2.8': 'sha3-256',
  '2.16.840.1.101.3.4.2.9': 'sha3-384',
  '2.16.840.1.101.3.4.2.10': 'sha3-512',
};

/**
 * OID → kind of the key, and the hash; null where the key knows it. MD5 and older ones are left out: they are forged.
 * @see RFC 3279, 4055, 5758, 8410, 8702; NIST's registry for 2.16.840.1.101.3.4.3
 */
const algorithms: Record<string, [key: string, hash: string | null]> = {
  '1.2.840.113549.1.1.5': ['rsa', 'sha1'],
  '1.2.840.113549.1.1.14': ['rsa', 'sha224'],
  '1.2.840.113549.1.1.11': ['rsa', 'sha256'],
  '1.2.840.113549.1.1.12': ['rsa', 'sha384'],
  '1.2.840.113549.1.1.13': ['rsa', 'sha512'],
  '1.2.840.113549.1.1.15': ['rsa', 'sha512-224'],
  '1.2.840.113549.1.1.16': ['rsa', 'sha512-256'],
  '2.16.840.1.101.3.4.3.13': ['rsa', 'sha3-224'],
  '2.16.840.1.101.3.4.3.14': ['rsa', 'sha3-256'],
  '2.16.840.1.101.3.4.3.15': ['rsa', 'sha3-384'],
  '2.16.840.1.101.3.4.3.16': ['rsa', 'sha3-512'],
  '1.2.840.10045.4.1': ['ec', 'sha1'],
  '1.2.840.10045.4.3.1': ['ec', 'sha224'],
  '1.2.840.10045.4.3.2': ['ec', 'sha256'],
  '1.2.840.10045.4.3.3': ['ec', 'sha384'],
  '1.2.840.10045.4.3.4': ['ec', 'sha512'],
  '2.16.840.1.101.3.4.3.9': ['ec', 'sha3-224'],
  '2.16.840.1.101.3.4.3.10': ['ec', 'sha3-256'],
  '2.16.840.1.101.3.4.3.11': ['ec', 'sha3-384'],
  '2.16.840.1.101.3.4.3.12': ['ec', 'sha3-512'],
  '1.2.840.10040.4.3': ['dsa', 'sha1'],
  '2.16.840.1.101.3.4.3.1': ['dsa', 'sha224'],
  '2.16.840.1.101.3.4.3.2': ['dsa', 'sha256'],
  '1.3.101.112': ['ed25519', null],
  '1.3.101.113': ['ed448', null],
};

const pssOid = '1.2.840.113549.1.1.10';
const mgf1Oid = '1.2.840.113549.1.1.8';

/**
 * Reads an AlgorithmIdentifier.
 * @throws where it is none
 */
export function readSignatureAlgorithm(
  der: Buffer,
  element: DerElement | undefined,
): SignatureAlgorithm {
  const [type, parameters] = readInside(der, element, tags.sequence);
  const oid = readOid(der, type);
  if (oid === pssOid) return readPss(der, parameters);
  const found = algorithms[oid];
  if (found === undefined) return { kind: 'unknown', name: oid };
  const [keyType, hash] = found;
  return {
    kind: 'known',
    verify: (signed, key, signature) =>
      key.asymmetricKeyType === keyType &&
      verifies(() => verify(hash, signed, key, signature)),
  };
}

/** @see RFC 4055, 3.1: each parameter has a default, SHA-1 and a salt of 20 bytes */
function readPss(
  der: Buffer,
  parameters: DerElement | undefined,
): SignatureAlgorithm {
  let hash: string | undefined = 'sha1';
  let maskHash: string | undefined = 'sha1';
  let saltLength = 20;
  let trailer = 1;
  const fields =
    parameters === undefined ? [] : readInside(der, parameters, tags.sequence);
  for (const field of fields) {
    const value = readElement(der, field.start, field.end);
    if (field.tag === 0xa0) hash = readHash(der, value);
    else if (field.tag === 0xa1) maskHash = readMask(der, value);
    else if (field.tag === 0xa2) saltLength = Number(readInteger(der, value));
    else if (field.tag === 0xa3) trailer = Number(readInteger(der, value));
    else throw new Error('no parameters of RSASSA-PSS');
  }
  // node:crypto takes the hash of the mask to be the hash of the message
  if (hash === undefined || hash !== maskHash || trailer !== 1)
    return {
      kind: 'unknown',
      name: `RSASSA-PSS (${pssOid}) with the hash ${hash ?? 'unknown'}, the mask hash ${maskHash ?? 'unknown'} and the trailer ${String(trailer)}`,
    };
  if (saltLength < 0 || saltLength > 1024) throw new Error('no length of salt');
  const digest = hash;
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return {
    kind: 'known',
    verify: (signed, key, signature) =>
      (key.asymmetricKeyType === 'rsa' ||
        key.asymmetricKeyType === 'rsa-pss') &&
      verifies(() =>
        verify(digest, signed, { key, padding, saltLength }, signature),
      ),
  };
}

function readHash(der: Buffer, algorithm: DerElement): string | undefined {
  const [type] = readInside(der, algorithm, tags.sequence);
  return hashes[readOid(der, type)];
}

function readMask(der: Buffer, algorithm: DerElement): string | undefined {
  const [type, hash] = readElements(der, algorithm.start, algorithm.end);
  return readOid(der, type) === mgf1Oid && hash !== undefined
    ? readHash(der, hash)
    : undefined;
}

function verifies(judge: () => boolean): boolean {
  try {
    return judge();
  } catch {
    // a key that is too short for the hash, or limited to another
    return false;
  }
}
