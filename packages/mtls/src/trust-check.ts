import { X509Certificate } from 'node:crypto';
import { readCrl, type CrlFacts } from './crl.ts';
import type { Material } from './material.ts';

type TrustCheck = (cert: X509Certificate) => boolean;

/** A long CRL takes tens of milliseconds to read: once a rotation, not once for each connection that saw it. */
const made = new WeakMap<Material, TrustCheck>();

/**
 * Whether a certificate that OpenSSL has accepted under an earlier material is still one of this: each
 * step of its chain is signed by a CA of the bundle, and not on that CA's newest CRL. For connections
 * that were there before a rotation; dates and the rest are what they were.
 */
export function trustCheckOf(material: Material): TrustCheck {
  let check = made.get(material);
  if (check === undefined) {
    check = createTrustCheck(material);
    made.set(material, check);
  }
  return check;
}

function createTrustCheck(material: Material): TrustCheck {
  const crls = material.crl.map((pem) => readCrl(derOf(pem)));
  const cas = material.ca.map((pem) => {
    const cert = new X509Certificate(pem);
    return { cert, revoked: newestOf(crls, cert)?.revoked };
  });
  return (leaf) => {
    let cert = leaf;
    // a chain is no longer than the bundle
    for (let step = 0; step <= cas.length; step += 1) {
      const of = cert;
      const issuer = cas.find(
        ({ cert: ca }) => of.checkIssued(ca) && of.verify(ca.publicKey),
      );
      if (issuer?.revoked === undefined) return false;
      if (issuer.revoked.has(of.serialNumber)) return false;
      if (issuer.cert.fingerprint256 === of.fingerprint256) return true;
      cert = issuer.cert;
    }
    return false;
  };
}

function newestOf(
  crls: readonly CrlFacts[],
  ca: X509Certificate,
): CrlFacts | undefined {
  return crls
    .filter((crl) => crl.isSignedBy(ca))
    .toSorted((a, b) => +b.thisUpdate - +a.thisUpdate)[0];
}

function derOf(pem: string): Buffer {
  return Buffer.from(pem.replaceAll(/-----[^\n]*-----|\s/g, ''), 'base64');
}
