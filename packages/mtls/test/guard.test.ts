import { request as httpRequest } from 'node:http';
import { createServer, request } from 'node:https';
import {
  connect as connectTcp,
  createServer as createTcpServer,
  type AddressInfo,
} from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import { mock } from 'node:test';
import t, { type Test } from 'tap';
import type { FaultFacts } from '@kickd/protocol';
import {
  createPki,
  writeSsl,
  type IssueOptions,
  type Pki,
} from '@kickd/testkit';
import {
  guardServer,
  peerOf,
  readMaterialSync,
  serverTlsOptions,
  type Material,
  type Peer,
} from '../src/index.ts';

const dayMs = 24 * 60 * 60 * 1000;
const dayAgo = new Date(Date.now() - dayMs);
const tomorrow = new Date(Date.now() + dayMs);
const name = 'monitor.example.com';

type Reply = {
  status: number;
  type: string;
  body: { code?: string; remedy?: string };
};

async function startServer(
  t: Test,
  pki: Pki,
  minVersion: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3',
) {
  const materialOf = (of: Pki): Material =>
    readMaterialSync(
      writeSsl(join(t.testdirName, `${Math.random()}`), {
        ...of.issue({ certname: 'web1.example.com' }),
        ca: of.ca,
        crl: of.crl,
      }),
    );
  let material = materialOf(pki);
  const peers: Peer[] = [];
  const failures: { facts: FaultFacts; address: string | undefined }[] = [];
  const requests: string[] = [];
  const server = createServer(
    serverTlsOptions(material, { minVersion }),
    (req, res) => {
      const peer = peerOf(req.socket);
      requests.push(peer?.kind === 'known' ? peer.certname : 'nobody');
      res.end(JSON.stringify({ peer }));
    },
  );
  guardServer(server, {
    material: () => material,
    onPeer: (socket, peer) => {
      peers.push(peer);
      // when the guard has done with it
      queueMicrotask(() => server.emit('judged', socket));
    },
    onHandshakeError: (facts, { address }) => {
      failures.push({ facts, address });
      server.emit('told');
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const rotate = (to: Pki): void => {
    material = materialOf(to);
    server.setSecureContext(serverTlsOptions(material, { minVersion }));
  };
  return { server, port, peers, failures, requests, rotate };
}

/** A plain client that trusts anything, so that what is tested is the server. */
function ask(
  port: number,
  tls: ConnectionOptions,
  body = '{}',
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const req = request(
      {
        host: '127.0.0.1',
        port,
        path: '/run',
        method: 'POST',
        agent: false,
        rejectUnauthorized: false,
        ...tls,
      },
      (res) => {
        let text = '';
        res.on('data', (chunk) => (text += chunk));
        res.on('end', () =>
          resolve({
            status: res.statusCode ?? 0,
            type: res.headers['content-type'] ?? '',
            body: JSON.parse(text) as Reply['body'],
          }),
        );
      },
    );
    req.on('error', reject);
    req.end(body);
  });
}

function testdir(t: Test): void {
  t.testdir({});
}

const accepted: [
  string,
  Parameters<typeof createPki>[0],
  Partial<IssueOptions>,
][] = [
  ['TLS-25 two tiers, EC', { tier: 'two', key: 'ec' }, {}],
  ['TLS-25 single CA, EC', { tier: 'single', key: 'ec' }, {}],
  ['TLS-25 two tiers, RSA', { tier: 'two', key: 'rsa' }, {}],
  ['TLS-25 single CA, RSA', { tier: 'single', key: 'rsa' }, {}],
  ['TLS-25 EC leaf of an RSA CA', { key: 'rsa' }, { key: 'ec' }],
  ['TLS-25 RSA leaf of an EC CA', {}, { key: 'rsa' }],
  ['TLS-16 no SAN at all', {}, { san: null }],
  ['TLS-16 CN among several SANs', {}, { san: ['puppet', name] }],
  ['only an IP SAN', {}, { san: ['IP:192.0.2.1'] }],
  ['TLS-20 clientAuth alone', {}, { eku: ['clientAuth'] }],
  ['issued by the root', {}, { by: 'root' }],
];
for (const [what, options, leaf] of accepted)
  t.test(`accepted: ${what}`, async (t) => {
    testdir(t);
    const pki = createPki(options);
    const { port, requests } = await startServer(t, pki);
    const reply = await ask(port, pki.issue({ certname: name, ...leaf }));
    t.equal(reply.status, 200);
    t.strictSame(requests, [name]);
    t.match(reply.body, {
      peer: {
        kind: 'known',
        certname: name,
        serial: /^[0-9A-F]+$/,
        fingerprint: /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/,
      },
    });
  });

const refused: [string, Partial<IssueOptions>, string, string?][] = [
  [
    'TLS-04 expired',
    { notBefore: new Date(+dayAgo - dayMs), notAfter: dayAgo },
    'PEER_EXPIRED',
    name,
  ],
  ['TLS-04 not yet valid', { notBefore: tomorrow }, 'PEER_NOT_YET_VALID', name],
  ['TLS-20 serverAuth alone', { eku: ['serverAuth'] }, 'PEER_USAGE', name],
  ['TLS-20 no EKU', { eku: null }, 'PEER_USAGE', name],
  [
    'TLS-20 anyExtendedKeyUsage alone',
    { eku: ['anyExtendedKeyUsage'] },
    'PEER_USAGE',
    name,
  ],
  [
    'TLS-14 two CNs, ours first',
    {
      subject: [
        ['CN', name],
        ['CN', 'evil.example.com'],
      ],
    },
    'PEER_NAME_AMBIGUOUS',
  ],
  [
    'TLS-14 two CNs, ours last',
    {
      subject: [
        ['CN', 'evil.example.com'],
        ['CN', name],
      ],
    },
    'PEER_NAME_AMBIGUOUS',
  ],
  [
    'TLS-14 the same CN twice',
    {
      subject: [
        ['CN', name],
        ['CN', name],
      ],
    },
    'PEER_NAME_AMBIGUOUS',
  ],
  ['no CN', { subject: [['O', name]] }, 'PEER_NAME_INVALID'],
  [
    'TLS-15 CN with a newline',
    { subject: [['CN', `${name}\nCN=root`]], san: null },
    'PEER_NAME_INVALID',
    `${name}\\u{a}CN=root`,
  ],
  [
    'TLS-15 CN with a newline at its end',
    { subject: [['CN', `${name}\n`]], san: null },
    'PEER_NAME_INVALID',
  ],
  [
    'TLS-15 CN with ESC',
    { subject: [['CN', `\u001b[2J${name}`]], san: null },
    'PEER_NAME_INVALID',
    `\\u{1b}[2J${name}`,
  ],
  [
    'TLS-15 CN with NUL',
    { subject: [['CN', `${name}\0.evil.example`]], san: null },
    'PEER_NAME_INVALID',
    `${name}\\u{0}.evil.example`,
  ],
  [
    'TLS-17 upper-case CN',
    { subject: [['CN', 'Monitor.example.com']], san: null },
    'PEER_NAME_INVALID',
  ],
  [
    'TLS-19 wildcard CN',
    { subject: [['CN', '*.example.com']], san: null },
    'PEER_NAME_INVALID',
  ],
  [
    'TLS-17 leading dot',
    { subject: [['CN', '.example.com']], san: null },
    'PEER_NAME_INVALID',
  ],
  [
    'TLS-15 homoglyph CN',
    { subject: [['CN', 'mоnitor.example.com']], san: null },
    'PEER_NAME_INVALID',
  ],
  [
    'TLS-16 CN not among the SANs',
    { san: ['web1.example.com'] },
    'PEER_NAME_NOT_IN_SAN',
    name,
  ],
  [
    'TLS-16 CN only as upper-case SAN',
    { san: ['MONITOR.example.com'] },
    'PEER_NAME_NOT_IN_SAN',
    name,
  ],
  [
    'TLS-16 CN only inside another SAN',
    { san: [`evil, DNS:${name}`] },
    'PEER_NAME_NOT_IN_SAN',
    name,
  ],
  ['wildcard SAN', { san: ['*.example.com'] }, 'PEER_NAME_NOT_IN_SAN', name],
];
for (const minVersion of ['TLSv1.3', 'TLSv1.2'] as const)
  t.test(`refused, ${minVersion}`, async (t) => {
    testdir(t);
    const pki = createPki();
    const { port, requests, peers } = await startServer(t, pki, minVersion);
    for (const [what, leaf, code, certname] of refused)
      await t.test(what, async (t) => {
        const issued = pki.issue({ certname: name, ...leaf });
        const reply = await ask(port, { ...issued, maxVersion: minVersion });
        const peer = peers.at(-1);
        t.match(reply, {
          status: 403,
          type: 'application/problem+json',
          body: { type: 'about:blank', status: 403, code },
        });
        t.match(reply.body.remedy, /openssl x509 -in|timedatectl/);
        t.match(peer, {
          kind: 'refused',
          code,
          serial: /^[0-9A-F]+$/,
          issuer: 'CN=Puppet CA: puppet.example.com',
          notBefore: /Z$/,
          notAfter: /Z$/,
        });
        t.match(JSON.stringify(peer), /^[\x20-\x7e]*$/, 'one printable line');
        if (certname !== undefined) t.match(peer, { certname });
      });
    t.strictSame(requests, [], 'no request reached HTTP');
  });

t.test('refused for who signed it', async (t) => {
  testdir(t);
  const pki = createPki();
  const foreign = createPki();
  const gone = pki.issue({ certname: name });
  pki.revoke(gone.cert);
  const { port, requests } = await startServer(t, pki);
  const self = createPki({ tier: 'single', name });
  const cases: [string, ConnectionOptions, string][] = [
    ['TLS-01 no certificate', {}, 'PEER_NO_CERTIFICATE'],
    [
      'TLS-02 another CA of the same subject',
      foreign.issue({ certname: name }),
      'PEER_UNKNOWN_CA',
    ],
    [
      'TLS-02 the same, with its chain',
      withChain(foreign.issue({ certname: name }), foreign),
      'PEER_UNKNOWN_CA',
    ],
    [
      'TLS-02 another single CA',
      self.issue({ certname: name }),
      'PEER_UNKNOWN_CA',
    ],
    ['TLS-05 revoked', gone, 'PEER_REVOKED'],
  ];
  for (const [what, tls, code] of cases) {
    const reply = await ask(port, tls);
    t.match(reply, { status: 403, body: { code } }, what);
  }
  t.equal((await ask(port, pki.issue({ certname: name }))).status, 200);
  t.strictSame(requests, [name]);
});

t.test('a revoked intermediate takes its leaves with it', async (t) => {
  testdir(t);
  const pki = createPki();
  const leaf = pki.issue({ certname: name });
  const ofRoot = pki.issue({ certname: 'root-issued.example.com', by: 'root' });
  pki.revokeIntermediate();
  const { port, requests } = await startServer(t, pki);
  t.match(await ask(port, leaf), {
    status: 403,
    body: { code: 'PEER_REVOKED' },
  });
  t.equal((await ask(port, ofRoot)).status, 200);
  t.strictSame(requests, ['root-issued.example.com']);
});

t.test('TLS-03 a leaf that plays CA', async (t) => {
  testdir(t);
  const pki = createPki();
  const stored = pki.stored();
  const leaf = pki.issue({ certname: 'web2.example.com' });
  const { openPki } = await import('@kickd/certs-dev');
  const [issuing] = stored.cas;
  t.ok(issuing);
  if (issuing === undefined) return;
  const forged = openPki({
    nextSerial: 99,
    cas: [{ ...issuing, ...leaf, subject: [['CN', 'web2.example.com']] }],
  });
  const { port, requests } = await startServer(t, pki);
  const fake = forged.issue({ certname: name });
  const reply = await ask(port, { cert: fake.cert + leaf.cert, key: fake.key });
  t.equal(reply.status, 403);
  t.strictSame(requests, []);
});

t.test(
  'TLS-09 a CRL that is missing or expired refuses everybody, and says why',
  async (t) => {
    testdir(t);
    const expired = createPki({ crlNextUpdate: dayAgo });
    const one = await startServer(t, expired);
    t.match(await ask(one.port, expired.issue({ certname: name })), {
      status: 403,
      body: { code: 'PEER_CRL_EXPIRED', remedy: /crl_refresh_interval/ },
    });
    const two = createPki();
    const [first = ''] = two.crls;
    const half: Pki = Object.create(two, { crl: { value: first } }) as Pki;
    const server = await startServer(t, half);
    t.match(await ask(server.port, two.issue({ certname: name })), {
      status: 403,
      body: { code: 'PEER_CRL_MISSING' },
    });
  },
);

t.test(
  'TLS-05 the whole PEM as one text refuses even the good one: the split is needed',
  async (t) => {
    testdir(t);
    const pki = createPki();
    const leaf = pki.issue({ certname: 'web1.example.com' });
    const codes: unknown[] = [];
    for (const crl of [pki.crl, [...pki.crls]]) {
      const server = createServer(
        {
          ...leaf,
          ca: pki.ca,
          crl,
          requestCert: true,
          rejectUnauthorized: false,
        },
        (req, res) => {
          codes.push((req.socket as TLSSocket).authorizationError ?? null);
          res.end('{}');
        },
      );
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      await ask(
        (server.address() as AddressInfo).port,
        pki.issue({ certname: name }),
      );
      server.close();
    }
    t.strictSame(codes, ['UNABLE_TO_GET_CRL', null]);
  },
);

t.test(
  'TLS-11 no session is resumed, with or without a certificate',
  async (t) => {
    testdir(t);
    const pki = createPki();
    for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
      const { port, peers, requests } = await startServer(t, pki, 'TLSv1.2');
      const leaf = pki.issue({ certname: name });
      const sessions: Buffer[] = [];
      const talk = async (tls: ConnectionOptions): Promise<boolean> => {
        const socket = connect({
          host: '127.0.0.1',
          port,
          rejectUnauthorized: false,
          maxVersion,
          ...tls,
        });
        socket.on('session', (session: Buffer) => sessions.push(session));
        socket.on('error', () => undefined);
        socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
        socket.resume();
        await once(socket, 'secureConnect');
        const isReused = socket.isSessionReused();
        await once(socket, 'close');
        return isReused;
      };
      await talk(leaf);
      t.strictSame(requests, [name]);
      const session = sessions[0];
      t.comment(`${maxVersion}: ${sessions.length} sessions offered`);
      for (const tls of [{}, leaf])
        t.equal(await talk({ ...tls, ...(session ? { session } : {}) }), false);
      t.strictSame(
        peers.map((peer) => (peer.kind === 'known' ? 'known' : peer.code)),
        ['known', 'PEER_NO_CERTIFICATE', 'known'],
      );
      t.strictSame(requests, [name, name]);
    }
  },
);

