import { createPrivateKey, X509Certificate } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  openSync,
  readFileSync,
  type Stats,
} from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { Fault } from '@kickd/protocol';
import { errors } from './errors.ts';
import { judgeAccess } from './file-access.ts';
import { PemError, splitPem, type PemBlock } from './pem.ts';

/** Paths of the four PEM files. */
export interface TlsFiles {
  cert: string;
  key: string;
  /** bundle of every CA, the root included */
  ca: string;
  /** one CRL for every CA of the bundle */
  crl: string;
}

declare const checked: unique symbol;

/**
 * Key, certificate, CAs and CRLs that belong together, as PEM. Only `readMaterial` makes one, so
 * whoever holds it knows that the key fits and that there is at least one CA and one CRL: without
 * either Node would silently trust the public CAs or check no revocation.
 */
export interface Material {
  readonly [checked]: true;
  readonly cert: string;
  readonly key: string;
  readonly ca: readonly [string, ...string[]];
  /** one PEM text a CRL: Node reads only the first CRL of a text */
  readonly crl: readonly [string, ...string[]];
  readonly files: TlsFiles;
}

type TlsBytes = Record<keyof TlsFiles, Buffer>;

/**
 * Reads the four files. Quick (no ASN.1): the way of every one-shot kicker; `inspectMaterial` looks
 * at dates, chains and CRL coverage.
 * @throws {Fault} with a code of errors.ts: unreadable, open to others, empty, DER, damaged, encrypted, key of another certificate
 */
export async function readMaterial(files: TlsFiles): Promise<Material> {
  const read = async (what: keyof TlsFiles): Promise<Buffer> => {
    const file = files[what];
    let handle: FileHandle | undefined;
    try {
      handle = await open(file);
      expectOurs(what, file, await handle.stat());
      return await handle.readFile();
    } catch (cause) {
      throw unreadable(what, file, cause);
    } finally {
      await handle?.close();
    }
  };
  const cert = await read('cert');
  const key = await read('key');
  const ca = await read('ca');
  const crl = await read('crl');
  return parseMaterial(files, { cert, key, ca, crl });
}

/** The same, synchronously. */
export function readMaterialSync(files: TlsFiles): Material {
  const read = (what: keyof TlsFiles): Buffer => {
    const file = files[what];
    let fd: number | undefined;
    try {
      fd = openSync(file, 'r');
      expectOurs(what, file, fstatSync(fd));
      return readFileSync(fd);
    } catch (cause) {
      throw unreadable(what, file, cause);
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  };
  return parseMaterial(files, {
    cert: read('cert'),
    key: read('key'),
    ca: read('ca'),
    crl: read('crl'),
  });
}

/** What was read, checked; `files` serves the messages. @throws {Fault} as readMaterial */
function parseMaterial(files: TlsFiles, bytes: TlsBytes): Material {
  const certs = blocks('cert', files, bytes, 'CERTIFICATE');
  const cas = blocks('ca', files, bytes, 'CERTIFICATE');
  const crls = blocks('crl', files, bytes, 'X509 CRL');
  const [leaf] = certs;
  const [ca, ...moreCas] = cas;
  const [crl, ...moreCrls] = crls;
  if (leaf === undefined) throw new Fault(errors.certMissing(files.cert));
  if (ca === undefined) throw new Fault(errors.caEmpty(files.ca));
  if (crl === undefined) throw new Fault(errors.crlEmpty(files.crl));
  for (const { pem } of certs.slice(1)) certificate('cert', files.cert, pem);
  for (const { pem } of cas) certificate('ca', files.ca, pem);
  const key = privateKey(files, bytes);
  if (!certificate('cert', files.cert, leaf.pem).checkPrivateKey(key.object))
    throw new Fault(errors.certKeyMismatch(files.cert, files.key));
  const material: Omit<Material, typeof checked> = {
    cert: certs.map(({ pem }) => pem).join(''),
    key: key.pem,
    ca: [ca.pem, ...moreCas.map(({ pem }) => pem)],
    crl: [crl.pem, ...moreCrls.map(({ pem }) => pem)],
    files: { ...files },
  };
  // The brand exists for the compiler alone; this is the one place that may give it.
  return Object.freeze(material) as Material;
}

const words = { cert: 'certificate', key: 'key', ca: 'CA', crl: 'CRL' };

/** Asked of what was opened: a path may lead elsewhere a moment later. */
function expectOurs(what: keyof TlsFiles, file: string, access: Stats): void {
  // reading it will say that it is none
  if (access.isDirectory()) return;
  const fault = judgeAccess(what, file, access);
  if (fault !== undefined) throw new Fault(fault);
}

function unreadable(what: keyof TlsFiles, file: string, cause: unknown): Fault {
  if (cause instanceof Fault) return cause;
  const code =
    cause instanceof Error && 'code' in cause
      ? String(cause.code)
      : String(cause);
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new Fault(errors.fileMissing(words[what], file), { cause });
  return new Fault(
    what === 'key'
      ? errors.keyUnreadable(file, code)
      : errors.fileUnreadable(words[what], file, code),
    { cause },
  );
}

function blocks(
  what: keyof TlsFiles,
  files: TlsFiles,
  bytes: TlsBytes,
  label: string | undefined,
): PemBlock[] {
  const file = files[what];
  const content = bytes[what];
  if (content.length === 0) {
    if (what === 'crl') throw new Fault(errors.crlEmpty(file));
    if (what === 'ca') throw new Fault(errors.caEmpty(file));
    throw new Fault(errors.fileEmpty(words[what], file));
  }
  if (content[0] === 0x30 && content[1] !== undefined && content[1] >= 0x80)
    throw new Fault(errors.fileDer(words[what], file));
  try {
    const all = splitPem(content.toString('latin1'));
    return label === undefined
      ? all
      : all.filter((block) => block.label === label);
  } catch (cause) {
    if (!(cause instanceof PemError)) throw cause;
    throw new Fault(errors.fileDamaged(words[what], file, cause.message), {
      cause,
    });
  }
}

function certificate(
  what: 'cert' | 'ca',
  file: string,
  pem: string,
): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new Fault(
      errors.fileDamaged(words[what], file, 'not an X.509 certificate'),
      { cause },
    );
  }
}

function privateKey(files: TlsFiles, bytes: TlsBytes) {
  const block = blocks('key', files, bytes, undefined).find(({ label }) =>
    label.endsWith('PRIVATE KEY'),
  );
  if (block === undefined) throw new Fault(errors.keyMissing(files.key));
  if (block.label.startsWith('ENCRYPTED') || block.pem.includes('ENCRYPTED\n'))
    throw new Fault(errors.keyEncrypted(files.key));
  try {
    return { pem: block.pem, object: createPrivateKey(block.pem) };
  } catch (cause) {
    throw new Fault(errors.fileDamaged('key', files.key, 'not a private key'), {
      cause,
    });
  }
}
