import { createHash, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { printable, type FaultFacts } from '@kickd/protocol';
import { readCrl, type CrlFacts } from './crl.ts';
import { errors } from './errors.ts';
import type { Material } from './material.ts';
import { serverTlsOptions } from './options.ts';
import { nameFacts } from './peer.ts';
import { peerName } from './peer-name.ts';
import { splitPem } from './pem.ts';

export interface Inspection {
  /** our own name; empty where the certificate gives none (then a fault says so) */
  certname: string;
  serial: string;
  /** SHA-256, `AB:CD:…` */
  fingerprint: string;
  issuer: string;
  notBefore: string;
  notAfter: string;
  /** `certificate`, `ca NAME`, `crl of NAME`; soonest first; UTC, ISO 8601 */
  expiries: { what: string; at: string }[];
  /** each one means: nobody, or the wrong ones, would be let in */
  faults: FaultFacts[];
  warnings: FaultFacts[];
  /** newest CRL number of each CA, by its key, so that a later look notices a CRL going backwards */
  crlNumbers: CrlNumbers;
}

/** SHA-256 of the CA's public key → its name and the number of its newest CRL. */
export type CrlNumbers = ReadonlyMap<string, { ca: string; number: bigint }>;

const dayMs = 24 * 60 * 60 * 1000;
/** How far ahead an expiry is a warning. */
export const warnAheadMs = 30 * dayMs;
/** A CRL from this far in the future is taken for a slow clock, as Puppet does. */
const futureToleranceMs = 5 * 60 * 1000;

const roles = {
  server: { oid: '1.3.6.1.5.5.7.3.1', word: 'serverAuth' },
  client: { oid: '1.3.6.1.5.5.7.3.2', word: 'clientAuth' },
};

/**
 * Looks at everything that would make TLS refuse later, at one moment: our chain, dates, usage and
 * name, and that every CA of the bundle is covered by a CRL which it signed. (Given any CRL, OpenSSL
 * wants one for every CA of a chain, the root included.)
 * Reads no file and no clock; slow enough (ASN.1) to stay out of a request's way.
 * @param role what our certificate must be good for; both when left out
 */
export function inspectMaterial(
  material: Material,
  now: Date,
  role?: 'server' | 'client',
): Inspection {
  const { files } = material;
  const faults: FaultFacts[] = [];
  const warnings: FaultFacts[] = [];
  const expiries: Inspection['expiries'] = [];
  const crlNumbers = new Map<string, { ca: string; number: bigint }>();
  const leaf = new X509Certificate(material.cert);
  const cas = material.ca.map((pem) => new X509Certificate(pem));
  const crls = readCrls(material, faults);

  const name = peerName(nameFacts(leaf));
  if (name.kind === 'refused')
    faults.push(errors.certName(files.cert, name.reason));
  for (const need of role === undefined
    ? [roles.server, roles.client]
    : [roles[role]])
    if (!leaf.keyUsage?.includes(need.oid))
      (role === undefined ? warnings : faults).push(
        errors.certUsage(files.cert, need.word),
      );
  judgeDates(leaf, now, {
    early: (at) => faults.push(errors.certNotYetValid(files.cert, at)),
    late: (at) => faults.push(errors.certExpired(files.cert, at)),
    soon: (at) => warnings.push(errors.certExpiresSoon(files.cert, at)),
  });
  expiries.push({ what: 'certificate', at: leaf.validToDate.toISOString() });
  const issuer = issuerOf(leaf, cas);
  if (issuer === undefined)
    faults.push(errors.certUnknownCa(files.cert, files.ca));

  for (const ca of cas) {
    const caName = nameOf(ca);
    if (!ca.ca) {
      faults.push(errors.caNotACa(files.ca, caName));
      continue;
    }
    judgeDates(ca, now, {
      early: (at) => faults.push(errors.caNotYetValid(files.ca, caName, at)),
      late: (at) => faults.push(errors.caExpired(files.ca, caName, at)),
      soon: (at) => warnings.push(errors.caExpiresSoon(files.ca, caName, at)),
    });
    expiries.push({ what: `ca ${caName}`, at: ca.validToDate.toISOString() });
    if (issuerOf(ca, cas) === undefined)
      faults.push(errors.caIncomplete(files.ca, caName));
    const crl = newest(crls.filter((candidate) => candidate.isSignedBy(ca)));
    if (crl === undefined) {
      faults.push(errors.crlNotCovering(files.crl, caName));
      continue;
    }
    judgeCrl(crl, files.crl, caName, now, { faults, warnings, expiries });
    if (crl.number !== undefined)
      crlNumbers.set(keyIdOf(ca), { ca: caName, number: crl.number });
    if (ca === issuer && crl.revoked.has(leaf.serialNumber))
      // A warning alone: the CRL that says so is the newer truth about everyone else, take it.
      warnings.push(errors.certRevoked(files.cert));
  }
  try {
    if (faults.length === 0) createSecureContext(serverTlsOptions(material));
  } catch (error) {
    // e.g. a key too short for OpenSSL's security level
    faults.push(errors.materialNotTaken(String(error)));
  }
  expiries.sort((a, b) => a.at.localeCompare(b.at));
  return {
    certname: name.kind === 'certname' ? name.certname : '',
    serial: leaf.serialNumber,
    fingerprint: leaf.fingerprint256,
    issuer: nameOfIssuer(leaf),
    notBefore: leaf.validFromDate.toISOString(),
    notAfter: leaf.validToDate.toISOString(),
    expiries,
    faults,
    warnings,
    crlNumbers,
  };
}

/** CRLs that went back to an older number: an old backup would un-revoke what was revoked since. */
export function crlsBackwards(
  before: CrlNumbers,
  after: CrlNumbers,
  crlFile: string,
): FaultFacts[] {
  return [...after].flatMap(([key, { ca, number }]) => {
    const was = before.get(key)?.number;
    return was !== undefined && number < was
      ? [errors.crlBackwards(crlFile, ca, was, number)]
      : [];
  });
}

function readCrls(material: Material, faults: FaultFacts[]): CrlFacts[] {
  return material.crl.flatMap((pem, index) => {
    try {
      return splitPem(pem).map(({ der }) => readCrl(der));
    } catch {
      faults.push(errors.crlDamaged(material.files.crl, index + 1));
      return [];
    }
  });
}

function judgeCrl(
  crl: CrlFacts,
  file: string,
  ca: string,
  now: Date,
  into: Pick<Inspection, 'faults' | 'warnings' | 'expiries'>,
): void {
  const aheadMs = +crl.thisUpdate - +now;
  if (aheadMs > 0)
    (aheadMs > futureToleranceMs ? into.faults : into.warnings).push(
      errors.crlNotYetValid(file, ca, crl.thisUpdate.toISOString()),
    );
  if (crl.number === undefined)
    into.warnings.push(errors.crlUnnumbered(file, ca));
  if (crl.nextUpdate === undefined) return;
  const at = crl.nextUpdate.toISOString();
  into.expiries.push({ what: `crl of ${ca}`, at });
  const leftMs = +crl.nextUpdate - +now;
  if (leftMs <= 0) into.faults.push(errors.crlExpired(file, ca, at));
  else if (leftMs <= warnAheadMs)
    into.warnings.push(errors.crlExpiresSoon(file, ca, at));
}

function judgeDates(
  cert: X509Certificate,
  now: Date,
  say: Record<'early' | 'late' | 'soon', (at: string) => void>,
): void {
  const until = cert.validToDate;
  if (now < cert.validFromDate) say.early(cert.validFromDate.toISOString());
  if (now > until) say.late(until.toISOString());
  else if (+until - +now <= warnAheadMs) say.soon(until.toISOString());
}

function issuerOf(
  cert: X509Certificate,
  cas: X509Certificate[],
): X509Certificate | undefined {
  return cas.find(
    (ca) => ca.ca && cert.checkIssued(ca) && cert.verify(ca.publicKey),
  );
}

function newest(crls: CrlFacts[]): CrlFacts | undefined {
  return crls.toSorted((a, b) => +b.thisUpdate - +a.thisUpdate)[0];
}

function keyIdOf(ca: X509Certificate): string {
  const spki = ca.publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(spki).digest('hex');
}

/** The CN as a person knows the CA, e.g. `Puppet CA: puppet.example.com`. */
function nameOf(cert: X509Certificate): string {
  return printable(cert.subject.replaceAll('\n', ', ').replace(/^CN=/, ''));
}

function nameOfIssuer(cert: X509Certificate): string {
  return printable(cert.issuer.replaceAll('\n', ', ').replace(/^CN=/, ''));
}
