import { createHash, type KeyObject, type X509Certificate } from 'node:crypto';
import { printableAscii } from '@kickd/protocol';
import { keyOf, type CrlFacts } from './crl.ts';

/** One CRL of the file. */
export interface CrlEntry {
  pem: string;
  facts: CrlFacts;
  /** which CRL of the file it is, from 1 */
  nth: number;
}

/** One CA certificate of the bundle, with the CRL that its key has signed. */
export interface CaEntry {
  pem: string;
  cert: X509Certificate;
  key: KeyObject | undefined;
  /** printable */
  name: string;
  /** SHA-256 of its public key: two certificates of one key are one CA */
  keyId: string;
  /** the newest that is understood; without it nobody of this CA is let in */
  crl: CrlEntry | undefined;
  /**
   * Not older than that, and not for TLS (from the future, over, of a lower number): whom they revoke is refused all
   * the same.
   */
  alsoRevokedBy: readonly CrlEntry[];
}

/**
 * The CA bundle and the CRLs, judged against each other. Without a clock: which CA is in its time is asked later.
 * @see docs/decisions/0019-crls-and-cas-that-count.md
 */
export interface Trust {
  cas: readonly CaEntry[];
  /**
   * The newest CRL of each CA that is not in the bundle: a peer may bring an intermediate along, and OpenSSL then looks
   * who has signed its CRL.
   */
  ofOthers: readonly CrlEntry[];
  /** what TLS gets: certificates of CAs that have a CRL, and of each CA's key the newest CRL that is understood */
  forTls: { ca: readonly string[]; crl: readonly string[] };
  /** CRLs that are not understood, each with the CAs of the bundle that have its issuer's name */
  notUnderstood: readonly { crl: CrlEntry; cas: readonly CaEntry[] }[];
  /** CRLs named as a CA of the bundle, which none of that name has signed */
  notSigned: readonly CrlEntry[];
}

/** @param crls in the order of the file */
export function buildTrust(
  certs: readonly { pem: string; cert: X509Certificate }[],
  crls: readonly CrlEntry[],
): Trust {
  const understood = crls.filter(({ facts }) => facts.obstacle === undefined);
  const signed = new Set<CrlEntry>();
  const cas = certs.map(({ pem, cert }): CaEntry => {
    const key = keyOf(cert);
    const own = understood.filter(({ facts }) => facts.isSignedBy(cert, key));
    for (const crl of own) signed.add(crl);
    // a certificate that is no CA's covers nobody
    const crl = cert.ca ? newestOf(own) : undefined;
    return {
      pem,
      cert,
      key,
      name: nameOf(cert),
      keyId: keyIdOf(cert, key),
      crl,
      alsoRevokedBy: crl ? notOlder(own, crl) : [],
    };
  });
  const named = (crl: CrlEntry): CaEntry[] =>
    cas.filter(({ cert }) => crl.facts.isNamedAs(cert));
  const ofOthers = newestOfEach(
    understood.filter((crl) => named(crl).length === 0),
  );
  return {
    cas,
    ofOthers,
    forTls: forTls(cas, ofOthers),
    notUnderstood: crls
      .filter(({ facts }) => facts.obstacle !== undefined)
      .map((crl) => ({ crl, cas: named(crl) })),
    notSigned: understood.filter(
      (crl) => !signed.has(crl) && named(crl).length > 0,
    ),
  };
}

/**
 * The same trust with what these CRLs say on top of it: whatever is wrong with a new set of files, a revocation in it
 * counts. Only for CAs that have a CRL already, so that nobody is let in by it.
 * @returns undefined where they say nothing new
 */
