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
  const wrongName = `look: ${look} -subject -ext subjectAltName; exactly one CN, lower case, among the DNS names: ${anew}`;
  const remedies: Record<PeerCode, string> = {
    PEER_NO_CERTIFICATE: `show one: curl --cert CERT.pem --key KEY.pem --cacert CA.pem https://ADDRESS:8139/status; or get one: puppet ssl bootstrap`,
    PEER_UNKNOWN_CA: `compare the CAs of both hosts: ${look} -issuer; puppet ssl verify`,
    PEER_EXPIRED: `look: ${look} -dates; renew it: ${anew}`,
    PEER_NOT_YET_VALID: `compare the clocks of both hosts: timedatectl; and ${look} -dates`,
    PEER_REVOKED: `get a new certificate: ${anew}; or the CA above it was revoked: openssl crl -in "$(puppet config print hostcrl)" -noout -text`,
    PEER_USAGE: `look: ${look} -ext extendedKeyUsage; Puppet's CA gives serverAuth and clientAuth: ${anew}`,
    PEER_CRL_MISSING: `the CA above this certificate is unknown to the host that refuses, or its CRL is missing there; compare: ${look} -issuer; and fetch a CRL for every CA there: puppet ssl bootstrap --crl_refresh_interval 1`,
    PEER_CRL_EXPIRED: `on the host that refuses, fetch a new CRL: puppet ssl bootstrap --crl_refresh_interval 1; look: openssl crl -in "$(puppet config print hostcrl)" -noout -nextupdate`,
    PEER_NAME_AMBIGUOUS: wrongName,
    PEER_NAME_INVALID: wrongName,
    PEER_NAME_NOT_IN_SAN: wrongName,
    PEER_REFUSED: `look: puppet ssl verify; ${look} -text`,
  };
  return remedies[code];
}
