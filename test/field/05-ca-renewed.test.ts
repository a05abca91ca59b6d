import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPki, whyNoOpenssl } from '@kickd/testkit';
import t, { type Test } from 'tap';
import {
  monitor,
  startFixture,
  web,
  type Fixture,
} from '../../packages/agent/test/fixture.ts';
import {
  ask,
  createPrograms,
  createTlsLab,
  replaceFile,
  writeKickerConfig,
} from './tls-lab.ts';

const skip = whyNoOpenssl();

/**
 * The expired CA certificate still stands beside the renewed one. kickd did not start; or it refused every later CRL, and
 * whoever was revoked after that was answered for ever.
 */
const orders: [string, (old: string, renewed: string) => string][] = [
  ['the old one first', (old, renewed) => old + renewed],
  ['the renewed one first', (old, renewed) => renewed + old],
  ['the old one twice', (old, renewed) => old + renewed + old],
];
for (const [what, bundle] of orders)
  t.test(`a start with both, ${what}`, { skip }, async (t) => {
    const lab = createTlsLab(t);
    const old = lab.caCertificate({ from: -900, to: -1 });
    const ca = bundle(old, lab.ca.cert);
    const kicker = lab.leaf(monitor);
    const kickd = await lab.start({ ca, crl: lab.crl() });
    t.match(
      await kickd.heard((e) => e.event === 'warning'),
      {
        fault: {
          code: 'CA_SPARE_EXPIRED',
          message: /another certificate of the same key carries our chain/,
          remedy: /nothing has to be done/,
        },
      },
      'a warning',
    );
    t.equal((await ask(kickd, kicker)).status, 200);
    replaceFile(kickd.settings.tls.crl, lab.crl({ revoked: [kicker] }));
    await kickd.heard((e) => e.event === 'reloaded');
    t.match(await ask(kickd, kicker), { status: 403, code: 'PEER_REVOKED' });
    t.equal((await ask(kickd, lab.leaf(monitor))).status, 200, 'another');
    t.notOk(
      kickd.told.some((e) => e.event === 'reload-refused'),
      'and nothing is refused',
    );
  });

t.test('what blocks, and what does not', { skip }, async (t) => {
  const lab = createTlsLab(t);
  const now = lab.ca.cert;
  const expired = lab.caCertificate({ from: -900, to: -1 });
  const early = lab.caCertificate({ from: 1, to: 900 });
  const soon = lab.caCertificate({ from: -900, to: 5 });
  const other = lab.caCertificate({ from: -9, to: 900, name: 'Corporate CA' });
  const gone = lab.caCertificate({ from: -900, to: -9, name: 'Corporate CA' });
  const crl = lab.crl();
  const bad: [string, string, string[], RegExp][] = [
    [
      'expired and alone',
      expired,
      ['CA_EXPIRED'],
      /^the CA Puppet CA: puppet.example.com/,
    ],
    [
      'not valid yet and alone',
      early,
      ['CA_NOT_YET_VALID'],
      /not valid before/,
    ],
    [
      'one gone, one not there yet',
      expired + early,
      ['CA_NOT_YET_VALID'],
      /not valid before/,
    ],
    ['another alone', other, ['CRL_NOT_COVERING'], /CA Corporate CA/],
  ];
  for (const [what, ca, codes, message] of bad) {
    const refusal = await lab.refusedStart({ ca, crl });
    t.strictSame(refusal.codes, codes, what);
    t.match(refusal.messages, message, what);
  }
  const fine: [string, string, string[]][] = [
    ['with its successor', now + early, ['CA_SPARE_NOT_YET_VALID']],
    ['with one that ends soon', soon + now, []],
    ['with two that are over', expired + gone + now, overTwice],
    ['with one of another kind', other + now, ['CA_UNCOVERED']],
    ['the same twice', now + now, []],
  ];
  for (const [what, ca, codes] of fine) {
    const kickd = await lab.start({ ca, crl });
    const warned = kickd.told.flatMap((e) =>
      e.event === 'warning' ? [e.fault.code] : [],
    );
    t.strictSame(warned, codes, what);
    t.equal((await ask(kickd, lab.leaf(monitor))).status, 200, what);
    await kickd.agent.close();
  }
});
const overTwice = ['CA_SPARE_EXPIRED', 'CA_SPARE_EXPIRED', 'CA_UNCOVERED'];

