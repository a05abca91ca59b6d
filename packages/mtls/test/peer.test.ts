import { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { createPki, type IssueOptions } from '@kickd/testkit';
import t from 'tap';
import { peerRemedy, type PeerCode } from '../src/peer-errors.ts';
import {
  judgePeer,
  nameFacts,
  peerCertificate,
  refusedPeer,
} from '../src/peer.ts';
import { scanPem } from '../src/pem.ts';

const web1 = 'web1.example.com';
const pki = createPki();
const casOf = (ca: string): string[] =>
  scanPem(ca, () => true).blocks.map(({ pem }) => pem);
const certOf = (options: Partial<IssueOptions> = {}): X509Certificate =>
  new X509Certificate(pki.issue({ certname: web1, ...options }).cert);

/** The end of a handshake: what Node's socket says about the other end. */
const socketOf = (
  cert: Pick<X509Certificate, 'raw'> | undefined,
  more: { word?: string; isReused?: boolean } = {},
): TLSSocket =>
  ({
    getPeerCertificate: () => (cert === undefined ? {} : { raw: cert.raw }),
    isSessionReused: () => more.isReused === true,
    authorized: more.word === undefined,
    authorizationError: more.word,
  }) as unknown as TLSSocket;

/** What is told of a certificate whoever refuses it, and for whatever. */
const factsOf = (cert: X509Certificate) => ({
  serial: cert.serialNumber,
  fingerprint: cert.fingerprint256,
  issuer: 'CN=Puppet CA: puppet.example.com',
  notBefore: cert.validFromDate.toISOString(),
  notAfter: cert.validToDate.toISOString(),
});
const refusedAs = (code: PeerCode, why: string, cert: X509Certificate) => ({
  kind: 'refused',
  code,
  message: `${why} (${web1}, serial ${cert.serialNumber})`,
  remedy: peerRemedy(code, web1),
  certname: web1,
  ...factsOf(cert),
});

t.test('the certificate that was shown, or none', (t) => {
  const cert = certOf();
  t.equal(peerCertificate(socketOf(undefined)), undefined);
  t.strictSame(peerCertificate(socketOf(cert))?.raw, cert.raw);
  t.end();
});

t.test('known by its name, where it is made for what it does', (t) => {
  const cases: [Partial<IssueOptions>, client: boolean, server: boolean][] = [
    [{}, true, true],
    [{ san: null }, true, true],
    [{ san: ['puppet', web1] }, true, true],
    [{ eku: ['clientAuth'] }, true, false],
    [{ eku: ['serverAuth'] }, false, true],
    [{ eku: null }, false, false],
    [{ eku: ['anyExtendedKeyUsage'] }, false, false],
  ];
  for (const [options, isClient, isServer] of cases) {
    const cert = certOf(options);
    const known = {
      kind: 'known',
      certname: web1,
      serial: cert.serialNumber,
      fingerprint: cert.fingerprint256,
    };
    const unfit = (word: string) =>
      refusedAs('PEER_USAGE', `the certificate is not made for ${word}`, cert);
    t.strictSame(
      judgePeer(socketOf(cert), 'client'),
      isClient ? known : unfit('clientAuth'),
    );
    t.strictSame(
      judgePeer(socketOf(cert), 'server'),
      isServer ? known : unfit('serverAuth'),
    );
  }
  t.end();
});

t.test('nobody without a certificate', (t) => {
  for (const more of [{}, { isReused: true }, { word: 'CERT_REVOKED' }])
    t.strictSame(judgePeer(socketOf(undefined, more), 'client'), {
      kind: 'refused',
      code: 'PEER_NO_CERTIFICATE',
      message: 'no certificate was shown',
      remedy: peerRemedy('PEER_NO_CERTIFICATE'),
    });
  t.end();
});

t.test('nobody in a session that was resumed, accepted or not', (t) => {
  const cert = certOf();
  for (const more of [{}, { word: 'CERT_REVOKED' }])
    t.strictSame(
      judgePeer(socketOf(cert, { ...more, isReused: true }), 'client'),
      refusedAs('PEER_REFUSED', 'the TLS session was resumed', cert),
    );
  t.end();
});

t.test('the words of OpenSSL in ours', (t) => {
  const words: Record<string, PeerCode> = {
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
    PATH_LENGTH_EXCEEDED: 'PEER_REFUSED',
    '': 'PEER_REFUSED',
  };
  const cert = certOf();
  for (const [word, code] of Object.entries(words))
    t.strictSame(
      judgePeer(socketOf(cert, { word }), 'client', casOf(pki.ca)),
      refusedAs(code, `the certificate was refused: ${word}`, cert),
      word,
    );
  t.match(judgePeer(socketOf(cert, { word: 'odd\u001b' }), 'client'), {
    code: 'PEER_REFUSED',
    message: /refused: odd\\u\{1b\} \(/,
  });
  t.end();
});

t.test('a CRL that is missing, told from a CA that is not ours', (t) => {
  const cert = certOf();
  const [intermediate = '', root = ''] = casOf(pki.ca);
  const damaged = Buffer.from(cert.raw);
  // the last byte of its signature
  damaged.writeUInt8(
    damaged.readUInt8(damaged.length - 1) ^ 1,
    damaged.length - 1,
  );
  const cases: [string, X509Certificate, string[] | undefined, PeerCode][] = [
    ['ours', cert, [intermediate], 'PEER_CRL_MISSING'],
    ['ours among others', cert, [root, intermediate], 'PEER_CRL_MISSING'],
    ['nobody says', cert, undefined, 'PEER_CRL_MISSING'],
    ['no CA', cert, [], 'PEER_UNKNOWN_CA'],
    ['others', cert, [root], 'PEER_UNKNOWN_CA'],
    ['others of our name', cert, casOf(createPki().ca), 'PEER_UNKNOWN_CA'],
    [
      'ours in name alone',
      new X509Certificate(damaged),
      [intermediate],
      'PEER_UNKNOWN_CA',
    ],
  ];
  for (const [what, shown, cas, code] of cases)
    t.strictSame(
      judgePeer(socketOf(shown, { word: 'UNABLE_TO_GET_CRL' }), 'client', cas),
      refusedAs(code, 'the certificate was refused: UNABLE_TO_GET_CRL', shown),
      what,
    );
  t.match(
    judgePeer(socketOf(cert, { word: 'CERT_REVOKED' }), 'client', []),
    { code: 'PEER_REVOKED' },
    'every other word stays',
  );
  t.end();
});

t.test('nobody by a name that is none', (t) => {
  const cases: [
    Partial<IssueOptions>,
    PeerCode,
    reason: string,
    shown: string,
    certname: string,
  ][] = [
    [
      {
        subject: [
          ['CN', web1],
          ['CN', 'b'],
        ],
      },
      'PEER_NAME_AMBIGUOUS',
      `several CNs: ${web1} + b`,
      `${web1} + b`,
      `${web1} + b`,
    ],
    [
      { subject: [['CN', 'WEB1']] },
      'PEER_NAME_INVALID',
      'CN WEB1 is not a certname',
      'WEB1',
      'WEB1',
    ],
    [
      { subject: [['O', 'Example']] },
      'PEER_NAME_INVALID',
      'no CN',
      'no name',
      '',
    ],
    [
      { san: ['puppet'] },
      'PEER_NAME_NOT_IN_SAN',
      `CN ${web1} is not among the DNS names puppet`,
      web1,
      web1,
    ],
  ];
  for (const [options, code, reason, shown, certname] of cases) {
    const cert = certOf(options);
    t.strictSame(judgePeer(socketOf(cert), 'client'), {
      kind: 'refused',
      code,
      message: `the certificate names nobody: ${reason} (${shown}, serial ${cert.serialNumber})`,
      // never a name that it has no right to
      remedy: peerRemedy(code),
      certname,
      ...factsOf(cert),
    });
  }
  t.end();
});

t.test('an issuer of several parts, in one line', (t) => {
  const cert = certOf();
  const odd = Object.create(cert, {
    raw: { value: cert.raw },
    subjectAltName: { value: cert.subjectAltName },
    serialNumber: { value: 'AB' },
    fingerprint256: { value: 'AB:CD' },
    issuer: { value: 'O=Example\nOU=a\u001b\nCN=b' },
    validFromDate: { value: new Date(0) },
    validToDate: { value: new Date(Number.NaN) },
  }) as X509Certificate;
  t.strictSame(refusedPeer('PEER_REVOKED', 'revoked', odd), {
    kind: 'refused',
    code: 'PEER_REVOKED',
    message: `revoked (${web1}, serial AB)`,
    remedy: peerRemedy('PEER_REVOKED', web1),
    certname: web1,
    serial: 'AB',
    fingerprint: 'AB:CD',
    issuer: String.raw`O=Example, OU=a\u{1b}, CN=b`,
    notBefore: '1970-01-01T00:00:00.000Z',
    notAfter: 'no time',
  });
  t.end();
});

t.test('what a certificate says about names', (t) => {
  t.strictSame(nameFacts(certOf({ san: [web1, 'puppet'] })), {
    commonName: [web1],
    subjectAltName: `DNS:${web1}, DNS:puppet`,
  });
  t.strictSame(nameFacts(certOf({ san: null })), {
    commonName: [web1],
    subjectAltName: undefined,
  });
  t.end();
});
