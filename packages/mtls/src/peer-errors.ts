/** Why a peer is nobody. Stable words: they cross the wire in the 403 and stand in the audit log. */
export type PeerCode =
  | 'PEER_NO_CERTIFICATE'
  | 'PEER_UNKNOWN_CA'
  | 'PEER_EXPIRED'
  | 'PEER_NOT_YET_VALID'
  | 'PEER_REVOKED'
  | 'PEER_USAGE'
  | 'PEER_CRL_MISSING'
  | 'PEER_CRL_EXPIRED'
  | 'PEER_NAME_AMBIGUOUS'
  | 'PEER_NAME_INVALID'
  | 'PEER_NAME_NOT_IN_SAN'
  | 'PEER_REFUSED';

/**
 * What the person at the refused end types next.
 * @param certname of the refused peer, where it is a valid one
 */
export function peerRemedy(code: PeerCode, certname = 'NAME'): string {
  const look = `openssl x509 -in "$(puppet config print hostcert)" -noout`;
  const anew =
    `on the CA host: puppetserver ca clean --certname ${certname}; ` +
    `then on the refused host: puppet ssl clean; puppet ssl bootstrap`;
  switch (code) {
    case 'PEER_NO_CERTIFICATE':
      return `show one: curl --cert CERT.pem --key KEY.pem --cacert CA.pem …; or get one: puppet ssl bootstrap`;
    case 'PEER_UNKNOWN_CA':
      return `compare the CAs of both hosts: ${look} -issuer; puppet ssl verify`;
    case 'PEER_EXPIRED':
      return `look: ${look} -dates; renew it: puppet ssl renew_cert; or ${anew}`;
    case 'PEER_NOT_YET_VALID':
      return `compare the clocks of both hosts: timedatectl; and ${look} -dates`;
    case 'PEER_REVOKED':
      return `get a new certificate: ${anew}; or the CA above it was revoked: openssl crl -in "$(puppet config print hostcrl)" -noout -text`;
    case 'PEER_USAGE':
      return `look: ${look} -ext extendedKeyUsage; Puppet's CA gives serverAuth and clientAuth: ${anew}`;
    case 'PEER_CRL_MISSING':
      return `the CA above this certificate is unknown to the host that refuses, or its CRL is missing there; compare: ${look} -issuer; and fetch a CRL for every CA there: puppet ssl download_crl`;
    case 'PEER_CRL_EXPIRED':
      return `on the host that refuses, fetch a new CRL: puppet ssl download_crl; look: openssl crl -in "$(puppet config print hostcrl)" -noout -nextupdate`;
    case 'PEER_NAME_AMBIGUOUS':
    case 'PEER_NAME_INVALID':
    case 'PEER_NAME_NOT_IN_SAN':
      return `look: ${look} -subject -ext subjectAltName; exactly one CN, lower case, among the DNS names: ${anew}`;
    case 'PEER_REFUSED':
      return `look: puppet ssl verify; ${look} -text`;
  }
}
