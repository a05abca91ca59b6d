import { X509Certificate } from 'node:crypto';
import type { PeerCertificate } from 'node:tls';
import { Fault, type Certname } from '@kickd/protocol';
import { explainServerRefused } from './connect-errors.ts';
import { errors } from './errors.ts';
import type { Material } from './material.ts';
import { peerName } from './peer-name.ts';
import { judgeTrust } from './trust-check.ts';

const serverAuth = '1.3.6.1.5.5.7.3.1';

/**
 * `checkServerIdentity` for one certname, exact: no wildcard, no case folding, no other DNS name,
 * whatever address or name was dialled. Node's own falls back to a CN and reads wildcards in it.
 * And on no CRL that counts: OpenSSL has been given one of each CA.
 * @returns a function that gives a Fault SERVER_NAME_MISMATCH with wanted and got, SERVER_REVOKED, or undefined
 */
export function createServerIdentityCheck(
  certname: Certname,
  material: Material,
): (dialled: string, cert: PeerCertificate) => Error | undefined {
  return (_dialled, cert) =>
    peerCertnameError(certname, cert) ??
    revokedError(certname, material, new X509Certificate(cert.raw));
}

function revokedError(
  certname: Certname,
  material: Material,
  cert: X509Certificate,
): Fault | undefined {
  if (judgeTrust(material, cert, new Date()) !== 'revoked') return undefined;
  const verdict = Object.assign(new Error(), { code: 'CERT_REVOKED' });
  const facts = explainServerRefused(verdict, certname);
  return facts && new Fault(facts);
}

/** Why this certificate is not the host's, or undefined where it is. */
export function peerCertnameError(
  certname: Certname,
  cert: PeerCertificate,
): Fault | undefined {
  const name = peerName({
    commonName: cert.subject.CN,
    subjectAltName: cert.subjectaltname,
  });
  if (name.kind === 'refused')
    return new Fault(errors.serverNameMismatch(certname, name.reason));
  if (name.certname !== certname)
    return new Fault(
      errors.serverNameMismatch(certname, `it is ${name.certname}`),
    );
  if (!cert.ext_key_usage?.includes(serverAuth))
    return new Fault(errors.serverUsage(certname));
  return undefined;
}
