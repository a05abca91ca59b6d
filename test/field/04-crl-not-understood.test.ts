import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { whyNoOpenssl } from '@kickd/testkit';
import t from 'tap';
import { monitor, web } from '../../packages/agent/test/fixture.ts';
import {
  ask,
  createPrograms,
  createTlsLab,
  replaceFile,
  writeKickdConfig,
  writeKickerConfig,
} from './tls-lab.ts';

const skip = whyNoOpenssl();

/**
 * A delta CRL beside the full one: whoever the full one revokes was let in, since OpenSSL in Node takes a delta for a full
 * CRL. And other CRLs that say less, or more, than a full one.
 */
const kinds: [what: string, extensions: string, named: RegExp][] = [
  [
    'delta',
    '2.5.29.27 = critical,ASN1:INTEGER:1',
    /critical extension 2\.5\.29\.27 \(delta CRL indicator\)/,
  ],
  [
    'delta that is not critical',
    '2.5.29.27 = ASN1:INTEGER:1',
    /extension 2\.5\.29\.27/,
  ],
  [
    'indirect',
    'issuingDistributionPoint = critical,@idp\n[idp]\nindirectCRL = TRUE',
    /critical extension 2\.5\.29\.28 \(issuing distribution point\)/,
  ],
  [
    'of users alone',
    'issuingDistributionPoint = critical,@idp\n[idp]\nonlyuser = TRUE',
    /2\.5\.29\.28/,
  ],
  [
    'of one distribution point',
    'issuingDistributionPoint = critical,@point\n[point]\nfullname = URI:http://ca.example.com/1',
    /2\.5\.29\.28/,
  ],
  [
    'of a kind that nobody knows',
    '1.2.3.4.5 = critical,ASN1:NULL',
    /critical extension 1\.2\.3\.4\.5/,
  ],
];

for (const [what, extensions, named] of kinds)
  t.test(`kickd, ${what}`, { skip }, async (t) => {
    const lab = createTlsLab(t);
    const kicker = lab.leaf(monitor);
    const before = lab.crl();
    const full = lab.crl({ revoked: [kicker] });
    const odd = lab.crl({ extensions });
    for (const crl of [odd, full + odd, odd + full]) {
      const { codes, messages } = await lab.refusedStart({ crl });
      t.strictSame(codes, ['CRL_NOT_UNDERSTOOD']);
      t.match(messages, named);
    }
    // beside it, a newer full one counts
    const kickd = await lab.start({ crl: before });
    t.equal((await ask(kickd, kicker)).status, 200, 'not revoked yet');
    replaceFile(kickd.settings.tls.crl, odd + full);
    await kickd.heard((e) => e.event === 'reloaded');
    t.match(await ask(kickd, kicker), { status: 403, code: 'PEER_REVOKED' });
    const told = await kickd.heard((e) => e.event === 'reload-refused');
    t.match(told, { faults: [{ code: 'CRL_NOT_UNDERSTOOD', message: named }] });
    t.equal((await ask(kickd, lab.leaf(monitor))).status, 200, 'another');
    t.match(await ask(kickd, kicker), { status: 403 }, 'and it stays so');
  });

t.test('a CRL that nobody here needs blocks nothing', { skip }, async (t) => {
  const lab = createTlsLab(t);
  const other = createTlsLab(t, join(lab.dir, 'other'));
  // of a CA that is not in the bundle, under another name
  other.openssl(
    ...['req', '-x509', '-new', '-key', 'ca.key', '-days', '30'],
    ...['-subj', '/CN=Other CA', '-out', 'ca.pem'],
  );
  const odd = other.crl({ extensions: '2.5.29.27 = critical,ASN1:INTEGER:1' });
  const kicker = lab.leaf(monitor);
  const kickd = await lab.start({ crl: lab.crl() + odd });
  t.equal((await ask(kickd, kicker)).status, 200);
  t.match(await kickd.heard((e) => e.event === 'warning'), {
    fault: {
      code: 'CRL_NOT_UNDERSTOOD',
      message: /of Other CA, covers nobody/,
    },
  });
});

