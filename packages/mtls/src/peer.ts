import { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { printableAscii, type Certname } from '@kickd/protocol';
import { peerName } from './peer-name.ts';
import { isoOf } from './iso-time.ts';
import { peerRemedy, type PeerCode } from './peer-errors.ts';
import { commonNames } from './x509-name.ts';

/** Whom TLS proved to be at the other end, or why nobody. All text is printable. */
export type Peer =
  | {
      kind: 'known';
      certname: Certname;
      /** hexadecimal, upper case */
      serial: string;
      /** SHA-256, `AB:CD:…` */
      fingerprint: string;
    }
  | {
      kind: 'refused';
      code: PeerCode;
      message: string;
      remedy: string;
      /** what the certificate claims; proves nothing */
      certname?: string;
      serial?: string;
      /** SHA-256, `AB:CD:…` */
      fingerprint?: string;
      issuer?: string;
      notBefore?: string;
      notAfter?: string;
    };

const usages = {
  client: { oid: '1.3.6.1.5.5.7.3.2', word: 'clientAuth' },
  server: { oid: '1.3.6.1.5.5.7.3.1', word: 'serverAuth' },
};

/** OpenSSL's words (Node: X509ErrorCode) in ours; whatever is missing here is PEER_REFUSED. */
const codes: Record<string, PeerCode> = {
  CERT_HAS_EXPIRED: 'PEER_EXPIRED',
  CERT_NOT_YET_VALID: 'PEER_NOT_YET_VALID',
  CERT_REVOKED: 'PEER_REVOKED',
  UNABLE_TO_GET_CRL: 'PEER_CRL_MISSING',
  CRL_HAS_EXPIRED: 'PEER_CRL_EXPIRED',
  INVALID_PURPOSE: 'PEER_USAGE',
  UNABLE_TO_GET_ISSUER_CERT: 'PEER_UNKNOWN_CA',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'PEER_UNKNOWN_CA',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'PEER_UNKNOWN_CA',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'PEER_UNKNOWN_CA',
  SELF_SIGNED_CERT_IN_CHAIN: 'PEER_UNKNOWN_CA',
  CERT_SIGNATURE_FAILURE: 'PEER_UNKNOWN_CA',
};

/**
 * What `socket.getPeerX509Certificate()` gives, which keeps the certificate of each connection for ever:
 * 10 kB each, in every Node 24 that was tried (docs/decisions/0012-memory.md).
 */
export function peerCertificate(
  socket: TLSSocket,
): X509Certificate | undefined {
  // empty where no certificate was shown, whatever its type says
  const { raw } = socket.getPeerCertificate() as { raw?: Buffer };
  return raw === undefined ? undefined : new X509Certificate(raw);
}

/**
 * Judges the certificate at the other end of a finished handshake. Never throws; reads the
 * certificate once, so the answer is kept (`peerOf`) and not asked for again.
 * @param role what the peer is: 'client' when we listen, 'server' when we connected
 * @param cas our CAs (PEM), to tell a foreign CA from a missing CRL: OpenSSL's last word is the same
 */
export function judgePeer(
  socket: TLSSocket,
  role: 'client' | 'server',
  cas?: readonly string[],
): Peer {
  const cert = peerCertificate(socket);
  if (cert === undefined)
    return refusedPeer(
      'PEER_NO_CERTIFICATE',
      'no certificate was shown',
      undefined,
    );
  // A resumed session was judged at another time, under another CRL. Tickets are off; this is the
  // second lock on the same door (nodejs/node#35317).
  if (socket.isSessionReused())
    return refusedPeer('PEER_REFUSED', 'the TLS session was resumed', cert);
  if (!socket.authorized) {
    const word = String(socket.authorizationError);
    const known = codes[word] ?? 'PEER_REFUSED';
    const code =
      known === 'PEER_CRL_MISSING' && cas && !isIssuedBy(cert, cas)
        ? 'PEER_UNKNOWN_CA'
        : known;
    return refusedPeer(
      code,
      `the certificate was refused: ${printableAscii(word)}`,
      cert,
    );
  }
  const usage = usages[role];
  // Node takes a certificate without any EKU for any purpose. Puppet's CA always writes them.
  if (!cert.keyUsage?.includes(usage.oid))
    return refusedPeer(
      'PEER_USAGE',
      `the certificate is not made for ${usage.word}`,
      cert,
    );
  const name = peerName(nameFacts(cert));
  if (name.kind === 'refused')
    return refusedPeer(
      name.code,
      `the certificate names nobody: ${name.reason}`,
      cert,
    );
  return {
    kind: 'known',
    certname: name.certname,
    serial: cert.serialNumber,
    fingerprint: cert.fingerprint256,
  };
}

/** What `peerName` reads, of a certificate as node:crypto has it. */
export function nameFacts(cert: X509Certificate): {
  commonName: unknown;
  subjectAltName: string | undefined;
} {
  return {
    commonName: commonNames(cert),
    subjectAltName: cert.subjectAltName,
  };
}

function isIssuedBy(cert: X509Certificate, cas: readonly string[]): boolean {
  return cas.some((pem) => {
    const ca = new X509Certificate(pem);
    return cert.checkIssued(ca) && cert.verify(ca.publicKey);
  });
}

/** A peer that is nobody, with what its certificate claims. */
export function refusedPeer(
  code: PeerCode,
  message: string,
  cert: X509Certificate | undefined,
): Peer {
  if (cert === undefined)
    return { kind: 'refused', code, message, remedy: peerRemedy(code) };
  const name = peerName(nameFacts(cert));
  const certname = name.kind === 'certname' ? name.certname : name.shown;
  const hint = name.kind === 'certname' ? name.certname : undefined;
  return {
    kind: 'refused',
    code,
    message: `${message} (${certname === '' ? 'no name' : certname}, serial ${cert.serialNumber})`,
    remedy: peerRemedy(code, hint),
    certname,
    serial: cert.serialNumber,
    fingerprint: cert.fingerprint256,
    issuer: printableAscii(cert.issuer.replaceAll('\n', ', ')),
    notBefore: isoOf(cert.validFromDate),
    notAfter: isoOf(cert.validToDate),
  };
}
