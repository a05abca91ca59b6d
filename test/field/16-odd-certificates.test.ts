import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { whyNoOpenssl, type IssueOptions } from '@kickd/testkit';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import { monitor, web } from '../../packages/agent/test/fixture.ts';
import { certify, checkAll } from './16-key-on-another-curve/check-all.ts';
import {
  ask,
  createPrograms,
  createTlsLab,
  writeKickdConfig,
  writeKickerConfig,
  type TlsLab,
} from './tls-lab.ts';

const skip = whyNoOpenssl();

/** Beside the keys of 16-key-on-another-curve: certificates that are odd otherwise, and such keys on the wire. */
t.test('every odd certificate', { skip }, async (t) => {
  const lab = createTlsLab(t);
  const crl = lab.crl();
  const sites = join(lab.dir, 'sites');
  const key = lab.openssl(
    'ecparam',
    '-name',
    'prime256v1',
    '-genkey',
    '-noout',
  );
  const manySans = Array.from(
    { length: 2100 },
    (_, n) => `host-${String(n)}.with-a-long-name.example.com`,
  );
  const odd: [string, Partial<IssueOptions>, code?: string, words?: RegExp][] =
    [
      ['plain', {}],
      ['no-cn', { subject: [['O', 'Example']] }, 'CERT_NAME', /no CN/],
      [
        'two-cns',
        {
          subject: [
            ['CN', web],
            ['CN', 'b'],
          ],
        },
        'CERT_NAME',
        /several CNs: web1.example.com \+ b/,
      ],
      [
        'many-cns',
        {
          subject: Array.from(
            { length: 300 },
            () => ['CN', 'a'] as const,
          ) as never,
        },
        'CERT_NAME',
        /several CNs/,
      ],
      [
        'nul-in-cn',
        { subject: [['CN', `${web}\0.evil.example`]], san: null },
        'CERT_NAME',
        /web1\.example\.com\\u\{0\}\.evil/,
      ],
      [
        'escape-in-cn',
        { subject: [['CN', '\u001b[2Jweb1']], san: null },
        'CERT_NAME',
        /\\u\{1b\}\[2Jweb1/,
      ],
      [
        'cyrillic-cn',
        { subject: [['CN', 'wеb1.example.com']], san: null },
        'CERT_NAME',
        /w\\u\{435\}b1/,
      ],
      ['upper-case-cn', { subject: [['CN', 'WEB1']], san: null }, 'CERT_NAME'],
      ['no-san', { san: null }],
      ['ip-san', { san: ['IP:192.0.2.1'] }],
      ['sans-of-64-kib', { san: [web, ...manySans] }],
      ['another-san', { san: ['b.example.com'] }, 'CERT_NAME'],
      ['until-9999', { notAfter: new Date('9999-12-31T23:59:59Z') }],
      ['from-1950', { notBefore: new Date('1950-01-01T00:00:00Z') }],
      [
        'until-1960',
        {
          notBefore: new Date('1950-01-01T00:00:00Z'),
          notAfter: new Date('1960-01-01T00:00:00Z'),
        },
        'CERT_EXPIRED',
        /expired at 1960-01-01T00:00:00/,
      ],
    ];
  for (const [name, options] of odd)
    writeKickdConfig(join(sites, name), {
      ...lab.pki.issue({ certname: web, ...options }),
      ca: lab.ca.cert,
      crl,
    });
  const write = (name: string, cert: string): void => {
    writeKickdConfig(join(sites, name), { cert, key, ca: lab.ca.cert, crl });
  };
  const ext = ['-extfile', 'leaf.ext'];
  certify(lab, key);
  write('negative-serial', certify(lab, key, ...ext, '-set_serial', '-129'));
  write('serial-0', certify(lab, key, ...ext, '-set_serial', '0'));
  write('version-1', certify(lab, key, '-set_serial', '77'));
  write('bmp-string', bmpString(lab, key));
  const expected = [
    ...odd,
    ['negative-serial', {}],
    ['serial-0', {}],
    ['version-1', {}, 'CERT_USAGE'],
    ['bmp-string', {}],
  ] as typeof odd;
  const checked = await checkAll(sites);
  for (const [name, , code, words = /./] of expected) {
    const found = checked.get(name)?.certificates ?? [];
    if (code === undefined)
      t.equal(found.at(-1)?.level, 'ok', `${name}: ${JSON.stringify(found)}`);
    else
      t.match(
        found.find((one) => one.code === code)?.message,
        words,
        `${name}: ${JSON.stringify(found)}`,
      );
    t.notOk(
      found.some(({ message }) => /is for ,|is for $/.test(message)),
      'no empty name',
    );
    if (code === 'CERT_NAME')
      t.notOk(
        found.some((one) => one.code === 'CERTNAME_DIFFERS'),
        `${name}: one fault, not two`,
      );
  }
});

/** The CN in two bytes a character, as some CAs of Windows write it. */
function bmpString(lab: TlsLab, key: string): string {
  const place = join(lab.dir, 'openssl');
  writeFileSync(join(place, 'k.key'), key);
  writeFileSync(
    join(place, 'bmp.cnf'),
    '[req]\ndistinguished_name = dn\nstring_mask = MASK:0x800\n[dn]\n',
  );
  lab.openssl(
    ...['req', '-new', '-key', 'k.key', '-config', 'bmp.cnf'],
    ...['-subj', `/CN=${web}`, '-out', 'bmp.csr'],
  );
  return lab.openssl(
    ...['x509', '-req', '-in', 'bmp.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key'],
    ...['-days', '90', '-extfile', 'leaf.ext', '-set_serial', '78'],
  );
}

/** A server of openssl, which sends what a person gives it. */
async function startServer(t: Test, ...args: string[]): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  const child = execa(
    'openssl',
    [
      ...['s_server', '-accept', `127.0.0.1:${String(port)}`, '-naccept', '9'],
      ...args,
    ],
    { reject: false },
  );
  t.teardown(() => child.kill());
  await once(child.stdout, 'data');
  return port;
}

