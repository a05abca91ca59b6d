import { X509Certificate, type KeyObject } from 'node:crypto';
import { createPki, type Pki } from '@kickd/testkit';
import t from 'tap';
import type { Material } from '../src/material.ts';
import { scanPem } from '../src/pem.ts';
import { readCrlEntries } from '../src/read-crls.ts';
import {
  isInTime,
  isRevoked,
  issuersOf,
  judgeTrust,
  type Trusted,
} from '../src/trust-check.ts';
import { buildTrust, type CaEntry } from '../src/trust.ts';
import { signOddCrl } from './odd-crl.ts';

const certsOf = (pem: string): { pem: string; cert: X509Certificate }[] =>
  scanPem(pem, () => true).blocks.map((block) => ({
    pem: block.pem,
    cert: new X509Certificate(block.pem),
  }));
const entriesOf = (ca: string, crl: string): readonly CaEntry[] =>
  buildTrust(
    certsOf(ca),
    readCrlEntries(scanPem(crl, () => true).blocks, 'crl.pem'),
  ).cas;
const judge = (
  cas: readonly CaEntry[],
  leaf: X509Certificate,
  now = new Date(),
): Trusted => judgeTrust({ trust: { cas } } as unknown as Material, leaf, now);

const web1 = { certname: 'web1.example.com' };
const yearMs = 365 * 24 * 60 * 60 * 1000;
const years = (count: number): Date => new Date(Date.now() + count * yearMs);

t.test('each step of the chain has a CA, and the CA a CRL', (t) => {
  const pki = createPki();
  const [intermediateCrl = '', rootCrl = ''] = pki.crls;
  const [intermediate, root] = certsOf(pki.ca);
  const leaf = new X509Certificate(pki.issue(web1).cert);
  const other = createPki({ name: 'other' });
  const cases: [string, ca: string, crl: string, Trusted][] = [
    ['both CAs', pki.ca, pki.crl, 'trusted'],
    ['among others', other.ca + pki.ca, other.crl + pki.crl, 'trusted'],
    ['no CA', '', '', 'unknown'],
    ['others', other.ca, other.crl, 'unknown'],
    ['no CRL', pki.ca, '', 'unknown'],
    ['no CRL of the root', pki.ca, intermediateCrl, 'unknown'],
    ['no CRL of the intermediate', pki.ca, rootCrl, 'unknown'],
    ['no root', intermediate?.pem ?? '', pki.crl, 'unknown'],
    ['no intermediate', root?.pem ?? '', pki.crl, 'unknown'],
  ];
  for (const [what, ca, crl, wanted] of cases)
    t.equal(judge(entriesOf(ca, crl), leaf), wanted, what);
  const cas = entriesOf(pki.ca, pki.crl);
  t.equal(judge(cas, leaf, years(14.9)), 'trusted', 'the leaf itself is over');
  t.equal(judge(cas, leaf, years(15.1)), 'unknown', 'the CAs are over');
  t.equal(judge(cas, leaf, years(-1)), 'unknown', 'nor is it their time yet');
  t.equal(judge(cas, root?.cert ?? leaf), 'trusted', 'the root itself');
  t.end();
});

t.test('a revocation in any step', (t) => {
  const revoked = (spoil: (pki: Pki, leaf: string) => void): Trusted => {
    const pki = createPki();
    const { cert } = pki.issue(web1);
    spoil(pki, cert);
    return judge(entriesOf(pki.ca, pki.crl), new X509Certificate(cert));
  };
  t.equal(
    revoked((pki, leaf) => pki.revoke(leaf)),
    'revoked',
  );
  t.equal(
    revoked((pki) => pki.revokeIntermediate()),
    'revoked',
  );
  t.equal(
    revoked((pki) => pki.revoke(pki.issue(web1).cert)),
    'trusted',
    'of another',
  );
  t.end();
});

t.test('what is revoked stays so when its CA is over', (t) => {
  const pki = createPki();
  const { cert } = pki.issue(web1);
  pki.revoke(cert);
  const cas = entriesOf(pki.ca, pki.crl);
  t.equal(judge(cas, new X509Certificate(cert), years(16)), 'revoked');
  t.end();
});

