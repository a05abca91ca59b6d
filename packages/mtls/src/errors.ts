import { printable, printableAscii, type FaultFacts } from '@kickd/protocol';

const fetchCrls = 'puppet ssl bootstrap --crl_refresh_interval 1';
const newCert =
  'on the CA host: puppetserver ca clean --certname NAME; then here: puppet ssl clean; puppet ssl bootstrap';

const facts = (code: string, message: string, remedy: string): FaultFacts => ({
  code,
  exitCode: 3,
  message,
  remedy,
});

/** Every error about keys, certificates and CRLs that a person can meet. Exit code 3: configuration. */
export const errors = {
  fileMissing: (what: string, file: string) =>
    facts(
      'TLS_FILE_MISSING',
      `the ${what} file ${printable(file)} does not exist`,
      `get the files from the CA: puppet ssl bootstrap; or name others: puppet config print ssldir`,
    ),
  fileUnreadable: (what: string, file: string, why: string) =>
    facts(
      'TLS_FILE_UNREADABLE',
      `the ${what} file ${printable(file)} cannot be read: ${printable(why)}`,
      `look who may read it: namei -l ${printable(file)}`,
    ),
  keyUnreadable: (file: string, why: string) =>
    facts(
      'KEY_UNREADABLE',
      `the key ${printable(file)} cannot be read: ${printable(why)}`,
      `Puppet keeps its keys 0640 for its own user and group: namei -l ${printable(file)}; ` +
        `give this program a certificate of its own, which its user can read: ` +
        `puppetserver ca generate --certname NAME; or run it with the key's group`,
    ),
  keyExposed: (file: string, mode: string) =>
    facts(
      'KEY_EXPOSED',
      `everybody on this host may read the key ${printable(file)} (mode ${mode})`,
      `chmod o= ${printable(file)}; if others use this host, get a new pair: ${newCert}`,
    ),
  fileWritable: (file: string, mode: string) =>
    facts(
      'TLS_FILE_WRITABLE',
      `others than its owner may change ${printable(file)} (mode ${mode}), and with it whom this program trusts`,
      `chmod go-w ${printable(file)}`,
    ),
  fileEmpty: (what: string, file: string) =>
    facts(
      'TLS_FILE_EMPTY',
      `the ${what} file ${printable(file)} is empty`,
      what === 'key'
        ? `look for a copy in a backup; only if there is none, get a new pair: ${newCert}`
        : `fetch it: ${fetchAnew(file)}`,
    ),
  fileDer: (what: string, file: string) =>
    facts(
      'TLS_FILE_DER',
      `the ${what} file ${printable(file)} is DER and has to be PEM`,
      `convert it: openssl ${commandFor(what)} -inform der -in ${printable(file)} -out ${printable(file)}.pem`,
    ),
  fileUtf16: (what: string, file: string) =>
    facts(
      'TLS_FILE_UTF16',
      `the ${what} file ${printable(file)} is UTF-16, PEM is ASCII`,
      `convert it: iconv -f UTF-16 -t ASCII ${printable(file)} -o ${printable(file)}.pem`,
    ),
  fileDamaged: (what: string, file: string, why: string) =>
    facts(
      'TLS_FILE_DAMAGED',
      `the ${what} file ${printable(file)} is damaged: ${printable(why)}`,
      what === 'key'
        ? `ask openssl: openssl pkey -in ${printable(file)} -noout; ${keyAfterOpenssl(file)}`
        : `look at it: openssl ${commandFor(what)} -in ${printable(file)} -noout; ${again(file)}`,
    ),
  keyKind: (file: string, kind: string) =>
    facts(
      'KEY_KIND',
      `the key ${printable(file)} is ${printable(kind)}; TLS here wants P-256, P-384, P-521, Ed25519 or RSA`,
      `look: openssl pkey -in ${printable(file)} -noout -text_pub; then get a certificate with a key of one of those kinds, and name the new files in tls.cert and tls.key`,
    ),
  keyInOpenFile: (what: string, file: string) =>
    facts(
      'KEY_EXPOSED',
      `a private key stands in the ${what} file ${printable(file)}, which everybody on this host may read`,
      `chmod o= ${printable(file)}; if others use this host, get a new pair: ${newCert}`,
    ),
  certMissing: (file: string) =>
    facts(
      'CERT_EMPTY',
      `no certificate stands in ${printable(file)}`,
      `get it from the CA: puppet ssl download_cert`,
    ),
  keyMissing: (file: string) =>
    facts(
      'KEY_EMPTY',
      `no private key stands in ${printable(file)}`,
      `look at it: grep -a BEGIN ${printable(file)}; one line should read BEGIN RSA PRIVATE KEY, BEGIN EC PRIVATE KEY or BEGIN PRIVATE KEY`,
    ),
  keyEncrypted: (file: string) =>
    facts(
      'KEY_ENCRYPTED',
      `the key ${printable(file)} is encrypted`,
      `write one without a passphrase, readable by its owner alone: openssl pkey -in ${printable(file)} -out KEY.pem; chmod 0600 KEY.pem`,
    ),
  certKeyMismatch: (cert: string, key: string) =>
    facts(
      'CERT_KEY_MISMATCH',
      `the key ${printable(key)} does not belong to the certificate ${printable(cert)}`,
      `compare: openssl x509 -in ${printable(cert)} -noout -pubkey; openssl pkey -in ${printable(key)} -pubout`,
    ),
  caEmpty: (file: string) =>
    facts(
      'CA_EMPTY',
      `no CA certificate stands in ${printable(file)}`,
      `look what it holds: grep -a BEGIN ${printable(file)}; then fetch the CA's bundle: ${fetchAnew(file)}`,
    ),
  crlEmpty: (file: string) =>
    facts(
      'CRL_EMPTY',
      `no CRL stands in ${printable(file)}, so nobody could ever be revoked`,
      `look what it holds: grep -a BEGIN ${printable(file)}; then fetch the CA's CRLs: ${fetchAnew(file)}`,
    ),
  crlDamaged: (file: string, nth: number) =>
    facts(
      'CRL_DAMAGED',
      `CRL ${nth} of ${printable(file)} cannot be read as a CRL`,
      `look at it: openssl crl -in ${printable(file)} -noout -text`,
    ),
  crlNotUnderstood: (
    file: string,
    nth: number,
    issuer: string,
    why: string,
    isNeeded: boolean,
  ) =>
    facts(
      'CRL_NOT_UNDERSTOOD',
      `CRL ${nth} of ${printable(file)}, of ${printableAscii(issuer)}, covers nobody: ${printable(why)}`,
      (isNeeded
        ? 'only a full CRL of the CA counts: publish one with every revocation in it, and leave only that in the file'
        : 'no CA that counts here has this name: it can be taken out') +
        `; look: ${listOfCrls(file)}`,
    ),
  crlNotSigned: (file: string, nth: number, issuer: string) =>
    facts(
      'CRL_NOT_SIGNED',
      `CRL ${nth} of ${printable(file)} is named as of ${printableAscii(issuer)}, and no CA certificate of that name here has signed it: it covers nobody`,
      `a CA made anew, or damaged: fetch the newest: ${fetchCrls}; look: ${listOfCrls(file)}`,
    ),
  crlNotCovering: (file: string, ca: string) =>
    facts(
      'CRL_NOT_COVERING',
      `no CRL in ${printable(file)} is signed by the CA ${printable(ca)}`,
      `every CA of our chain needs its CRL: ${fetchCrls}; look: ${listOfCrls(file)}`,
    ),
  crlExpired: (file: string, ca: string, at: string) =>
    facts(
      'CRL_EXPIRED',
      `the CRL of ${printable(ca)} in ${printable(file)} expired at ${at}, so every peer is refused`,
      `fetch a new one: ${fetchCrls}; if that is as old, the CA writes one with each revocation: puppetserver ca generate --certname crl-renewal; puppetserver ca clean --certname crl-renewal`,
    ),
  crlNotYetValid: (file: string, ca: string, at: string) =>
    facts(
      'CRL_NOT_YET_VALID',
      `the CRL of ${printable(ca)} in ${printable(file)} is from the future: ${at}`,
      `compare the clocks of this host and of the CA: timedatectl`,
    ),
  crlExpiresSoon: (file: string, ca: string, at: string) =>
    facts(
      'CRL_EXPIRES_SOON',
      `the CRL of ${printable(ca)} in ${printable(file)} expires at ${at}`,
      `fetch a new one: ${fetchCrls}`,
    ),
  crlBackwards: (file: string, ca: string, was: string, is: string) =>
    facts(
      'CRL_BACKWARDS',
      `the CRL of ${printable(ca)} in ${printable(file)} went back from ${was} to ${is}: an old copy?`,
      `fetch the newest: ${fetchCrls}; if the CA itself was restored from a backup, restart this service`,
    ),
  crlUnnumbered: (file: string, ca: string) =>
    facts(
      'CRL_UNNUMBERED',
      `the CRL of ${printable(ca)} in ${printable(file)} has no number, so an old copy cannot be noticed`,
      `look: openssl crl -in ${printable(file)} -noout -crlnumber`,
    ),
  certExpired: (file: string, at: string) =>
    facts(
      'CERT_EXPIRED',
      `the certificate ${printable(file)} expired at ${at}`,
      `renew it: ${newCert}`,
    ),
  certNotYetValid: (file: string, at: string) =>
    facts(
      'CERT_NOT_YET_VALID',
      `the certificate ${printable(file)} is not valid before ${at}`,
      `compare the clocks of this host and of the CA: timedatectl`,
    ),
  certExpiresSoon: (file: string, at: string) =>
    facts(
      'CERT_EXPIRES_SOON',
      `the certificate ${printable(file)} expires at ${at}`,
      `renew it (Puppet 8 does so by itself): ${newCert}`,
    ),
  certRevoked: (file: string) =>
    facts(
      'CERT_REVOKED',
      `our own certificate ${printable(file)} is revoked, so every peer will refuse it`,
      `get a new one: ${newCert}`,
    ),
  certUnknownCa: (file: string, ca: string) =>
    facts(
      'CERT_UNKNOWN_CA',
      `no CA in ${printable(ca)} signed the certificate ${printable(file)}`,
      `look: openssl verify -CAfile ${printable(ca)} ${printable(file)}; if the CA was made anew: mv ${printable(ca)} ${printable(ca)}.old; ${newCert}`,
    ),
  certUsage: (file: string, usage: string) =>
    facts(
      'CERT_USAGE',
      `the certificate ${printable(file)} is not made for ${usage}`,
      `look: openssl x509 -in ${printable(file)} -noout -ext extendedKeyUsage; Puppet's CA gives serverAuth and clientAuth`,
    ),
  certName: (file: string, why: string) =>
    facts(
      'CERT_NAME',
      `the certificate ${printable(file)} gives no certname: ${why}`,
      `look: openssl x509 -in ${printable(file)} -noout -subject -ext subjectAltName`,
    ),
  caExpired: (file: string, ca: string, at: string) =>
    facts(
      'CA_EXPIRED',
      `the CA ${printable(ca)} in ${printable(file)} expired at ${at}`,
      `no other certificate of this CA stands there; look at all: ${listOf(file)}; where the CA is renewed already, fetch its bundle: ${fetchAnew(file)}; else renew it first, then do so on every host`,
    ),
  caSpareExpired: (
    file: string,
    ca: string,
    at: string,
    carriedBy: string | undefined,
  ) =>
    facts(
      'CA_SPARE_EXPIRED',
      `a certificate of the CA ${printableAscii(ca)} in ${printable(file)} expired at ${at}: ` +
        (carriedBy === undefined
          ? 'nobody is let in by it'
          : `another certificate of the same key carries our chain until ${carriedBy}`),
      `nothing has to be done; it can be taken out of the file: ${listOf(file)}`,
    ),
  caSpareNotYetValid: (file: string, ca: string, at: string) =>
    facts(
      'CA_SPARE_NOT_YET_VALID',
      `a certificate of the CA ${printableAscii(ca)} in ${printable(file)} is not valid before ${at}; our own chain does not need it until then`,
      `nothing has to be done if the CA is being renewed; else compare the clocks of this host and of the CA: timedatectl`,
    ),
  caUncovered: (file: string, ca: string, crl: string) =>
    facts(
      'CA_UNCOVERED',
      `no CRL in ${printable(crl)} is signed by the CA ${printableAscii(ca)} of ${printable(file)}: nobody of it is let in; our own chain does not need it`,
      `to let its hosts in, add its CRL to ${printable(crl)}; else take it out of the bundle: ${listOf(file)}`,
    ),
  caNotYetValid: (file: string, ca: string, at: string) =>
    facts(
      'CA_NOT_YET_VALID',
      `the CA ${printable(ca)} in ${printable(file)} is not valid before ${at}`,
      `compare the clocks of this host and of the CA: timedatectl`,
    ),
  caExpiresSoon: (file: string, ca: string, at: string) =>
    facts(
      'CA_EXPIRES_SOON',
      `the CA ${printable(ca)} in ${printable(file)} expires at ${at}`,
      `plan its renewal: openssl x509 -in ${printable(file)} -noout -enddate`,
    ),
  caIncomplete: (file: string, ca: string) =>
    facts(
      'CA_INCOMPLETE',
      `the bundle ${printable(file)} holds ${printable(ca)} without the CA that signed it`,
      `fetch the whole bundle: ${fetchAnew(file)}`,
    ),
  caNotACa: (file: string, name: string) =>
    facts(
      'CA_NOT_A_CA',
      `${printable(name)} in ${printable(file)} is not a CA certificate`,
      `leave only CA certificates in it: openssl x509 -in ${printable(file)} -noout -ext basicConstraints`,
    ),
  serverNameMismatch: (wanted: string, got: string) =>
    facts(
      'SERVER_NAME_MISMATCH',
      `the host that answered is not ${printable(wanted)}: ${got}`,
      `look what answers there: openssl s_client -connect ADDRESS:8139 </dev/null | openssl x509 -noout -subject; then correct the address or the certname of that host`,
    ),
  materialNotTaken: (why: string) =>
    facts(
      'TLS_NOT_TAKEN',
      `TLS does not take the key, certificate, CA and CRL files: ${printable(why)}`,
      `look for a short key or an old signature: openssl x509 -in CERT.pem -noout -text`,
    ),
  puppetConfVariable: (setting: string, variable: string) =>
    facts(
      'PUPPET_CONF_VARIABLE',
      `the setting ${printable(setting)} in puppet.conf uses $${printable(variable)}, which is not known or leads in a circle`,
      `look what Puppet makes of it: puppet config print --section agent ${printable(setting)}; then write that value into puppet.conf`,
    ),
  serverUsage: (certname: string) =>
    facts(
      'SERVER_USAGE',
      `the certificate of ${printable(certname)} is not made for serverAuth`,
      `look on that host: openssl x509 -in "$(puppet config print hostcert)" -noout -ext extendedKeyUsage; Puppet's CA gives serverAuth and clientAuth`,
    ),
} as const;