t.test(
  'TLS-11 were tickets ever on, a resumed session would still be nobody',
  async (t) => {
    testdir(t);
    const pki = createPki();
    const leaf = pki.issue({ certname: name });
    const files = writeSsl(t.testdirName, {
      ...leaf,
      ca: pki.ca,
      crl: pki.crl,
    });
    const peers: Peer[] = [];
    let requests = 0;
    const server = createServer(
      { ...serverTlsOptions(readMaterialSync(files)), secureOptions: 0 },
      (_req, res) => {
        requests += 1;
        res.end('{}');
      },
    );
    guardServer(server, { onPeer: (_socket, peer) => peers.push(peer) });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.teardown(() => server.close());
    const { port } = server.address() as AddressInfo;
    const first = connect({
      host: '127.0.0.1',
      port,
      rejectUnauthorized: false,
      ...leaf,
    });
    first.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    first.resume();
    const [session] = (await once(first, 'session')) as [Buffer];
    await once(first, 'close');
    for (const tls of [{}, leaf]) {
      const again = connect({
        host: '127.0.0.1',
        port,
        rejectUnauthorized: false,
        session,
        ...tls,
      });
      const [answer] = (await once(again, 'data')) as [Buffer];
      t.ok(again.isSessionReused(), 'the trap is there');
      t.match(answer.toString(), /^HTTP\/1\.1 403 /);
      again.destroy();
    }
    t.strictSame(
      peers.map(({ kind }) => kind),
      ['known', 'refused', 'refused'],
    );
    t.equal(requests, 1);
  },
);

