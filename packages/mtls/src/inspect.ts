import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { FaultFacts } from '@kickd/protocol';
import { bestChain, type Chain } from './chain.ts';
import { errors } from './errors.ts';
import { isoOf } from './iso-time.ts';
import type { Material, TlsFiles } from './material.ts';
import { serverTlsOptions } from './options.ts';
import { nameFacts } from './peer.ts';
import { peerName } from './peer-name.ts';
import { isInTime, isRevoked, issuersOf } from './trust-check.ts';
import {
  futureToleranceMs,
  isBackwards,
  shown,
  type CaEntry,
  type CrlEntry,
  type CrlMark,
} from './trust.ts';
import { notUnderstood } from './read-crls.ts';

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
  /** where the newest CRL of each CA stands, so that a later look notices one that goes backwards */
  crlNumbers: CrlNumbers;
}

/** SHA-256 of the CA's public key, or a name that is not in the bundle → its name, and number and time of its newest CRL. */
export type CrlNumbers = ReadonlyMap<string, CrlMark & { ca: string }>;

const dayMs = 24 * 60 * 60 * 1000;
/** How far ahead an expiry is a warning. */
export const warnAheadMs = 30 * dayMs;
const roles = {
  server: { oid: '1.3.6.1.5.5.7.3.1', word: 'serverAuth' },
  client: { oid: '1.3.6.1.5.5.7.3.2', word: 'clientAuth' },
};

/** Where what was found goes. */
type Findings = Pick<Inspection, 'faults' | 'warnings' | 'expiries'>;

/**
 * Looks at everything that would make TLS refuse later, at one moment: our chain, dates, usage and
 * name, and that every CA of our chain is covered by a CRL which it signed. (Given any CRL, OpenSSL
 * wants one for every CA of a chain, the root included.) A CA certificate of the bundle that our chain does not need
 * blocks nothing: what is wrong with it is a warning, and nobody of it is let in.
 * Reads no file and no clock; slow enough (signatures) to stay out of a request's way.
 * @param role what our certificate must be good for; both when left out
 */
export function inspectMaterial(
  material: Material,
  now: Date,
  role?: 'server' | 'client',
): Inspection {
  const { files, trust } = material;
  const into: Findings = { faults: [], warnings: [], expiries: [] };
  const { faults, warnings, expiries } = into;
  const leaf = new X509Certificate(material.cert);

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
  expiries.push({ what: 'certificate', at: isoOf(leaf.validToDate) });
  // A warning alone: the CRL that says so is the newer truth about everyone else, take it.
  if (issuersOf(leaf, trust.cas).some((ca) => isRevoked(ca, leaf.serialNumber)))
    warnings.push(errors.certRevoked(files.cert));

  const chain = bestChain(leaf, trust.cas, now);
  if (chain === undefined)
    faults.push(errors.certUnknownCa(files.cert, files.ca));
  for (const ca of trust.cas)
    if (chain?.cas.includes(ca)) judgeNeeded(ca, chain, files, now, into);
    else judgeSpare(ca, chain, files, now, into);
  judgeCrls(material, chain, now, into);
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
    issuer: shown(leaf.issuer),
    notBefore: isoOf(leaf.validFromDate),
    notAfter: isoOf(leaf.validToDate),
    ...into,
    crlNumbers: crlNumbersOf(material),
  };
}

/** A CA of our own chain: without it nobody trusts us, and we trust nobody. */
function judgeNeeded(
  ca: CaEntry,
  chain: Chain,
  files: TlsFiles,
  now: Date,
  { faults, warnings, expiries }: Findings,
): void {
  const { name, cert, crl } = ca;
  judgeDates(cert, now, {
    early: (at) => faults.push(errors.caNotYetValid(files.ca, name, at)),
    late: (at) => faults.push(errors.caExpired(files.ca, name, at)),
    soon: (at) => warnings.push(errors.caExpiresSoon(files.ca, name, at)),
  });
  expiries.push({ what: `ca ${name}`, at: isoOf(cert.validToDate) });
  if (!chain.isWhole && chain.cas.at(-1) === ca)
    faults.push(errors.caIncomplete(files.ca, name));
  if (crl === undefined) faults.push(errors.crlNotCovering(files.crl, name));
}