t.test('nobody of a CA without a CRL is let in', { skip }, async (t) => {
  const lab = createTlsLab(t);
  const corporate = createPki({ tier: 'single', name: 'corporate' });
  const kickd = await lab.start({
    ca: lab.ca.cert + corporate.ca,
    crl: lab.crl(),
  });
  t.equal((await ask(kickd, lab.leaf(monitor))).status, 200);
  const stranger = corporate.issue({ certname: monitor });
  t.match(await ask(kickd, stranger), { status: 403, code: /PEER_/ });
  // with a CRL of its own it counts
  replaceFile(kickd.settings.tls.crl, lab.crl() + corporate.crl);
  await kickd.heard((e) => e.event === 'reloaded');
  t.equal((await ask(kickd, stranger)).status, 200);
});

t.test('two generations of both CAs', { skip }, async (t) => {
  const old = createPki({ now: new Date('2008-01-01') });
  const pki = createPki();
  for (const ca of [old.ca + pki.ca, pki.ca + old.ca]) {
    const kickd = await startFixture(t.testdir({}), {
      acl: `path /\nallow ${monitor}\n`,
      pki,
      ca,
      crl: old.crl + pki.crl,
    });
    const leaf = pki.issue({ certname: monitor });
    t.equal((await ask(kickd, leaf)).status, 200);
    await kickd.agent.close();
  }
});

/** Whatever else is wrong with the new set: what it revokes is revoked. */
type Spoil = (fixture: Fixture, crl: string) => string | void;
const spoiled: [string, string, Spoil][] = [
  [
    'the key is gone',
    'TLS_FILE_MISSING',
    ({ settings }) => rmSync(settings.tls.key),
  ],
  [
    'everybody may read the key',
    'KEY_EXPOSED',
    ({ settings }) => chmodSync(settings.tls.key, 0o644),
  ],
  [
    'the key is of another',
    'CERT_KEY_MISMATCH',
    ({ settings, pki }) =>
      writeFileSync(settings.tls.key, pki.issue({ certname: web }).key),
  ],
  [
    'the certificate is cut off',
    'TLS_FILE_DAMAGED',
    ({ settings: { tls } }) =>
      writeFileSync(tls.cert, readFileSync(tls.cert, 'utf8').slice(0, -60)),
  ],
  [
    'the certificate is over',
    'CERT_EXPIRED',
    ({ settings: { tls }, pki }) => {
      const leaf = pki.issue({
        certname: web,
        notBefore: new Date(0),
        notAfter: new Date(1e9),
      });
      writeFileSync(tls.cert, leaf.cert);
      writeFileSync(tls.key, leaf.key);
    },
  ],
  ['no CA', 'CA_EMPTY', ({ settings }) => writeFileSync(settings.tls.ca, '')],
  [
    'another CA of the same name',
    'CERT_UNKNOWN_CA',
    ({ settings }) => {
      const other = createPki();
      writeFileSync(settings.tls.ca, other.ca);
      return other.crl;
    },
  ],
  [
    'the CRL of the root is missing',
    'CRL_NOT_COVERING',
    (_fixture, crl) => firstOf(crl),
  ],
  [
    'the CRL of the root is cut off',
    'TLS_FILE_DAMAGED',
    (_fixture, crl) => crl.slice(0, -60),
  ],
  [
    'a block in between is no CRL',
    'CRL_DAMAGED',
    ({ pki }, crl) => pki.ca.replaceAll('CERTIFICATE', 'X509 CRL') + crl,
  ],
  [
    'others may change the CRL file',
    'TLS_FILE_WRITABLE',
    ({ settings }, crl) => {
      writeFileSync(settings.tls.crl, crl);
      chmodSync(settings.tls.crl, 0o666);
    },
  ],
  [
    'the CRL alone, as DER',
    'TLS_FILE_DER',
    ({ settings }, crl) => {
      const [, , base64 = ''] = firstOf(crl).split('-----');
      writeFileSync(settings.tls.crl, Buffer.from(base64, 'base64'));
    },
  ],
  [
    'the CRL of the root goes back',
    'CRL_BACKWARDS',
    ({ pki }) => {
      pki.renewCrl({ of: 'root', number: 1 });
      return pki.crl;
    },
  ],
  [
    'the CRL is over already',
    'CRL_EXPIRED',
    ({ pki }) => {
      pki.renewCrl({
        of: 'intermediate',
        nextUpdate: new Date(Date.now() - 1000),
      });
      return pki.crl;
    },
  ],
  [
    'the CRL is of tomorrow',
    'CRL_NOT_YET_VALID',
    ({ pki }) => {
      const tomorrow = new Date(Date.now() + 86_400_000);
      pki.renewCrl({ of: 'intermediate', thisUpdate: tomorrow });
      return pki.crl;
    },
  ],
];
for (const [what, code, spoil] of spoiled)
  t.test(
    `a revocation in a set that is refused: ${what}`,
    { skip },
    async (t) => {
      const { kickd, kicker, old } = await startTwoTiers(t);
      const { tls } = kickd.settings;
      kickd.pki.revoke(kicker.cert);
      const { crl } = kickd.pki;
      const text = spoil(kickd, crl);
      // which of them is written last does not count
      if (typeof text === 'string') replaceFile(tls.crl, text);
      else if (readFileSync(tls.crl, 'utf8') === old) replaceFile(tls.crl, crl);
      if (what === 'another CA of the same name')
        replaceFile(tls.crl, String(text) + crl);
      await kickd.heard((e) => e.event === 'reloaded');
      t.match(await ask(kickd, kicker), { status: 403, code: 'PEER_REVOKED' });
      t.match(
        await kickd.heard((e) => e.event === 'reload-refused'),
        { faults: [{ code }] },
        'and the set is refused, aloud',
      );
      t.equal((await askAgain(kickd)).status, 200, 'nobody else is');
      // the old one again, in a set that is as bad
      const before = kickd.told.length;
      replaceFile(tls.crl, `${old}-----BEGIN X509 CRL-----\n`);
      await kickd.heard(
        (e) => e.event === 'reload-refused' && kickd.told.indexOf(e) >= before,
      );
      t.match(await ask(kickd, kicker), { status: 403, code: 'PEER_REVOKED' });
    },
  );

