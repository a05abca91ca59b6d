import { X509Certificate } from 'node:crypto';
import t, { type Test } from 'tap';
import {
  createPki,
  writeSsl,
  type IssueOptions,
  type Pki,
} from '@kickd/testkit';
import {
  crlsBackwards,
  inspectMaterial,
  readMaterialSync,
  type Material,
} from '../src/index.ts';
import { signOddCrl } from './odd-crl.ts';

const now = new Date('2026-03-01T12:00:00Z');
const dayMs = 24 * 60 * 60 * 1000;
const inDays = (days: number): Date => new Date(+now + days * dayMs);
const certname = 'web1.example.com';

function material(
  t: Test,
  pki: Pki,
  leaf: Partial<IssueOptions> = {},
  texts: { ca?: string; crl?: string } = {},
): Material {
  const files = writeSsl(t.testdir({}), {
    ...pki.issue({ certname, ...leaf }),
    ca: pki.ca,
    crl: pki.crl,
    ...texts,
  });
  return readMaterialSync(files);
}
const codes = (list: { code: string }[]): string[] =>
  list.map(({ code }) => code);

for (const tier of ['two', 'single'] as const)
  for (const key of ['rsa', 'ec'] as const)
    t.test(`nothing to say: ${tier}, ${key}`, async (t) => {
      const pki = createPki({ tier, key, now });
      const set = material(t, pki);
      const seen = inspectMaterial(set, now, 'server');
      const cert = new X509Certificate(set.cert);
      t.match(seen, {
        certname,
        serial: cert.serialNumber,
        fingerprint: cert.fingerprint256,
        issuer: 'Puppet CA: puppet.example.com',
        notBefore: '2026-02-28T12:00:00.000Z',
        faults: [],
        warnings: [],
      });
      t.strictSame(codes(seen.faults), []);
      t.strictSame(codes(seen.warnings), []);
      const whats = seen.expiries.map(({ what }) => what).sort();
      const names =
        tier === 'two'
          ? ['Puppet CA: puppet.example.com', 'Puppet Root CA: ']
          : ['Puppet CA: puppet.example.com'];
      t.equal(whats.length, 1 + 2 * names.length);
      for (const name of names)
        t.ok(
          whats.some((what) => what.startsWith(`crl of ${name}`)),
          name,
        );
      t.strictSame(
        seen.expiries.map(({ at }) => at),
        seen.expiries.map(({ at }) => at).toSorted(),
      );
      t.strictSame(
        [...seen.crlNumbers.values()].map(({ number }) => number),
        names.map(() => 0n),
      );
    });