t.test('kicker against a server with such a key', { skip }, async (t) => {
  const lab = createTlsLab(t);
  const { kicker } = await createPrograms(lab.dir);
  const crl = lab.crl();
  const place = join(lab.dir, 'openssl');
  for (const curve of ['secp256k1', 'brainpoolP256r1'])
    for (const version of ['-tls1_2', '-tls1_3']) {
      const key = lab.openssl('ecparam', '-name', curve, '-genkey', '-noout');
      writeFileSync(join(place, 'server.pem'), certify(lab, key) + key);
      const port = await startServer(
        t,
        ...['-cert', join(place, 'server.pem'), version],
        ...['-groups', `${curve}:P-256`],
      );
      const config = writeKickerConfig(
        join(lab.dir, 'kicker'),
        { ...lab.leaf(monitor), ca: lab.ca.cert, crl },
        port,
      );
      for (const command of ['ping', 'doctor']) {
        const said = await kicker(command, 'web1', '--config', config);
        t.type(said.exit, 'number', `${curve} ${version}: ${said.text}`);
        t.not(said.exit, 0);
        t.match(said.text, /handshake|certificate|TLS/i);
      }
    }
});

t.test('kickd and callers with such a key', { skip }, async (t) => {
  const lab = createTlsLab(t);
  const kickd = await lab.start({ crl: lab.crl() });
  for (const curve of ['secp256k1', 'brainpoolP256r1', 'prime256v1']) {
    const key = lab.openssl('ecparam', '-name', curve, '-genkey', '-noout');
    const cert = certify(lab, key);
    const reply = await ask(kickd, {
      cert,
      key,
      ecdhCurve: `${curve}:P-256`,
    }).catch(() => undefined);
    t.not(reply?.status, 200, curve);
    // beside our own certificate, one of a CA of the same name with such a key
    const own = lab.leaf(monitor);
    const chain = own.cert + cert;
    t.equal((await ask(kickd, { ...own, cert: chain })).status, 200, curve);
  }
});