t.test(
  'a CRL that no CA in force has signed changes nothing',
  { skip },
  async (t) => {
    const { kickd, kicker } = await startTwoTiers(t);
    const other = createPki();
    other.renewCrl({ number: 99 });
    rmSync(kickd.settings.tls.key);
    replaceFile(kickd.settings.tls.crl, other.crl);
    await kickd.heard((e) => e.event === 'reload-refused');
    t.notOk(kickd.told.some((e) => e.event === 'reloaded'));
    t.equal((await ask(kickd, kicker)).status, 200);
  },
);

t.test('kicker takes both as well', { skip }, async (t) => {
  const lab = createTlsLab(t);
  const { kicker } = await createPrograms(lab.dir);
  const old = lab.caCertificate({ from: -900, to: -1 });
  const server = await lab.start({ crl: lab.crl() });
  const mine = (ca: string): string =>
    writeKickerConfig(
      join(lab.dir, 'kicker'),
      { ...lab.leaf(monitor), ca, crl: lab.crl() },
      server.agent.port,
    );
  for (const ca of [old + lab.ca.cert, lab.ca.cert + old]) {
    const checked = await kicker('check', '--config', mine(ca));
    t.equal(checked.exit, 0, checked.text);
    t.match(checked.text, /another certificate of the same key carries/);
    const pinged = await kicker('ping', 'web1', '--config', mine(ca));
    t.equal(pinged.exit, 0, pinged.text);
  }
  const alone = await kicker('check', '--config', mine(old));
  t.match(alone.text, /✗ certificate: the CA .* expired at/);
  const [, remedy = ''] = /remedy: (.*)/.exec(alone.text) ?? [];
  t.notMatch(remedy, /(^|; )rm /, 'nothing is thrown away');
});

async function startTwoTiers(t: Test): Promise<{
  kickd: Fixture;
  kicker: { cert: string; key: string };
  old: string;
}> {
  const pki = createPki();
  pki.renewCrl({ number: 5 });
  const kickd = await startFixture(t.testdir({}), {
    acl: `path /\nallow ${monitor}\n`,
    pki,
  });
  t.teardown(() => kickd.agent.close());
  const kicker = pki.issue({ certname: monitor });
  t.equal((await ask(kickd, kicker)).status, 200, 'not revoked yet');
  return { kickd, kicker, old: pki.crl };
}

function askAgain(kickd: Fixture): ReturnType<typeof ask> {
  return ask(kickd, kickd.pki.issue({ certname: monitor }));
}

function firstOf(bundle: string): string {
  return bundle.split(/(?<=END X509 CRL-----\n)/)[0] ?? '';
}