t.test('a refused peer cannot hold the socket', async (t) => {
  testdir(t);
  const pki = createPki();
  const { server, port, requests } = await startServer(t, pki);
  // the timers of the guard alone; node:tls has its own
  mock.timers.enable({ apis: ['setTimeout'] });
  t.teardown(() => mock.timers.reset());
  // net's option, which tls.connect passes on and its type leaves out
  const options: ConnectionOptions & { allowHalfOpen: true } = {
    host: '127.0.0.1',
    port,
    rejectUnauthorized: false,
    allowHalfOpen: true,
  };
  const judged = once(server, 'judged') as Promise<[TLSSocket]>;
  const silent = connect(options);
  silent.on('error', () => undefined);
  silent.on('end', () => undefined);
  const [socket] = await judged;
  mock.timers.tick(249);
  t.notOk(socket.writableEnded, 'it may ask first');
  mock.timers.tick(1);
  t.ok(socket.writableEnded);
  const [answer] = (await once(silent, 'data')) as [Buffer];
  t.match(
    answer.toString(),
    /^HTTP\/1\.1 403 .*PEER_NO_CERTIFICATE/s,
    'answered without a request',
  );
  silent.write('x'.repeat(1000));
  mock.timers.tick(749);
  t.notOk(socket.destroyed, 'it may read the answer');
  mock.timers.tick(1);
  t.ok(socket.destroyed, 'after a second, whatever it says');
  mock.timers.reset();
  t.match(
    await ask(port, {}, 'x'.repeat(256 * 1024)),
    { status: 403 },
    'a large body does not lose the answer',
  );
  t.strictSame(requests, []);
});

