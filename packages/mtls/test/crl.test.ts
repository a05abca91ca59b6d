import { AsnConvert } from '@peculiar/asn1-schema';
import { CertificateList } from '@peculiar/asn1-x509';
import { X509Certificate } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { createPki, type Pki } from '@kickd/testkit';
import { readCrl } from '../src/crl.ts';
import { splitPem } from '../src/pem.ts';

const dersOf = (pki: Pki): Buffer[] =>
  pki.crls.flatMap((pem) => splitPem(pem).map(({ der }) => der));
const revokeSome = (pki: Pki, count: number): string[] =>
  Array.from({ length: count }, (_, n) => {
    const { cert } = pki.issue({ certname: `gone${String(n)}.example.com` });
    pki.revoke(cert);
    return new X509Certificate(cert).serialNumber;
  });

for (const count of [0, 1, 3, 200]) {
  t.test(`${String(count)} entries, read as the library reads them`, (t) => {
    const pki = createPki();
    const wanted = revokeSome(pki, count);
    const cas = splitPem(pki.ca).map(({ pem }) => new X509Certificate(pem));
    const found = dersOf(pki).flatMap((der) => {
      const crl = readCrl(der);
      const body = AsnConvert.parse(der, CertificateList).tbsCertList;
      t.equal(crl.revoked.size, body.revokedCertificates?.length ?? 0);
      t.same(crl.thisUpdate, body.thisUpdate.getTime());
      t.same(crl.nextUpdate, body.nextUpdate?.getTime());
      t.ok(crl.number !== undefined);
      t.equal(cas.filter((ca) => crl.isSignedBy(ca)).length, 1, 'its own CA');
      return [...crl.revoked];
    });
    t.same(found.toSorted(), wanted.toSorted());
    t.end();
  });
}

t.test(
  'a damaged one is refused or says what its signature does not cover',
  (t) => {
    const pki = createPki();
    revokeSome(pki, 3);
    const cas = splitPem(pki.ca).map(({ pem }) => new X509Certificate(pem));
    const [der = Buffer.of()] = dersOf(pki);
    const { revoked } = readCrl(der);
    fc.assert(
      fc.property(
        fc.nat(der.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        (at, mask, isCut) => {
          const bad = Buffer.from(isCut ? der.subarray(0, at) : der);
          if (!isCut) bad.writeUInt8(bad.readUInt8(at) ^ mask, at);
          try {
            const crl = readCrl(bad);
            const isSigned = cas.some((ca) => crl.isSignedBy(ca));
            return !isSigned || isDeepStrictEqual(crl.revoked, revoked);
          } catch (error) {
            return error instanceof Error;
          }
        },
      ),
      { numRuns: 2000 },
    );
    t.end();
  },
);