/** A certificate of a graph: signed by those keys; its own is its name. */
interface Node {
  id: string;
  signedBy: string[];
  isRevokedBy?: string[];
  hasNoCrl?: boolean;
  isOver?: boolean;
}
const graphOf = (...nodes: Node[]): CaEntry[] =>
  nodes.map(({ id, signedBy, hasNoCrl, isOver }) => {
    const cert = {
      id,
      ca: true,
      serialNumber: id,
      fingerprint256: id,
      validFromDate: new Date(0),
      validToDate: isOver === true ? new Date(1) : years(1),
      checkIssued: (ca: { id: string }) => signedBy.includes(ca.id),
      verify: () => true,
    };
    const revoked = new Set(
      nodes
        .filter(({ isRevokedBy = [] }) => isRevokedBy.includes(id))
        .map((node) => node.id),
    );
    return {
      cert,
      key: {},
      crl: hasNoCrl === true ? undefined : { facts: { revoked } },
      alsoRevokedBy: [],
    } as unknown as CaEntry;
  });

t.test('of several ways up one is enough, none revokes', (t) => {
  const leaf = { id: 'leaf', signedBy: ['a', 'b'] };
  const a = { id: 'a', signedBy: ['root'] };
  const b = { id: 'b', signedBy: ['gone'] };
  const root = { id: 'root', signedBy: ['root'] };
  const loop = { id: 'a', signedBy: ['b'] };
  const back = { id: 'b', signedBy: ['a'] };
  const cases: [string, Node[], Trusted][] = [
    ['one ends', [leaf, a, b, root], 'trusted'],
    ['the other ends', [leaf, b, a, root], 'trusted'],
    ['none ends', [leaf, a, b], 'unknown'],
    [
      'one is revoked above',
      [leaf, { ...a, isRevokedBy: ['root'] }, b, root],
      'revoked',
    ],
    [
      'one is revoked above, the other ends',
      [
        leaf,
        { ...a, isRevokedBy: ['root'] },
        { id: 'b', signedBy: ['second'] },
        root,
        { id: 'second', signedBy: ['second'] },
      ],
      'trusted',
    ],
    [
      'one issuer revokes it',
      [{ ...leaf, isRevokedBy: ['b'] }, a, b, root],
      'revoked',
    ],
    [
      'an issuer that is over revokes it',
      [{ ...leaf, isRevokedBy: ['b'] }, a, { ...b, isOver: true }, root],
      'revoked',
    ],
    ['two that signed each other', [leaf, loop, back], 'unknown'],
    [
      'two that signed each other, and a root',
      [leaf, loop, { id: 'b', signedBy: ['a', 'root'] }, root],
      'trusted',
    ],
    ['one without a CRL', [leaf, { ...a, hasNoCrl: true }, root], 'unknown'],
    ['one that is over', [leaf, { ...a, isOver: true }, root], 'unknown'],
    ['a root alone', [root], 'trusted'],
    ['a root that it revokes', [{ ...root, isRevokedBy: ['root'] }], 'revoked'],
  ];
  for (const [what, nodes, wanted] of cases) {
    const [first, ...rest] = graphOf(...nodes);
    if (first === undefined) throw new Error('no leaf');
    const cas = nodes[0] === leaf || nodes[0]?.id === 'leaf' ? rest : [first];
    t.equal(judge(cas, first.cert), wanted, what);
  }
  t.end();
});

t.test('a chain as long as the bundle, and one step more', (t) => {
  const nodes: Node[] = ['a', 'b', 'c'].map((id, at, all) => ({
    id,
    signedBy: [all[at + 1] ?? id],
  }));
  const [leaf] = graphOf({ id: 'leaf', signedBy: ['a'] });
  if (leaf === undefined) throw new Error('no leaf');
  const trust = graphOf(...nodes);
  t.equal(judge(trust, leaf.cert), 'trusted');
  t.equal(judge(trust.slice(0, 2), leaf.cert), 'unknown');
  t.end();
});