t.test('the programs, as a person starts them', { skip }, async (t) => {
  const lab = createTlsLab(t);
  const { kickd, kicker } = await createPrograms(lab.dir);
  const own = { ...lab.leaf(web), ca: lab.ca.cert };
  const server = await lab.start({ crl: lab.crl() });
  const serverLeaf = lab.leaf(web);
  const revoking = lab.crl({ revoked: [serverLeaf] });
  const delta = lab.crl({ extensions: '2.5.29.27 = critical,ASN1:INTEGER:1' });
  const named =
    /covers nobody: critical extension 2\.5\.29\.27 \(delta CRL indicator\)/;
  for (const crl of [delta, revoking + delta, delta + revoking]) {
    const config = writeKickdConfig(join(lab.dir, 'check'), { ...own, crl });
    const checked = await kickd('check', '--config', config);
    t.match(checked.text, named);
    t.not(checked.exit, 0);
    t.notMatch(checked.text, /ok +certificates/);
    const mine = writeKickerConfig(
      join(lab.dir, 'kicker'),
      { ...lab.leaf(monitor), ca: lab.ca.cert, crl },
      server.agent.port,
    );
    for (const words of [['check'], ['doctor', 'web1'], ['ping', 'web1']]) {
      const said = await kicker(...words, '--config', mine);
      t.match(said.text, named, words.join(' '));
      t.not(said.exit, 0);
      t.notMatch(said.text, /chain and CRL ✓|✓ chain and CRL/);
    }
  }
  const good = writeKickerConfig(
    join(lab.dir, 'kicker'),
    { ...lab.leaf(monitor), ca: lab.ca.cert, crl: lab.crl() },
    server.agent.port,
  );
  const fine = await kicker('ping', 'web1', '--config', good);
  t.equal(fine.exit, 0, fine.text);
});

t.test(
  'a server that the full CRL revokes is never taken',
  { skip },
  async (t) => {
    const lab = createTlsLab(t);
    const { kicker } = await createPrograms(lab.dir);
    const server = await lab.start({ crl: lab.crl() });
    const cert = readFileSync(server.settings.tls.cert, 'utf8');
    const old = lab.crl();
    const full = lab.crl({ revoked: [{ cert, key: '' }] });
    const mine = (crl: string): string =>
      writeKickerConfig(
        join(lab.dir, 'kicker'),
        { ...lab.leaf(monitor), ca: lab.ca.cert, crl },
        server.agent.port,
      );
    for (const crl of [full, full + old, old + full]) {
      const said = await kicker('ping', 'web1', '--config', mine(crl));
      t.match(said.text, /revoked/);
      t.not(said.exit, 0);
    }
    const said = await kicker('ping', 'web1', '--config', mine(old));
    t.equal(said.exit, 0, 'by the old one alone it is');
  },
);

t.test('openssl says the same of the full one', { skip }, async (t) => {
  const lab = createTlsLab(t);
  const kicker = lab.leaf(monitor);
  const work = join(lab.dir, 'openssl');
  writeFileSync(join(work, 'kicker.pem'), kicker.cert);
  writeFileSync(join(work, 'none.pem'), lab.crl());
  writeFileSync(join(work, 'full.pem'), lab.crl({ revoked: [kicker] }));
  const verify = (crl: string): string =>
    lab.openssl(
      ...['verify', '-crl_check', '-CAfile', 'ca.pem'],
      ...['-CRLfile', crl, 'kicker.pem'],
    );
  t.match(verify('none.pem'), /OK/);
  // of both together 3.0.19 says OK, as OpenSSL in Node 24 does, and 3.0.22 says revoked
  t.throws(() => verify('full.pem'), /revoked/);
});