t.test(
  'handshakes that fail are told in plain words, with the address',
  async (t) => {
    testdir(t);
    const pki = createPki();
    const { server, port, failures, requests } = await startServer(t, pki);
    const cases: [string, () => void][] = [
      [
        'HANDSHAKE_PLAIN_HTTP',
        () =>
          httpRequest({ host: '127.0.0.1', port })
            .on('error', () => undefined)
            .end(),
      ],
      [
        'HANDSHAKE_OLD_VERSION',
        () =>
          connect({
            host: '127.0.0.1',
            port,
            maxVersion: 'TLSv1.2',
            rejectUnauthorized: false,
          }).on('error', () => undefined),
      ],
      [
        'HANDSHAKE_HANG_UP',
        () =>
          connect({
            host: '127.0.0.1',
            port,
            ca: createPki().ca,
            servername: 'web1.example.com',
          }).on('error', () => undefined),
      ],
      [
        'HANDSHAKE_NO_HTTP1',
        () =>
          connect({
            host: '127.0.0.1',
            port,
            ALPNProtocols: ['h2'],
            rejectUnauthorized: false,
          }).on('error', () => undefined),
      ],
      [
        'HANDSHAKE_NOTHING_SHARED',
        () =>
          connect({
            host: '127.0.0.1',
            port,
            sigalgs: 'rsa_pss_rsae_sha256',
            rejectUnauthorized: false,
          }).on('error', () => undefined),
      ],
    ];
    for (const [code, act] of cases) {
      const told = once(server, 'told');
      act();
      await told;
      t.match(
        failures.at(-1),
        { facts: { code, remedy: /./, exitCode: 3 }, address: '127.0.0.1' },
        code,
      );
    }
    t.strictSame(requests, []);
  },
);

