import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  openSync,
  readFileSync,
  type Stats,
} from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { Fault } from '@kickd/protocol';
import { casAbove } from './chain.ts';
import { errors } from './errors.ts';
import { judgeAccess } from './file-access.ts';
import { expectUsableKey } from './key-kind.ts';
import { isDer, PemError, scanPem, type PemBlock } from './pem.ts';
import { notUnderstood, readCrlEntries } from './read-crls.ts';
import {
  buildTrust,
  withNewerCrls,
  type CrlEntry,
  type Trust,
} from './trust.ts';
import { isCertificateLabel, plainCertificate } from './trusted-certificate.ts';

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
 * whoever holds it knows that the key fits, that at least one CA has a CRL, and that no CRL is among those for TLS
 * which is not understood: without CAs or CRLs Node would silently trust the public CAs or check no revocation.
 */
export interface Material {
  readonly [checked]: true;
  readonly cert: string;
  readonly key: string;
  /** every certificate of the bundle */
  readonly ca: readonly [string, ...string[]];
  /** one PEM text a CRL: Node reads only the first CRL of a text */
  readonly crl: readonly [string, ...string[]];
  /** which of the two count */
  readonly trust: Trust;
  readonly files: TlsFiles;
}

interface TlsFile {
  content: Buffer;
  /** anybody on this host may read it */
  isOpen: boolean;
}

type TlsBytes = Record<keyof TlsFiles, TlsFile>;

/** The same material where newer CRLs count on top of it; undefined where they say nothing new. */
export function withCrls(
  material: Material,
  found: readonly CrlEntry[],
  now: Date,
): Material | undefined {
  const trust = withNewerCrls(material.trust, found, now);
  return trust && Object.freeze({ ...material, trust });
}

/**
 * Reads the four files. Reads no clock: the way of every one-shot kicker; `inspectMaterial` looks at dates, chains
 * and CRL coverage.
 * @throws {Fault} with a code of errors.ts: unreadable, open to others, empty, DER, damaged, encrypted, key of another
 * certificate or of a kind that TLS does not take, a CRL that is not understood
 */
