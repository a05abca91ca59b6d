import type { PeerCertificate } from 'node:tls';
import { Fault, type Certname } from '@kickd/protocol';
import { errors } from './errors.ts';
import { peerName } from './peer-name.ts';

const serverAuth = '1.3.6.1.5.5.7.3.1';

/**
 * `checkServerIdentity` for one certname, exact: no wildcard, no case folding, no other DNS name,
 * whatever address or name was dialled. Node's own falls back to a CN and reads wildcards in it.
 * @returns a function that gives a Fault SERVER_NAME_MISMATCH with wanted and got, or undefined
 */
export function createServerIdentityCheck(
  certname: Certname,
): (dialled: string, cert: PeerCertificate) => Error | undefined {
  return (_dialled, cert) => peerCertnameError(certname, cert);
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