function commandFor(what: string): 'x509' | 'crl' | 'pkey' {
  if (what === 'CRL') return 'crl';
  return what === 'key' ? 'pkey' : 'x509';
}

/** Fetching anew, with a copy of what was there. */
function fetchAnew(file: string): string {
  return `mv ${printable(file)} ${printable(file)}.old; puppet ssl bootstrap`;
}

function again(file: string): string {
  return `if openssl cannot read it either, fetch it again: ${fetchAnew(file)}`;
}

/** A key cannot be fetched, and a new one is a new identity. */
function keyAfterOpenssl(file: string): string {
  return (
    `if it prints nothing, the key is good: write it anew: openssl pkey -in ${printable(file)} -out ${printable(file)}.new && cp ${printable(file)}.new ${printable(file)} (cp keeps its owner and mode); ` +
    `if it prints an error, look for a copy in a backup; only if there is none, get a new pair: ${newCert}`
  );
}

/** Subject, issuer and dates of every certificate of a file. */
function listOf(file: string): string {
  return `openssl storeutl -noout -text -certs ${printable(file)} | grep -E 'Issuer:|Not After|Subject:'`;
}

/** openssl crl reads only the first one of a file. */
function listOfCrls(file: string): string {
  return `openssl storeutl -noout -text -crls ${printable(file)} | grep -E 'Issuer:|Update:|critical|CRL Number' -A 1`;
}
