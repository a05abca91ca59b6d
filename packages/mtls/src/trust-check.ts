import type { X509Certificate } from 'node:crypto';
import type { Material } from './material.ts';
import type { CaEntry } from './trust.ts';

/** `unknown`: a step of its chain is signed by no CA of the bundle that has a CRL and is in its time. */
export type Trusted = 'trusted' | 'revoked' | 'unknown';

/**
 * Whether a certificate that OpenSSL has accepted is one of this material: each step of its chain is signed by a CA of
 * the bundle, and stands on no CRL of that CA that counts. OpenSSL has judged a connection by what was in force when
 * it began, and by the one CRL of each CA that it was given.
 * Dates of the certificate itself are what they were.
 */
export function judgeTrust(
  { trust }: Material,
  leaf: X509Certificate,
  now: Date,
): Trusted {
  // a chain is no longer than the bundle
  return judgeStep(leaf, trust.cas, now, trust.cas.length);
}

function judgeStep(
  cert: X509Certificate,
  cas: readonly CaEntry[],
  now: Date,
  stepsLeft: number,
): Trusted {
  const issuers = issuersOf(cert, cas);
  // two certificates of one key are one CA: what one of them has revoked, the other has
  if (issuers.some((issuer) => isRevoked(issuer, cert.serialNumber)))
    return 'revoked';
  const ways = issuers
    .filter(({ crl, cert: ca }) => crl !== undefined && isInTime(ca, now))
    .map((issuer): Trusted => {
      if (issuer.cert.fingerprint256 === cert.fingerprint256) return 'trusted';
      return stepsLeft > 0
        ? judgeStep(issuer.cert, cas, now, stepsLeft - 1)
        : 'unknown';
    });
  if (ways.includes('trusted')) return 'trusted';
  return ways.includes('revoked') ? 'revoked' : 'unknown';
}

/** The CA certificates of the bundle that may have signed it: by name, key identifier and signature. */
export function issuersOf(
  cert: X509Certificate,
  cas: readonly CaEntry[],
): CaEntry[] {
  return cas.filter(
    ({ cert: ca, key }) =>
      ca.ca && key !== undefined && cert.checkIssued(ca) && verifies(cert, key),
  );
}

export function isRevoked(
  { crl, alsoRevokedBy }: CaEntry,
  serial: string,
): boolean {
  return (
    crl?.facts.revoked.has(serial) === true ||
    alsoRevokedBy.some(({ facts }) => facts.revoked.has(serial))
  );
}

export function isInTime(cert: X509Certificate, now: Date): boolean {
  return +cert.validFromDate <= +now && +now <= +cert.validToDate;
}

function verifies(
  cert: X509Certificate,
  key: NonNullable<CaEntry['key']>,
): boolean {
  try {
    return cert.verify(key);
  } catch {
    return false;
  }
}