export async function readMaterial(files: TlsFiles): Promise<Material> {
  const read = async (what: keyof TlsFiles): Promise<TlsFile> => {
    const file = files[what];
    let handle: FileHandle | undefined;
    try {
      handle = await open(file);
      const isOpen = expectOurs(what, file, await handle.stat());
      return { content: await handle.readFile(), isOpen };
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
  const read = (what: keyof TlsFiles): TlsFile => {
    const file = files[what];
    let fd: number | undefined;
    try {
      fd = openSync(file, 'r');
      const isOpen = expectOurs(what, file, fstatSync(fd));
      return { content: readFileSync(fd), isOpen };
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
  const certs = readBlocks('cert', files.cert, bytes.cert);
  const cas = readBlocks('ca', files.ca, bytes.ca);
  const crls = readBlocks('crl', files.crl, bytes.crl);
  const [leaf, ...chain] = certs;
  const [ca, ...moreCas] = cas;
  const [crl, ...moreCrls] = crls;
  if (leaf === undefined) throw new Fault(errors.certMissing(files.cert));
  if (ca === undefined) throw new Fault(errors.caEmpty(files.ca));
  if (crl === undefined) throw new Fault(errors.crlEmpty(files.crl));
  for (const block of chain) certificate('cert', files.cert, block);
  const own = certificate('cert', files.cert, leaf);
  const key = privateKey(files, bytes.key);
  if (!own.checkPrivateKey(key.object))
    throw new Fault(errors.certKeyMismatch(files.cert, files.key));
  expectUsableKey(key.object, own, files.key);
  const trust = buildTrust(
    cas.map((block) => ({
      pem: block.pem,
      cert: certificate('ca', files.ca, block),
    })),
    readCrlEntries(crls, files.crl),
  );
  expectTrust(own, trust, files);
  const material: Omit<Material, typeof checked> = {
    cert: certs.map(({ pem }) => pem).join(''),
    key: key.pem,
    ca: [ca.pem, ...moreCas.map(({ pem }) => pem)],
    crl: [crl.pem, ...moreCrls.map(({ pem }) => pem)],
    trust,
    files: { ...files },
  };
  // The brand exists for the compiler alone; this is the one place that may give it.
  return Object.freeze(material) as Material;
}

/**
 * A CA that counts must have no CRL that is not understood: what a delta says beside a full CRL is a revocation that
 * would be lost. The CRLs of other CAs cover nobody, and are left out.
 * @throws {Fault}
 */
function expectTrust(
  own: X509Certificate,
  { cas, ofOthers, forTls, notUnderstood: strange }: Trust,
  files: TlsFiles,
): void {
  const chain = casAbove(own, cas);
  for (const { crl, cas: named } of strange) {
    const isOurs = named.some((entry) => entry.crl || chain.has(entry));
    // a peer may bring a CA along that has a full CRL here as well
    const { issuerId } = crl.facts;
    const isBrought = ofOthers.some(({ facts }) => facts.issuerId === issuerId);
    if (isOurs || isBrought)
      throw new Fault(notUnderstood(files.crl, crl, true));
  }
  if (forTls.crl.length === 0)
    throw new Fault(errors.crlNotCovering(files.crl, cas[0]?.name ?? ''));
}

const words = { cert: 'certificate', key: 'key', ca: 'CA', crl: 'CRL' };

/**
 * Asked of what was opened: a path may lead elsewhere a moment later.
 * @returns whether everybody may read it
 */
function expectOurs(
  what: keyof TlsFiles,
  file: string,
  access: Stats,
): boolean {
  // reading it will say that it is none
  if (access.isDirectory()) return false;
  const fault = judgeAccess(what, file, access);
  if (fault !== undefined) throw new Fault(fault);
  return (access.mode & 0o004) !== 0;
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

const isWanted: Record<keyof TlsFiles, (label: string) => boolean> = {
  cert: isCertificateLabel,
  ca: isCertificateLabel,
  crl: (label) => label === 'X509 CRL',
  key: (label) => label.endsWith('PRIVATE KEY'),
};

/** The blocks of the kind that belongs into the file. @throws {Fault} */
function readBlocks(
  what: keyof TlsFiles,
  file: string,
  { content, isOpen }: TlsFile,
): PemBlock[] {
  if (content.length === 0) {
    if (what === 'crl') throw new Fault(errors.crlEmpty(file));
    if (what === 'ca') throw new Fault(errors.caEmpty(file));
    throw new Fault(errors.fileEmpty(words[what], file));
  }
  if (isDer(content) || (content[0] === 0x30 && (content[1] ?? 0) >= 0x80))
    throw new Fault(errors.fileDer(words[what], file));
  if (isUtf16(content)) throw new Fault(errors.fileUtf16(words[what], file));
  const scan = scanPem(content.toString('latin1'), isWanted[what]);
  const damage = (cause: unknown, why: string): Fault =>
    new Fault(errors.fileDamaged(words[what], file, why), { cause });
  const [first] = scan.damages;
  if (first !== undefined) throw damage(first, first.message);
  const hasKey = scan.labels.some((label) => label.endsWith('PRIVATE KEY'));
  if (hasKey && isOpen && what !== 'key' && scan.blocks.length > 0)
    throw new Fault(errors.keyInOpenFile(words[what], file));
  try {
    return what === 'cert' || what === 'ca'
      ? scan.blocks.map(plainCertificate)
      : scan.blocks;
  } catch (cause) {
    if (!(cause instanceof PemError)) throw cause;
    throw damage(cause, cause.message);
  }
}

/** As some editors write; no reader of PEM takes it. */
function isUtf16([first, second]: Buffer): boolean {
  return (
    (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
  );
}

function certificate(
  what: 'cert' | 'ca',
  file: string,
  { pem, line }: PemBlock,
): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    const why = `the block of line ${line} is not an X.509 certificate`;
    throw new Fault(errors.fileDamaged(words[what], file, why), { cause });
  }
}

/** The first of the file, as OpenSSL takes it. */
function privateKey(
  files: TlsFiles,
  bytes: TlsFile,
): { pem: string; object: KeyObject } {
  const [block] = readBlocks('key', files.key, bytes);
  if (block === undefined) throw new Fault(errors.keyMissing(files.key));
  if (block.label.startsWith('ENCRYPTED') || block.pem.includes('ENCRYPTED\n'))
    throw new Fault(errors.keyEncrypted(files.key));
  try {
    return { pem: block.pem, object: createPrivateKey(block.pem) };
  } catch (cause) {
    const why = `${block.label} of line ${block.line} is not a private key that is read here`;
    throw new Fault(errors.fileDamaged('key', files.key, why), { cause });
  }
}
