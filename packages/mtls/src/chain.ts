import type { X509Certificate } from 'node:crypto';
import { issuersOf, isInTime } from './trust-check.ts';
import type { CaEntry } from './trust.ts';

/** A way from a certificate up to a root. */
export interface Chain {
  cas: readonly CaEntry[];
  /** whether it ends in a root, which has signed itself */
  isWhole: boolean;
}

/** Every CA certificate of the bundle above this one, whichever way. */
export function casAbove(
  cert: X509Certificate,
  cas: readonly CaEntry[],
): Set<CaEntry> {
  const above = new Set<CaEntry>();
  const open = [cert];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const ca of issuersOf(next, cas)) {
      if (above.has(ca)) continue;
      above.add(ca);
      open.push(ca.cert);
    }
  }
  return above;
}

/**
 * The best of the ways up: the one that OpenSSL takes, since it prefers a CA certificate that is in its time.
 * @returns undefined where no CA of the bundle has signed the certificate
 */
export function bestChain(
  cert: X509Certificate,
  cas: readonly CaEntry[],
  now: Date,
): Chain | undefined {
  // of a CA that has signed itself, and of CAs that have signed each other, no way goes twice through one key
  const waysFrom = (
    from: X509Certificate,
    below: readonly CaEntry[],
  ): Chain[] =>
    issuersOf(from, cas)
      .filter(({ keyId }) => !below.some((ca) => ca.keyId === keyId))
      .flatMap((ca) => {
        const way = [...below, ca];
        const isRoot = issuersOf(ca.cert, [ca]).length > 0;
        const further = isRoot ? [] : waysFrom(ca.cert, way);
        return further.length > 0 ? further : [{ cas: way, isWhole: isRoot }];
      });
  return waysFrom(cert, []).toSorted(
    (a, b) => costOf(a, now) - costOf(b, now) || endOf(b) - endOf(a),
  )[0];
}

/** Of two that are as good, the one that lasts: OpenSSL changes over to it when the other ends. */
function endOf({ cas }: Chain): number {
  return Math.min(...cas.map(({ cert }) => +cert.validToDate));
}

function costOf({ cas, isWhole }: Chain, now: Date): number {
  const late = cas.filter(({ cert }) => !isInTime(cert, now)).length;
  const uncovered = cas.filter(({ crl }) => crl === undefined).length;
  return late + uncovered + (isWhole ? 0 : cas.length + 100);
}
