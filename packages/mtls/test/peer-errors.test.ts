import t from 'tap';
import { peerRemedy, type PeerCode } from '../src/peer-errors.ts';

/** What is typed, and whether the name stands in it. */
const cases: Record<PeerCode, [RegExp, isNamed: boolean]> = {
  PEER_NO_CERTIFICATE: [/curl --cert CERT\.pem --key KEY\.pem/, false],
  PEER_UNKNOWN_CA: [/hostcert\)" -noout -issuer; puppet ssl verify$/, false],
  PEER_EXPIRED: [/-noout -dates; renew it: on the CA host/, true],
  PEER_NOT_YET_VALID: [/timedatectl; and openssl x509/, false],
  PEER_REVOKED: [/print hostcrl\)" -noout -text$/, true],
  PEER_USAGE: [/-ext extendedKeyUsage/, true],
  PEER_CRL_MISSING: [/-issuer; and fetch a CRL for every CA/, false],
  PEER_CRL_EXPIRED: [/-noout -nextupdate$/, false],
  PEER_NAME_AMBIGUOUS: [/-subject -ext subjectAltName; exactly one CN/, true],
  PEER_NAME_INVALID: [/-subject -ext subjectAltName; exactly one CN/, true],
  PEER_NAME_NOT_IN_SAN: [/-subject -ext subjectAltName; exactly one CN/, true],
  PEER_REFUSED: [/^look: puppet ssl verify; openssl x509/, false],
};

for (const [code, [wanted, isNamed]] of Object.entries(cases))
  t.test(`what the refused end types after ${code}`, (t) => {
    const anew = (name: string) =>
      `on the CA host: puppetserver ca clean --certname ${name}; then on the refused host: puppet ssl clean; puppet ssl bootstrap`;
    // the keys of a Record of PeerCode
    const named = peerRemedy(code as PeerCode, 'web1.example.com');
    t.match(named, wanted);
    t.equal(named.includes(anew('web1.example.com')), isNamed);
    t.equal(peerRemedy(code as PeerCode).includes(anew('NAME')), isNamed);
    t.end();
  });
