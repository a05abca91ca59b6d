import { printable, type FaultFacts } from '@kickd/protocol';

/** OpenSSL's verdict on a server's certificate (Node: `error.code`), in our words. */
const verdicts: Record<string, [code: string, why: string, remedy: string]> = {
  CERT_HAS_EXPIRED: [
    'SERVER_EXPIRED',
    'its certificate has expired',
    'on the CA host: puppetserver ca clean --certname NAME; then on that host: puppet ssl clean; puppet ssl bootstrap',
  ],
  CERT_NOT_YET_VALID: [
    'SERVER_NOT_YET_VALID',
    'its certificate is not valid yet',
    'compare the clocks of both hosts: timedatectl',
  ],
  CERT_REVOKED: [
    'SERVER_REVOKED',
    'its certificate is revoked',
    'if it is to live: on the CA host: puppetserver ca clean --certname NAME; then on that host: puppet ssl clean; puppet ssl bootstrap',
  ],
  CRL_HAS_EXPIRED: [
    'SERVER_CRL_EXPIRED',
    'the CRL here has expired, so nobody can be trusted',
    'here: puppet ssl bootstrap --crl_refresh_interval 1',
  ],
  INVALID_PURPOSE: [
    'SERVER_USAGE',
    'its certificate is not made for serverAuth',
    'on that host: openssl x509 -in "$(puppet config print hostcert)" -noout -ext extendedKeyUsage',
  ],
  // The last word about a CA that a server brought along: there is no CRL of it here.
  UNABLE_TO_GET_CRL: unknownCa(),
  UNABLE_TO_GET_ISSUER_CERT: unknownCa(),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownCa(),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownCa(),
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownCa(),
  SELF_SIGNED_CERT_IN_CHAIN: unknownCa(),
  CERT_SIGNATURE_FAILURE: unknownCa(),
};

/**
 * Why we did not trust the server, for a person; undefined where the error is not about its
 * certificate (refused connection, reset, a Fault of `checkServerIdentity`, which speaks for itself).
 */
export function explainServerRefused(
  error: Error,
  certname: string,
): FaultFacts | undefined {
  const [code, why, remedy] =
    ('code' in error ? verdicts[String(error.code)] : undefined) ?? [];
  if (code === undefined || why === undefined || remedy === undefined)
    return undefined;
  return {
    code,
    exitCode: 3,
    message: `${printable(certname)} is not trusted: ${why}`,
    remedy,
  };
}

function unknownCa(): [string, string, string] {
  return [
    'SERVER_UNKNOWN_CA',
    'its certificate comes from a CA that is not ours, or whose CRL is missing here',
    'compare on both hosts: openssl x509 -in "$(puppet config print localcacert)" -noout -fingerprint -sha256; then: puppet ssl verify',
  ];
}
