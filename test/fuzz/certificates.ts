import { X509Certificate } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { createPki } from '@kickd/testkit';
import { readCrl, type CrlFacts } from '../../packages/mtls/src/crl.ts';
import { signOddCrl } from '../../packages/mtls/test/odd-crl.ts';
import { nameFacts } from '../../packages/mtls/src/peer.ts';
import { peerName } from '../../packages/mtls/src/peer-name.ts';
import { scanPem } from '../../packages/mtls/src/pem.ts';
import { findCrls } from '../../packages/mtls/src/read-crls.ts';
import { buildTrust } from '../../packages/mtls/src/trust.ts';
import {
  isCertificateLabel,
  plainCertificate,
} from '../../packages/mtls/src/trusted-certificate.ts';
import { mutationsOf } from './mutations.ts';
import { isPrintable } from './rules.ts';
import { expectTrue, type Target } from './target.ts';

const words = [
  ...['-----BEGIN X509 CRL-----\n', '-----END X509 CRL-----\n'],
  ...['-----BEGIN CERTIFICATE-----', '-----END CERTIFICATE-----', '-----'],
  ...['-----BEGIN TRUSTED CERTIFICATE-----\n', 'Proc-Type: 4,ENCRYPTED\n\n'],
];

/** CRLs, certificates and PEM files, damaged as text and as DER: what a CA has signed is read as it was, or not at all. */
export function createCertificateTargets(): Target[] {
  const pki = createPki({ tier: 'single' });
  const gone = Array.from({ length: 3 }, (_, n) =>
    pki.issue({ certname: `gone${String(n)}.example.com` }),
  );
  for (const { cert } of gone) pki.revoke(cert);
  const delta = signOddCrl(pki, {
    extensions: [['2.5.29.27', true, Buffer.of(2, 1, 1)]],
    entries: [
      {
        serial: '-01',
        extensions: [['2.5.29.21', false, Buffer.of(10, 1, 1)]],
      },
    ],
  });
  const leaf = pki.issue({ certname: 'web1.example.com' });
  const ca = new X509Certificate(pki.ca);
  const dersOf = (text: string): Buffer[] =>
    scanPem(text, () => true).blocks.map(({ der }) => der);
  const crlDers = dersOf(pki.crl + delta);
  const known = crlDers.map((der) => readCrl(der));
  const isAsSigned = (facts: CrlFacts): boolean =>
    !facts.isSignedBy(ca) ||
    known.some(
      ({ revoked, number, obstacle }) =>
        isDeepStrictEqual(revoked, facts.revoked) &&
        number === facts.number &&
        obstacle === facts.obstacle,
    );
  return [
    {
      name: 'CRL',
      inputs: mutationsOf(crlDers),
      batch: 300,
      play: (input) => {
        let facts: CrlFacts;
        try {
          facts = readCrl(Buffer.from(input));
        } catch (error) {
          expectTrue(error instanceof Error, 'thrown, and no error');
          return;
        }
        expectTrue(isAsSigned(facts), 'read otherwise than it was signed');
      },
    },
    {
      name: 'CRL bundle',
      inputs: mutationsOf([pki.crl + delta, delta + pki.crl], words),
      batch: 200,
      play: (input) => {
        const crls = findCrls(Buffer.from(input));
        for (const { facts } of crls)
          expectTrue(isAsSigned(facts), 'read otherwise than it was signed');
        const { forTls } = buildTrust([{ pem: pki.ca, cert: ca }], crls);
        for (const pem of forTls.crl)
          expectTrue(pem !== delta, 'a delta is given to OpenSSL');
      },
    },
    {
      name: 'certificate',
      inputs: mutationsOf(dersOf(leaf.cert + pki.ca)),
      batch: 200,
      play: (input) => {
        let cert: X509Certificate;
        try {
          cert = new X509Certificate(input);
        } catch {
          return;
        }
        const name = peerName(nameFacts(cert));
        if (name.kind === 'refused')
          expectTrue(/^[ -~]*$/.test(name.reason), `raw text: ${name.reason}`);
        buildTrust([{ pem: cert.toString(), cert }], []);
      },
    },
    {
      name: 'PEM',
      inputs: mutationsOf(
        [leaf.cert + pki.ca, leaf.key, `# a comment\r\n${pki.ca}`],
        words,
      ),
      batch: 300,
      play: (input) => {
        const text = Buffer.from(input).toString('latin1');
        const { blocks, damages } = scanPem(text, isCertificateLabel);
        for (const { message } of damages)
          expectTrue(isPrintable(message), `raw text: ${message}`);
        for (const { pem, der } of blocks) {
          const again = scanPem(pem, () => true);
          expectTrue(
            again.damages.length === 0 &&
              again.blocks[0]?.der.equals(der) === true,
            `not read as it is handed on: ${pem}`,
          );
        }
        for (const block of blocks)
          try {
            plainCertificate(block);
          } catch (error) {
            expectTrue((error as Error).name === 'PemError', String(error));
          }
      },
    },
  ];
}