export function withNewerCrls(
  trust: Trust,
  crls: readonly CrlEntry[],
  now: Date,
): Trust | undefined {
  let isNew = false;
  const cas = trust.cas.map((ca): CaEntry => {
    const { crl, cert, key } = ca;
    if (crl === undefined) return ca;
    const known = [crl, ...ca.alsoRevokedBy];
    const fresh = crls.filter(
      ({ pem, facts }) =>
        facts.obstacle === undefined &&
        facts.isSignedBy(cert, key) &&
        !known.some((one) => one.pem === pem),
    );
    const all = notOlder([...ca.alsoRevokedBy, ...fresh], crl);
    const usable = all.filter(
      ({ facts }) => !isBackwards(crl.facts, facts) && isInTime(facts, now),
    );
    const inForce = newestOf(usable) ?? crl;
    if (inForce === crl && all.length === ca.alsoRevokedBy.length) return ca;
    isNew = true;
    const alsoRevokedBy = notOlder([crl, ...all], inForce);
    return { ...ca, crl: inForce, alsoRevokedBy };
  });
  const ofOthers = trust.ofOthers.map((crl) => {
    const newer = newestOf(
      crls.filter(
        ({ pem, facts }) =>
          facts.obstacle === undefined &&
          facts.issuerId === crl.facts.issuerId &&
          pem !== crl.pem &&
          !isBackwards(crl.facts, facts) &&
          isInTime(facts, now),
      ),
    );
    if (newer) isNew = true;
    return newer ?? crl;
  });
  return isNew
    ? { ...trust, cas, ofOthers, forTls: forTls(cas, ofOthers) }
    : undefined;
}

/** Whether `next` is an older one than `was`, by its number or by its time. */
export function isBackwards(was: CrlMark, next: CrlMark): boolean {
  const isLower =
    was.number !== undefined &&
    next.number !== undefined &&
    next.number < was.number;
  return isLower || +next.thisUpdate < +was.thisUpdate;
}

/** Where a CRL stands among those of its CA. */
export type CrlMark = Pick<CrlFacts, 'number' | 'thisUpdate'>;

/** A CRL from this far in the future is taken for a slow clock, as Puppet does. */
export const futureToleranceMs = 5 * 60 * 1000;

function isInTime({ thisUpdate, nextUpdate }: CrlFacts, now: Date): boolean {
  return (
    +thisUpdate <= +now && (nextUpdate === undefined || +nextUpdate > +now)
  );
}

/** Those that are not plainly older than this one: by number, by time, or in nothing at all. */
function notOlder(crls: readonly CrlEntry[], than: CrlEntry): CrlEntry[] {
  return crls.filter(
    ({ pem, facts }) =>
      pem !== than.pem &&
      (!isBackwards(than.facts, facts) || isBackwards(facts, than.facts)),
  );
}

/** By number where both have one, since an old copy may be written anew; else by time. */
function newestOf(crls: readonly CrlEntry[]): CrlEntry | undefined {
  return crls.toSorted(({ facts: a }, { facts: b }) => {
    if (
      a.number !== undefined &&
      b.number !== undefined &&
      a.number !== b.number
    )
      return a.number > b.number ? -1 : 1;
    return +b.thisUpdate - +a.thisUpdate;
  })[0];
}

function newestOfEach(crls: readonly CrlEntry[]): CrlEntry[] {
  const issuers = new Set(crls.map(({ facts }) => facts.issuerId));
  return [...issuers].flatMap((id) => {
    const own = crls.filter(({ facts }) => facts.issuerId === id);
    return newestOf(own) ?? [];
  });
}

function forTls(
  cas: readonly CaEntry[],
  ofOthers: readonly CrlEntry[],
): Trust['forTls'] {
  const covered = cas.filter(({ crl }) => crl !== undefined);
  if (covered.length === 0) return { ca: [], crl: [] };
  const crls = [...covered.flatMap(({ crl }) => crl ?? []), ...ofOthers];
  return {
    ca: covered.map(({ pem }) => pem),
    crl: [...new Set(crls.map(({ pem }) => pem))],
  };
}

function keyIdOf(cert: X509Certificate, key: KeyObject | undefined): string {
  const bytes = key?.export({ type: 'spki', format: 'der' }) ?? cert.raw;
  return createHash('sha256').update(bytes).digest('hex');
}

/** The CN as a person knows the CA, e.g. `Puppet CA: puppet.example.com`. */
function nameOf(cert: X509Certificate): string {
  return shown(cert.subject);
}

export function shown(name: string): string {
  return printableAscii(name.replaceAll('\n', ', ').replace(/^CN=/, ''));
}