function withChain(leaf: { cert: string; key: string }, pki: Pki) {
  return { cert: leaf.cert + pki.ca, key: leaf.key };
}

/** Passes a client on to a server, and holds back what the client says after its first words. */
async function startHold(
  t: Test,
  port: number,
): Promise<{ port: number; held: Promise<unknown>; release(): void }> {
  const events = new EventEmitter();
  const held = once(events, 'held');
  let release = (): void => undefined;
  const relay = createTcpServer((client) => {
    const server = connectTcp(port, '127.0.0.1');
    client.on('error', () => server.destroy());
    server.on('error', () => client.destroy());
    server.pipe(client);
    client.once('data', (hello: Buffer) => {
      server.write(hello);
      client.pause();
      const late: Buffer[] = [];
      client.on('data', (chunk: Buffer) => {
        late.push(chunk);
        events.emit('held');
      });
      release = () => {
        client.removeAllListeners('data');
        for (const chunk of late) server.write(chunk);
        client.pipe(server);
      };
      client.resume();
    });
  });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  t.teardown(() => relay.close());
  const { port: at } = relay.address() as AddressInfo;
  return { port: at, held, release: () => release() };
}

t.test('a rotation in the middle of a handshake', async (t) => {
  type Change = (pki: Pki, leaf: { cert: string }) => Pki;
  const cases: [string, Change, number, string | undefined][] = [
    [
      'that revokes who shakes hands',
      (pki, { cert }) => {
        pki.revoke(cert);
        return pki;
      },
      403,
      'PEER_REVOKED',
    ],
    [
      'that revokes the CA above',
      (pki) => {
        pki.revokeIntermediate();
        return pki;
      },
      403,
      'PEER_REVOKED',
    ],
    [
      'that revokes another',
      (pki) => {
        pki.revoke(pki.issue({ certname: 'other.example.com' }).cert);
        return pki;
      },
      200,
      undefined,
    ],
    ['to another CA', () => createPki(), 403, 'PEER_UNKNOWN_CA'],
  ];
  for (const minVersion of ['TLSv1.2', 'TLSv1.3'] as const)
    for (const [what, change, status, code] of cases)
      await t.test(`${what}, ${minVersion}`, async (t) => {
        testdir(t);
        const pki = createPki();
        const stage = await startServer(t, pki, minVersion);
        const hold = await startHold(t, stage.port);
        const leaf = pki.issue({ certname: name });
        const replying = ask(hold.port, { ...leaf, maxVersion: minVersion });
        await hold.held;
        stage.rotate(change(pki, leaf));
        hold.release();
        const reply = await replying;
        t.equal(reply.status, status);
        t.equal(reply.body.code, code);
        t.equal(stage.requests.length, status === 200 ? 1 : 0);
      });
});
