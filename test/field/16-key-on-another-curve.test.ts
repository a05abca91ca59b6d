import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect, createServer as createTlsServer } from 'node:tls';
import { whyNoOpenssl } from '@kickd/testkit';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import {
  clientTlsOptions,
  readMaterialSync,
  serverTlsOptions,
} from '@kickd/mtls';
import type { IssueOptions } from '@kickd/testkit';
import { monitor, web } from '../../packages/agent/test/fixture.ts';
import {
  ask,
  createPrograms,
  createTlsLab,
  writeKickdConfig,
  writeKickerConfig,
  type TlsLab,
} from './tls-lab.ts';

const skip = whyNoOpenssl();

/**
 * `kickd check` died with a segmentation fault of a certificate whose key is on secp256k1. Now it outlives every key and
 * certificate that OpenSSL makes: a child process checks one after the other, and says which before each.
 */
interface Checked {
  name: string;
  certificates: { level: string; code?: string; message: string }[];
}

const checkEach = join(
  import.meta.dirname,
  '16-key-on-another-curve/check-each.ts',
);

/** @throws with the name of the site at which the process died */
async function checkAll(dir: string): Promise<Map<string, Checked>> {
  const checker = await execa(process.execPath, [checkEach, dir], {
    reject: false,
  });
  const lines = checker.stdout.trim().split('\n');
  if (checker.failed || lines.at(-1) !== '{"done":true}')
    throw new Error(`died at ${lines.at(-1) ?? 'its start'}`, {
      cause: checker,
    });
  return new Map(
    lines
      .map((line) => JSON.parse(line) as Partial<Checked>)
      .filter((line): line is Checked => line.certificates !== undefined)
      .map((line) => [line.name, line]),
  );
}

/** A certificate of the CA over a key that need not be able to sign anything. */
function certify(lab: TlsLab, key: string, ...more: string[]): string {
  const place = join(lab.dir, 'openssl');
  writeFileSync(join(place, 'k.key'), key);
  writeFileSync(
    join(place, 'leaf.ext'),
    `extendedKeyUsage=serverAuth,clientAuth\nsubjectAltName=DNS:${web}\n`,
  );
  lab.openssl('pkey', '-in', 'k.key', '-pubout', '-out', 'k.pub');
  return lab.openssl(
    ...['x509', '-new', '-force_pubkey', 'k.pub', '-days', '90'],
    ...['-CA', 'ca.pem', '-CAkey', 'ca.key', '-subj', `/CN=${web}`],
    ...(more.length > 0 ? more : ['-extfile', 'leaf.ext']),
  );
}

const names: Record<string, string> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};

t.test('every key that openssl makes', { skip }, async (t) => {
  const lab = createTlsLab(t);
  const crl = lab.crl();
  const sites = join(lab.dir, 'sites');
  const { openssl } = lab;
  const rsa = (bits: number, primes = 2): string =>
    openssl(
      ...['genpkey', '-algorithm', 'RSA'],
      ...['-pkeyopt', `rsa_keygen_bits:${String(bits)}`],
      ...['-pkeyopt', `rsa_keygen_primes:${String(primes)}`],
    );
  const plain = (...args: string[]): string =>
    openssl('genpkey', '-algorithm', ...args);
  const keys = new Map<string, string>([
    ['rsa-512', rsa(512)],
    ['rsa-1024', rsa(1024)],
    ['rsa-2048', rsa(2048)],
    ['rsa-3072', rsa(3072)],
    // of more primes, since two of them take half a minute to find
    ['rsa-8192', rsa(8192, 5)],
    ['rsa-pss', plain('RSA-PSS', '-pkeyopt', 'rsa_keygen_bits:2048')],
    ['ed25519', plain('ED25519')],
    ['ed448', plain('ED448')],
    ['x25519', plain('X25519')],
    ['x448', plain('X448')],
    ['dh', plain('DH', '-pkeyopt', 'group:ffdhe2048')],
    ['dsa', openssl('dsaparam', '-genkey', '-noout', '1024')],
  ]);
  const curves = Array.from(
    openssl('ecparam', '-list_curves').matchAll(/^ {2}(\S+?)\s*:/gm),
    ([, curve = '']) => curve,
  );
  t.ok(curves.length > 50, `${String(curves.length)} curves`);
  for (const curve of curves)
    for (const form of ['named_curve', 'explicit']) {
      try {
        keys.set(
          `ec-${curve}-${form}`,
          openssl(
            ...['ecparam', '-name', curve, '-param_enc', form],
            ...['-genkey', '-noout'],
          ),
        );
      } catch {
        // listed, and not made by this openssl: the curves of WAP and Oakley
      }
    }
  const made = [...keys].flatMap(([name, key]) => {
    try {
      const cert = certify(lab, key);
      const own = { cert, key, ca: lab.ca.cert, crl };
      writeKickdConfig(join(sites, name), own);
      return [name];
    } catch {
      return [];
    }
  });
  t.ok(made.length > 120, `${String(made.length)} certificates`);
  const checked = await checkAll(sites);
  t.equal(checked.size, made.length);
  for (const name of made) {
    const [found] = checked.get(name)?.certificates ?? [];
    const curve = /^ec-(.*)-named_curve$/.exec(name)?.[1];
    const isGood =
      ['rsa-2048', 'rsa-3072', 'rsa-8192', 'ed25519'].includes(name) ||
      (curve !== undefined && names[curve] !== undefined);
    if (isGood) t.equal(found?.level, 'ok', `${name}: ${found?.message ?? ''}`);
    else if (/^rsa-(512|1024)$/.test(name))
      t.equal(found?.code, 'TLS_NOT_TAKEN', name);
    else if (found?.code !== 'TLS_FILE_DAMAGED')
      // some are no keys to the OpenSSL in Node
      t.equal(found?.code, 'KEY_KIND', `${name}: ${found?.message ?? ''}`);
    if (found?.level === 'ok')
      t.equal(await shakeHands(join(sites, name, 'ssl')), web, name);
  }
  const [of] = checked.get('ec-secp256k1-named_curve')?.certificates ?? [];
  t.match(
    of?.message,
    /the key .*key.pem is on secp256k1; TLS here wants P-256, P-384, P-521, Ed25519 or RSA/,
  );
});

/** What is said to be well is well: a handshake of both sides. @returns the name that the client accepted */
async function shakeHands(dir: string): Promise<string> {
  const [cert, key, ca, crl] = ['cert', 'key', 'ca', 'crl'].map((name) =>
    join(dir, `${name}.pem`),
  ) as [string, string, string, string];
  const material = readMaterialSync({ cert, key, ca, crl });
  const server = createTlsServer(serverTlsOptions(material), (socket) => {
    socket.end(String(socket.authorized));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { maxCachedSessions: _, ...options } = clientTlsOptions(material, {
    certname: web,
  });
  const { port } = server.address() as AddressInfo;
  const client = connect({ ...options, host: '127.0.0.1', port });
  try {
    const [said] = (await once(client, 'data')) as [Buffer];
    return said.toString() === 'true' ? web : said.toString();
  } catch (error) {
    return String(error);
  } finally {
    client.destroy();
    server.close();
  }
}

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