const cases: [
  string,
  { faults?: string[]; warnings?: string[] },
  (t: Test) => Material,
  RegExp?,
][] = [
  [
    'leaf expired',
    { faults: ['CERT_EXPIRED'] },
    (t) => material(t, createPki({ now }), { notAfter: inDays(-0.001) }),
  ],
  [
    'leaf of tomorrow',
    { faults: ['CERT_NOT_YET_VALID'] },
    (t) => material(t, createPki({ now }), { notBefore: inDays(1) }),
  ],
  [
    'leaf expires in 30 days',
    { warnings: ['CERT_EXPIRES_SOON'] },
    (t) => material(t, createPki({ now }), { notAfter: inDays(30) }),
  ],
  [
    'leaf expires in 31 days',
    {},
    (t) => material(t, createPki({ now }), { notAfter: inDays(31) }),
  ],
  [
    'leaf of a foreign CA with the same name',
    { faults: ['CERT_UNKNOWN_CA'] },
    (t) => {
      const pki = createPki({ now });
      return material(t, createPki({ now }), {}, { ca: pki.ca, crl: pki.crl });
    },
  ],
  [
    'leaf revoked',
    { warnings: ['CERT_REVOKED'] },
    (t) => {
      const pki = createPki({ now });
      const leaf = pki.issue({ certname });
      pki.revoke(leaf.cert);
      return readMaterialSync(
        writeSsl(t.testdir({}), { ...leaf, ca: pki.ca, crl: pki.crl }),
      );
    },
  ],
  [
    'leaf without EKU',
    { faults: ['CERT_USAGE'] },
    (t) => material(t, createPki({ now }), { eku: null }),
  ],
  [
    'leaf for clients',
    { faults: ['CERT_USAGE'] },
    (t) => material(t, createPki({ now }), { eku: ['clientAuth'] }),
  ],
  [
    'leaf with two CNs',
    { faults: ['CERT_NAME'] },
    (t) =>
      material(t, createPki({ now }), {
        subject: [
          ['CN', 'a'],
          ['CN', 'b'],
        ],
      }),
  ],
  [
    'CRL expired',
    { faults: ['CRL_EXPIRED', 'CRL_EXPIRED'] },
    (t) => material(t, createPki({ now, crlNextUpdate: now })),
  ],
  [
    'CRL expires in a day',
    { warnings: ['CRL_EXPIRES_SOON', 'CRL_EXPIRES_SOON'] },
    (t) => material(t, createPki({ now, crlNextUpdate: inDays(1) })),
  ],
  [
    'one CRL expired',
    { faults: ['CRL_EXPIRED'] },
    (t) => {
      const pki = createPki({ now });
      pki.renewCrl({ of: 'root', nextUpdate: inDays(-1) });
      return material(t, pki);
    },
    /Puppet Root CA/,
  ],
  [
    'CRL 4 minutes ahead',
    { warnings: ['CRL_NOT_YET_VALID'] },
    (t) => {
      const pki = createPki({ now });
      pki.renewCrl({ of: 'root', thisUpdate: new Date(+now + 4 * 60 * 1000) });
      return material(t, pki);
    },
  ],
  [
    'CRL 6 minutes ahead',
    { faults: ['CRL_NOT_YET_VALID'] },
    (t) => {
      const pki = createPki({ now });
      pki.renewCrl({ of: 'root', thisUpdate: new Date(+now + 6 * 60 * 1000) });
      return material(t, pki);
    },
  ],
  [
    'CRL of the root missing',
    { faults: ['CRL_NOT_COVERING'] },
    (t) => {
      const pki = createPki({ now });
      return material(t, pki, {}, { crl: pki.crls[0] ?? '' });
    },
    /Puppet Root CA/,
  ],
  [
    'CRL of the intermediate missing',
    { faults: ['CRL_NOT_COVERING'] },
    (t) => {
      const pki = createPki({ now });
      return material(t, pki, {}, { crl: pki.crls[1] ?? '' });
    },
    /Puppet CA: puppet\.example\.com/,
  ],
  [
    'CRLs root first',
    {},
    (t) => {
      const pki = createPki({ now });
      return material(t, pki, {}, { crl: pki.crls.toReversed().join('') });
    },
  ],
  [
    'bundle without the root',
    { faults: ['CA_INCOMPLETE'] },
    (t) => {
      const pki = createPki({ now });
      return material(t, pki, {}, { ca: pki.stored().cas[0]?.cert ?? '' });
    },
  ],
  [
    'bundle without the intermediate',
    { faults: ['CERT_UNKNOWN_CA'] },
    (t) => {
      const pki = createPki({ now });
      return material(t, pki, {}, { ca: pki.stored().cas[1]?.cert ?? '' });
    },
  ],
  [
    'a leaf in the bundle',
    { faults: ['CA_NOT_A_CA'] },
    (t) => {
      const pki = createPki({ now });
      return material(
        t,
        pki,
        {},
        { ca: pki.ca + pki.issue({ certname: 'x' }).cert },
      );
    },
  ],
  [
    'CAs expired, and all else',
    {
      faults: [
        'CERT_EXPIRED',
        'CA_EXPIRED',
        'CA_EXPIRED',
        'CRL_EXPIRED',
        'CRL_EXPIRED',
      ],
    },
    (t) => material(t, createPki({ now: inDays(-20 * 365) })),
  ],
];
for (const [what, wanted, make, named] of cases)
  t.test(what, async (t) => {
    const { faults, warnings } = inspectMaterial(make(t), now, 'server');
    t.strictSame(codes(faults), wanted.faults ?? []);
    t.strictSame(codes(warnings), wanted.warnings ?? []);
    if (named) t.match(faults[0]?.message, named);
    for (const { remedy, exitCode } of [...faults, ...warnings]) {
      t.match(remedy, /openssl|puppet|timedatectl/);
      t.equal(exitCode, 3);
    }
  });

const other = { tier: 'single', name: 'other.example.com' } as const;
const deltaOf = (pki: Pki, nth: number): string =>
  signOddCrl(
    pki,
    { extensions: [['2.5.29.27', true, Buffer.of(2, 1, 1)]] },
    nth,
  );

t.test(
  'a spare CA with a delta alone lets nobody in, and blocks nothing',
  (t) => {
    const [pki, spare] = [createPki({ now }), createPki({ now, ...other })];
    const texts = {
      ca: spare.ca + pki.ca,
      crl: deltaOf(spare, 0) + pki.crl,
    };
    const set = material(t, pki, {}, texts);
    const { faults, warnings } = inspectMaterial(set, now, 'server');
    t.strictSame(codes(faults), []);
    t.strictSame(codes(warnings), ['CA_UNCOVERED', 'CRL_NOT_UNDERSTOOD']);
    t.strictSame(set.trust.forTls, {
      ca: set.ca.slice(1),
      crl: set.crl.slice(1),
    });
    t.end();
  },
);

