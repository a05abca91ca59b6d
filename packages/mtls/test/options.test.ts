import { once } from 'node:events';
import { Agent, createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import {
  createPki,
  writeSsl,
  type IssueOptions,
  type Pki,
} from '@kickd/testkit';
import {
  clientTlsOptions,
  guardServer,
  readMaterialSync,
  serverTlsOptions,
  type Material,
} from '../src/index.ts';

const web1 = 'web1.example.com';

function materialOf(
  t: Test,
  pki: Pki,
  certname: string,
  leaf: Partial<IssueOptions> = {},
): Material {
  const dir = join(t.testdirName, `${Math.random()}`);
  return readMaterialSync(
    writeSsl(dir, {
      ...pki.issue({ certname, ...leaf }),
      ca: pki.ca,
      crl: pki.crl,
    }),
  );
}

async function startServer(t: Test, material: Material) {
  const seen: string[] = [];
  let bytes = 0;
  const server = createServer(serverTlsOptions(material), (_req, res) => {
    seen.push('request');
    res.end('ok');
  });
  guardServer(server, {
    onPeer: (socket) => {
      socket.on('close', () => {
        bytes += socket.bytesRead;
        server.emit('gone');
      });
    },
    onHandshakeError: () => server.emit('gone'),
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return {
    server,
    port: (server.address() as AddressInfo).port,
    seen,
    bytes: () => bytes,
  };
}

function ask(
  port: number,
  material: Material,
  certname: string,
): Promise<{ status: number; reused: boolean }> {
  const agent = new Agent({
    ...clientTlsOptions(material, { certname }),
    keepAlive: false,
  });
  return new Promise((resolve, reject) => {
    const req = request({ host: '127.0.0.1', port, agent }, (res) => {
      res.resume();
      res.on('end', () =>
        resolve({ status: res.statusCode ?? 0, reused: req.reusedSocket }),
      );
    });
    req.on('error', reject);
    req.end();
  });
}

t.test(
  'TLS-21 both sides with Puppet-like certificates, dialled by address',
  async (t) => {
    for (const options of [{}, { tier: 'single' }, { key: 'rsa' }] as const) {
      t.testdir({});
      const pki = createPki(options);
      const { port, seen } = await startServer(t, materialOf(t, pki, web1));
      t.match(
        await ask(port, materialOf(t, pki, 'monitor.example.com'), web1),
        { status: 200 },
      );
      t.strictSame(seen, ['request']);
    }
  },
);

const refused: [string, Partial<IssueOptions>, string, RegExp][] = [
  [
    "TLS-18 another host's certificate",
    { subject: [['CN', 'web2.example.com']], san: null },
    'SERVER_NAME_MISMATCH',
    /not web1\.example\.com: it is web2\.example\.com/,
  ],
  [
    'TLS-18 another host with our name as SAN',
    { subject: [['CN', 'web2.example.com']], san: ['web2.example.com', web1] },
    'SERVER_NAME_MISMATCH',
    /it is web2/,
  ],
  [
    'our CN, another SAN',
    { san: ['web2.example.com'] },
    'SERVER_NAME_MISMATCH',
    /not among the DNS names/,
  ],
  [
    'TLS-19 wildcard CN',
    { subject: [['CN', '*.example.com']], san: null },
    'SERVER_NAME_MISMATCH',
    /not a certname/,
  ],
  [
    'TLS-19 wildcard SAN',
    { subject: [['CN', web1]], san: ['*.example.com'] },
    'SERVER_NAME_MISMATCH',
    /not among/,
  ],
  [
    'two CNs',
    {
      subject: [
        ['CN', web1],
        ['CN', 'evil.example.com'],
      ],
    },
    'SERVER_NAME_MISMATCH',
    /several CNs/,
  ],
  [
    'upper-case CN',
    { subject: [['CN', 'WEB1.example.com']], san: null },
    'SERVER_NAME_MISMATCH',
    /not a certname/,
  ],
  [
    'full-width dots',
    { subject: [['CN', 'web1。example。com']], san: null },
    'SERVER_NAME_MISMATCH',
    /\\u\{3002\}/,
  ],
  ['no EKU', { eku: null }, 'SERVER_USAGE', /serverAuth/],
  ['clientAuth alone', { eku: ['clientAuth'] }, 'INVALID_PURPOSE', /./],
  [
    'expired',
    { notBefore: new Date(0), notAfter: new Date(1e9) },
    'CERT_HAS_EXPIRED',
    /./,
  ],
];
t.test(
  'the client refuses, and sends not one byte of its request',
  async (t) => {
    t.testdir({});
    const pki = createPki();
    const client = materialOf(t, pki, 'monitor.example.com');
    for (const [what, leaf, code, message] of refused)
      await t.test(what, async (t) => {
        t.testdir({});
        const { server, port, seen, bytes } = await startServer(
          t,
          materialOf(t, pki, web1, leaf),
        );
        const gone = once(server, 'gone');
        await t.rejects(ask(port, client, web1), { code, message });
        await gone;
        t.strictSame(seen, []);
        t.equal(bytes(), 0);
      });
  },
);

t.test('a foreign server and a revoked one', async (t) => {
  t.testdir({});
  const pki = createPki();
  const foreign = await startServer(t, materialOf(t, createPki(), web1));
  await t.rejects(ask(foreign.port, materialOf(t, pki, 'a'), web1), {
    code: 'UNABLE_TO_GET_CRL',
  });
  const leaf = pki.issue({ certname: web1 });
  const dir = join(t.testdirName, 'gone');
  const { port, seen } = await startServer(
    t,
    readMaterialSync(writeSsl(dir, { ...leaf, ca: pki.ca, crl: pki.crl })),
  );
  t.match(await ask(port, materialOf(t, pki, 'a'), web1), { status: 200 });
  pki.revoke(leaf.cert);
  await t.rejects(ask(port, materialOf(t, pki, 'a'), web1), {
    code: 'CERT_REVOKED',
  });
  t.strictSame(seen, ['request']);
});

t.test('TLS-22 the environment cannot switch verification off', async (t) => {
  t.testdir({});
  const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  t.teardown(() => {
    if (before === undefined)
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
  });
  const { port } = await startServer(t, materialOf(t, createPki(), web1));
  await t.rejects(ask(port, materialOf(t, createPki(), 'a'), web1), {
    code: /UNABLE|SELF/,
  });
});

t.test('one complete set', async (t) => {
  t.testdir({});
  const material = materialOf(t, createPki(), web1);
  const server = serverTlsOptions(material);
  const client = clientTlsOptions(material, { certname: web1 });
  t.match(server, {
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.3',
    handshakeTimeout: 3000,
    ALPNProtocols: ['http/1.1'],
  });
  t.match(client, {
    rejectUnauthorized: true,
    minVersion: 'TLSv1.3',
    servername: web1,
    maxCachedSessions: 0,
    ALPNProtocols: ['http/1.1'],
  });
  for (const options of [server, client]) {
    t.equal((options.ca as string[]).length, 2);
    t.equal((options.crl as string[]).length, 2);
    for (const forbidden of [
      'ticketKeys',
      'SNICallback',
      'ALPNCallback',
      'session',
    ])
      t.notOk(forbidden in options, forbidden);
  }
  t.equal(clientTlsOptions(material, { certname: '192.0.2.1' }).servername, '');
  t.equal(
    serverTlsOptions(material, { minVersion: 'TLSv1.2' }).minVersion,
    'TLSv1.2',
  );
});