t.test('who may have signed it: by name, key identifier and signature', (t) => {
  const pki = createPki();
  const leaf = new X509Certificate(pki.issue(web1).cert);
  const cas = entriesOf(pki.ca, '');
  const [intermediate, root] = cas;
  if (intermediate === undefined || root === undefined)
    throw new Error('no CAs');
  const sameName = entriesOf(createPki().ca, '');
  t.strictSame(issuersOf(leaf, cas), [intermediate]);
  t.strictSame(issuersOf(intermediate.cert, cas), [root]);
  t.strictSame(issuersOf(root.cert, cas), [root]);
  t.strictSame(issuersOf(leaf, sameName), []);
  t.strictSame(issuersOf(leaf, []), []);
  const without: CaEntry = { ...intermediate, key: undefined };
  t.strictSame(issuersOf(leaf, [without]), [], 'a key that nobody knows');
  const wrongKey: CaEntry = { ...intermediate, key: root.key };
  t.strictSame(issuersOf(leaf, [wrongKey]), [], 'the key of another');
  const noKey = { ...intermediate, key: {} as unknown as KeyObject };
  t.strictSame(issuersOf(leaf, [noKey]), [], 'a key that OpenSSL refuses');
  const noCa = entriesOf(createPki({ intermediateIs: 'no-ca' }).ca, '')[0];
  const renamed = { ...root, key: intermediate.key };
  t.strictSame(issuersOf(leaf, [renamed]), [], 'another name');
  t.equal(noCa?.cert.ca, false);
  t.end();
});

t.test('a certificate that is no CA has signed nothing', (t) => {
  const pki = createPki({ intermediateIs: 'unmarked' });
  const leaf = new X509Certificate(pki.issue(web1).cert);
  const [intermediate] = entriesOf(pki.ca, '');
  t.ok(leaf.verify(intermediate?.key ?? leaf.publicKey), 'though its key has');
  t.strictSame(issuersOf(leaf, entriesOf(pki.ca, '')), []);
  t.end();
});

t.test('revoked by the CRL that is in force, or by another', (t) => {
  const pki = createPki({ tier: 'single' });
  const crlOf = (number: number, ...serials: string[]): string =>
    signOddCrl(pki, { number, entries: serials.map((serial) => ({ serial })) });
  // of two numbers the lower is the later one: both count
  const early = new Date(Date.now() - 60_000);
  const crl =
    signOddCrl(pki, {
      number: 9,
      thisUpdate: early,
      entries: [{ serial: '0A' }],
    }) + crlOf(3, '0B', '0C');
  const [both] = entriesOf(pki.ca, crl);
  const [none] = entriesOf(pki.ca, '');
  const [empty] = entriesOf(pki.ca, crlOf(1));
  if (!both || !none || !empty) throw new Error('no CA');
  t.equal(both.alsoRevokedBy.length, 1);
  for (const serial of ['0A', '0B', '0C'])
    t.equal(isRevoked(both, serial), true);
  for (const [ca, serial] of [
    [both, '0D'],
    [empty, '0A'],
    [none, '0A'],
  ] as const)
    t.equal(isRevoked(ca, serial), false);
  const moreOf = both.alsoRevokedBy[0];
  if (moreOf === undefined) throw new Error('no other CRL');
  const two: CaEntry = {
    ...both,
    alsoRevokedBy: [moreOf, empty.crl ?? moreOf],
  };
  t.equal(isRevoked(two, '0B'), true, 'one of several is enough');
  t.end();
});

t.test('in its time, both ends included', (t) => {
  const [from, to] = [new Date(1000), new Date(2000)];
  const cert = {
    validFromDate: from,
    validToDate: to,
  } as unknown as X509Certificate;
  const cases: [number, boolean][] = [
    [999, false],
    [1000, true],
    [2000, true],
    [2001, false],
  ];
  for (const [at, wanted] of cases)
    t.equal(isInTime(cert, new Date(at)), wanted, String(at));
  t.end();
});