t.test('a CRL that nobody of its name has signed is told', (t) => {
  const [pki, namesake] = [createPki({ now }), createPki({ now })];
  const crl = namesake.crl + pki.crl;
  const set = material(t, pki, {}, { crl });
  const { faults, warnings } = inspectMaterial(set, now, 'server');
  t.strictSame(codes(faults), []);
  t.strictSame(codes(warnings), ['CRL_NOT_SIGNED', 'CRL_NOT_SIGNED']);
  t.strictSame(set.trust.forTls.crl, pki.crls, 'OpenSSL does not see it');
  t.end();
});

/** What no TLS could be made of: not even a kicker that looks at no dates takes it. */
const unread: [string, string, (t: Test) => Material][] = [
  [
    'CRL signed by another CA of the same name',
    'CRL_NOT_COVERING',
    (t) => material(t, createPki({ now }), {}, { crl: createPki({ now }).crl }),
  ],
  [
    'the same, another kind of key',
    'CRL_NOT_COVERING',
    (t) =>
      material(
        t,
        createPki({ now }),
        {},
        { crl: createPki({ now, key: 'rsa' }).crl },
      ),
  ],
  [
    'a block that is no CRL',
    'CRL_DAMAGED',
    (t) => {
      const pki = createPki({ now });
      const fake = pki
        .issue({ certname: 'x' })
        .cert.replaceAll('CERTIFICATE', 'X509 CRL');
      return material(t, pki, {}, { crl: pki.crl + fake });
    },
  ],
  [
    'the intermediate has a delta alone, the root a full one',
    'CRL_NOT_UNDERSTOOD',
    (t) => {
      const pki = createPki({ now });
      return material(t, pki, {}, { crl: deltaOf(pki, 0) + pki.crls[1] });
    },
  ],
  [
    'the root has a delta beside its full one',
    'CRL_NOT_UNDERSTOOD',
    (t) => {
      const pki = createPki({ now });
      return material(t, pki, {}, { crl: pki.crl + deltaOf(pki, 1) });
    },
  ],
  [
    'a spare CA has a full one and a delta',
    'CRL_NOT_UNDERSTOOD',
    (t) => {
      const [pki, spare] = [createPki({ now }), createPki({ now, ...other })];
      return material(
        t,
        pki,
        {},
        {
          ca: pki.ca + spare.ca,
          crl: pki.crl + spare.crl + deltaOf(spare, 0),
        },
      );
    },
  ],
  [
    'a CA that a peer may bring along has a full one and a delta',
    'CRL_NOT_UNDERSTOOD',
    (t) => {
      const [pki, spare] = [createPki({ now }), createPki({ now, ...other })];
      return material(
        t,
        pki,
        {},
        { crl: pki.crl + spare.crl + deltaOf(spare, 0) },
      );
    },
  ],
];
for (const [what, code, make] of unread)
  t.test(`not even read: ${what}`, (t) => {
    t.throws(() => make(t), { code, exitCode: 3, remedy: /openssl/ });
    t.end();
  });

t.test('a short key is a fault before it is an exception', async (t) => {
  const pki = createPki({ now });
  t.match(inspectMaterial(material(t, pki, { key: 'rsa' }), now).faults, []);
  const weak = createPki({ now, rsaBits: 1024 as 2048 });
  t.match(inspectMaterial(material(t, weak, { key: 'rsa' }), now).faults, [
    { code: 'TLS_NOT_TAKEN', message: /key too small/i },
  ]);
});

t.test('a CRL may go on, never back', async (t) => {
  const pki = createPki({ now });
  const before = inspectMaterial(material(t, pki), now).crlNumbers;
  pki.revoke(pki.issue({ certname: 'x' }).cert);
  const after = inspectMaterial(material(t, pki), now).crlNumbers;
  t.strictSame(crlsBackwards(before, after, 'crl.pem'), []);
  t.strictSame(crlsBackwards(after, after, 'crl.pem'), []);
  t.match(crlsBackwards(after, before, 'crl.pem'), [
    {
      code: 'CRL_BACKWARDS',
      message:
        /Puppet CA: puppet.example.com.* from number 1 of .* to number 0 of /,
    },
  ]);
  const anew = inspectMaterial(material(t, createPki({ now })), now).crlNumbers;
  t.strictSame(
    crlsBackwards(after, anew, 'crl.pem'),
    [],
    'a new CA of the same name counts anew',
  );
});