/** Another certificate of the bundle: it trusts nobody where it is out of its time or without a CRL, and blocks nothing. */
function judgeSpare(
  ca: CaEntry,
  chain: Chain | undefined,
  files: TlsFiles,
  now: Date,
  { faults, warnings }: Findings,
): void {
  const { name, cert, crl, keyId } = ca;
  if (!cert.ca) {
    // a root of the old kind, version 1, says nothing about being one
    const isRoot = cert.subject === cert.issuer;
    (isRoot ? warnings : faults).push(errors.caNotACa(files.ca, name));
    return;
  }
  const other = chain?.cas.find((one) => one.keyId === keyId);
  const carriedBy =
    other && isInTime(other.cert, now)
      ? isoOf(other.cert.validToDate)
      : undefined;
  judgeDates(cert, now, {
    early: (at) => warnings.push(errors.caSpareNotYetValid(files.ca, name, at)),
    late: (at) =>
      warnings.push(errors.caSpareExpired(files.ca, name, at, carriedBy)),
    // its successor is there already
    soon: (at) => {
      if (other === undefined)
        warnings.push(errors.caExpiresSoon(files.ca, name, at));
    },
  });
  if (crl === undefined)
    warnings.push(errors.caUncovered(files.ca, name, files.crl));
}

/** The CRLs of every CA that has one: an expired one of a CA outside of our chain refuses its peers alone. */
function judgeCrls(
  { trust, files }: Material,
  chain: Chain | undefined,
  now: Date,
  into: Findings,
): void {
  const seen = new Set<string>();
  for (const { crl, keyId, name } of trust.cas) {
    if (crl === undefined || seen.has(keyId)) continue;
    seen.add(keyId);
    const isNeeded = chain?.cas.some((ca) => ca.keyId === keyId) ?? true;
    judgeCrl(crl, files.crl, name, now, isNeeded, into);
  }
  for (const { crl } of trust.notUnderstood)
    into.warnings.push(notUnderstood(files.crl, crl, false));
  for (const { nth, facts } of trust.notSigned)
    into.warnings.push(errors.crlNotSigned(files.crl, nth, facts.issuer));
}

/** Where the CRLs of a material stand. */
export function crlNumbersOf({ trust }: Material): CrlNumbers {
  const markOf = (ca: string, { facts }: CrlEntry) => {
    const { number, thisUpdate } = facts;
    return { ca, number, thisUpdate };
  };
  return new Map([
    ...trust.cas.flatMap(({ keyId, name, crl }) =>
      crl === undefined ? [] : [[keyId, markOf(name, crl)] as const],
    ),
    ...trust.ofOthers.map(
      (crl) =>
        [crl.facts.issuerId, markOf(shown(crl.facts.issuer), crl)] as const,
    ),
  ]);
}

/** CRLs that went back to an older one: an old backup would un-revoke what was revoked since. */
export function crlsBackwards(
  before: CrlNumbers,
  after: CrlNumbers,
  crlFile: string,
): FaultFacts[] {
  return [...after].flatMap(([key, next]) => {
    const was = before.get(key);
    return was !== undefined && isBackwards(was, next)
      ? [errors.crlBackwards(crlFile, next.ca, textOf(was), textOf(next))]
      : [];
  });
}

function textOf({ number, thisUpdate }: CrlMark): string {
  return number === undefined
    ? isoOf(thisUpdate)
    : `number ${number} of ${isoOf(thisUpdate)}`;
}

function judgeCrl(
  { facts }: CrlEntry,
  file: string,
  ca: string,
  now: Date,
  isNeeded: boolean,
  { faults, warnings, expiries }: Findings,
): void {
  const bad = isNeeded ? faults : warnings;
  const aheadMs = +facts.thisUpdate - +now;
  if (aheadMs > 0)
    (aheadMs > futureToleranceMs ? bad : warnings).push(
      errors.crlNotYetValid(file, ca, isoOf(facts.thisUpdate)),
    );
  if (facts.number === undefined) warnings.push(errors.crlUnnumbered(file, ca));
  if (facts.nextUpdate === undefined) return;
  const at = isoOf(facts.nextUpdate);
  const leftMs = +facts.nextUpdate - +now;
  if (isNeeded || leftMs > 0) expiries.push({ what: `crl of ${ca}`, at });
  if (leftMs <= 0) bad.push(errors.crlExpired(file, ca, at));
  else if (leftMs <= warnAheadMs)
    warnings.push(errors.crlExpiresSoon(file, ca, at));
}

function judgeDates(
  cert: X509Certificate,
  now: Date,
  say: Record<'early' | 'late' | 'soon', (at: string) => void>,
): void {
  const until = cert.validToDate;
  if (!(now >= cert.validFromDate)) say.early(isoOf(cert.validFromDate));
  if (!(now <= until)) say.late(isoOf(until));
  else if (+until - +now <= warnAheadMs) say.soon(isoOf(until));
}
