import { writeFileSync } from 'node:fs';
import {
  connect as connectTcp,
  createServer,
  type AddressInfo,
} from 'node:net';
import { once } from 'node:events';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import {
  createPki,
  rawRequest,
  type IssueOptions,
  type Pki,
  type RawReply,
} from '@kickd/testkit';
import t, { type Test } from 'tap';
import { StartRefused } from '../../src/start-refused.ts';
import { monitor, startFixture, web, type Fixture } from '../fixture.ts';

/** The certificate cases that want a whole kickd; the others stand in packages/mtls/test. */

const acl = `path /\nallow ${monitor}\n`;
const dayMs = 24 * 60 * 60 * 1000;
const fromNow = (ms: number): Date => new Date(Date.now() + ms);

async function start(
  t: Test,
  options: Parameters<typeof startFixture>[1] = {},
): Promise<Fixture> {
  const fixture = await startFixture(t.testdir({}), { acl, ...options });
  t.teardown(() => fixture.agent.close());
  return fixture;
}

/** Trusts anything, so that what is tested is kickd. */
const ask = (fixture: Fixture, tls: ConnectionOptions): Promise<RawReply> =>
  rawRequest(
    fixture.agent.port,
    { rejectUnauthorized: false, servername: web, ...tls },
    [`GET /status HTTP/1.1\r\nHost: ${web}\r\n\r\n`],
  );

const leafOf = (pki: Pki, leaf: Partial<IssueOptions> = {}) =>
  pki.issue({ certname: monitor, ...leaf });

/** The audit tells of it, with the address. */
async function expectLine(fixture: Fixture, code: string): Promise<void> {
  await fixture.heard(
    (e) => 'code' in e && e.code === code && 'ip' in e && e.ip === '127.0.0.1',
  );
}

t.test('TLS-01 no client certificate', async (t) => {
  const fixture = await start(t);
  t.match(await ask(fixture, {}), {
    status: 403,
    code: 'PEER_NO_CERTIFICATE',
  });
  await expectLine(fixture, 'PEER_NO_CERTIFICATE');
  const old = await ask(fixture, { maxVersion: 'TLSv1.2' });
  t.match(old, { status: 0, error: /PROTOCOL_VERSION/ });
  await expectLine(fixture, 'HANDSHAKE_OLD_VERSION');
});

t.test('TLS-03 a chain that its CAs do not allow', async (t) => {
  const cases: [string, Parameters<typeof createPki>[0], number][] = [
    ['as Puppet makes them', {}, 200],
    ['an intermediate that says it is no CA', { intermediateIs: 'no-ca' }, 403],
    [
      'an intermediate without basicConstraints',
      { intermediateIs: 'unmarked' },
      403,
    ],
    ['a root that allows no CA below it', { rootPathLength: 0 }, 403],
  ];
  for (const [what, options, status] of cases) {
    const pki = createPki(options);
    const [intermediate = '', root = ''] = pki.ca.split(
      /(?<=END CERTIFICATE-----\n)/,
    );
    // kickd knows the root alone; whoever calls brings the rest
    const fixture = await startFixture(t.testdir({}), {
      acl,
      pki,
      ca: root,
      leaf: { by: 'root' },
    });
    const leaf = leafOf(pki);
    const reply = await ask(fixture, {
      ...leaf,
      cert: leaf.cert + intermediate,
    });
    t.equal(reply.status, status, `${what}: ${reply.text}`);
    await fixture.agent.close();
  }
});

t.test('TLS-04 a second before and after its time', async (t) => {
  const fixture = await start(t);
  const { pki } = fixture;
  const cases: [string, Partial<IssueOptions>, number][] = [
    ['began a second ago', { notBefore: fromNow(-1000) }, 200],
    ['ends in an hour', { notAfter: fromNow(3_600_000) }, 200],
    ['ended a second ago', { notAfter: fromNow(-1000) }, 403],
    ['begins in an hour', { notBefore: fromNow(3_600_000) }, 403],
  ];
  for (const [what, leaf, status] of cases)
    t.equal((await ask(fixture, leafOf(pki, leaf))).status, status, what);
});

t.test('TLS-05 revoked, whichever CRL stands first', async (t) => {
  const pki = createPki();
  const revoked = leafOf(pki);
  pki.revoke(revoked.cert);
  for (const crls of [pki.crls, pki.crls.toReversed()]) {
    const fixture = await startFixture(t.testdir({}), {
      acl,
      pki,
      crl: crls.join(''),
    });
    t.match(await ask(fixture, revoked), { status: 403, code: 'PEER_REVOKED' });
    t.equal((await ask(fixture, leafOf(pki))).status, 200);
    await fixture.agent.close();
  }
});

/** what a CRL file may be instead; each is refused at start, and at reload with the old one in force */
const badCrls: [string, (pki: Pki) => string | Buffer, string][] = [
  ['TLS-06 empty', () => '', 'CRL_EMPTY'],
  ['TLS-06 only comments', () => '# no CRL here\n', 'CRL_EMPTY'],
  ['TLS-06 truncated', (pki) => pki.crl.slice(0, -100), 'TLS_FILE_DAMAGED'],
  ['TLS-06 garbage', () => 'hello\0world'.repeat(50), 'CRL_EMPTY'],
  [
    'TLS-06 DER',
    (pki) =>
      Buffer.from(
        (pki.crls[0] ?? '').replaceAll(/-----[^\n]*\n/g, ''),
        'base64',
      ),
    'TLS_FILE_DER',
  ],
  [
    'TLS-07 one CA without its CRL',
    (pki) => pki.crls[0] ?? '',
    'CRL_NOT_COVERING',
  ],
  ['TLS-08 signed by another CA', () => createPki().crl, 'CRL_NOT_COVERING'],
  [
    'TLS-08 from the future',
    (pki) => {
      pki.renewCrl({ thisUpdate: fromNow(dayMs), number: 50 });
      return pki.crl;
    },
    'CRL_NOT_YET_VALID',
  ],
  [
    'TLS-09 past its time',
    (pki) => {
      pki.renewCrl({
        thisUpdate: fromNow(-2 * dayMs),
        nextUpdate: fromNow(-dayMs),
      });
      return pki.crl;
    },
    'CRL_EXPIRED',
  ],
];
for (const [what, make, code] of badCrls) {
  t.test(what, async (t) => {
    const fixture = await start(t);
    const { pki } = fixture;
    const good = leafOf(pki);
    const revoked = leafOf(pki, { certname: 'gone.example.com' });
    pki.revoke(revoked.cert);
    const { crl } = fixture.settings.tls;
    writeFileSync(crl, pki.crl);
    await fixture.heard((e) => e.event === 'reloaded');
    writeFileSync(crl, make(pki));
    await fixture.heard(
      (e) =>
        e.event === 'reload-refused' && e.faults.some((f) => f.code === code),
    );
    t.equal((await ask(fixture, good)).status, 200, 'the old one is in force');
    t.match(await ask(fixture, revoked), { code: 'PEER_REVOKED' });
    const other = createPki();
    const bad = make(other);
    if (typeof bad !== 'string') return;
    await t.rejects(
      startFixture(t.testdir({}), { acl, pki: other, crl: bad }).catch(
        (error: unknown) => {
          const codes =
            error instanceof StartRefused
              ? error.faults.map((fault) => fault.code)
              : [(error as { code?: string }).code];
          throw new Error(codes.join(' '));
        },
      ),
      { message: new RegExp(code) },
      'no start',
    );
  });
}

t.test('TLS-09 a CRL that ends while kickd runs ends it all', async (t) => {
  // OpenSSL judges by the clock of the system: far enough ahead to see a yes, and near enough to wait for the no
  const pki = createPki({ crlNextUpdate: fromNow(3000) });
  const perSource = { connections: 1000, perSecond: 100_000 };
  const fixture = await start(t, { pki, perSource });
  t.match(
    fixture.told.find((e) => e.event === 'warning'),
    { fault: { code: 'CRL_EXPIRES_SOON' } },
    'it was told in time',
  );
  const good = leafOf(pki);
  let reply = await ask(fixture, good);
  t.equal(reply.status, 200);
  while (reply.status === 200) reply = await ask(fixture, good);
  t.match(reply, { status: 403, code: 'PEER_CRL_EXPIRED' });
});

t.test('TLS-10 an open connection ends with a rotation', async (t) => {
  const fixture = await start(t);
  const revoked = leafOf(fixture.pki);
  const idle = connect({
    ...revoked,
    host: '127.0.0.1',
    port: fixture.agent.port,
    rejectUnauthorized: false,
  });
  idle.on('error', () => undefined);
  idle.resume();
  await fixture.heard((e) => e.event === 'handshake-accepted');
  const closed = once(idle, 'close');
  fixture.pki.revoke(revoked.cert);
  writeFileSync(fixture.settings.tls.crl, fixture.pki.crl);
  const reloaded = fixture.heard((e) => e.event === 'reloaded');
  await Promise.all([closed, reloaded]);
  t.match(await ask(fixture, revoked), { code: 'PEER_REVOKED' });
});

t.test('TLS-10 a rotation costs nobody else a request', async (t) => {
  const fixture = await start(t);
  const revoked = leafOf(fixture.pki);
  const good = leafOf(fixture.pki);
  const open = (leaf: ConnectionOptions): TLSSocket => {
    const socket = connect({
      ...leaf,
      host: '127.0.0.1',
      port: fixture.agent.port,
      rejectUnauthorized: false,
    });
    socket.on('error', () => undefined);
    return socket;
  };
  const [bad, fine] = [open(revoked), open(good)];
  const isKnown = (): number =>
    fixture.told.filter((e) => e.event === 'handshake-accepted').length;
  await Promise.all([once(bad, 'secureConnect'), once(fine, 'secureConnect')]);
  while (isKnown() < 2) await ask(fixture, {});
  const closed = once(bad, 'close');
  bad.resume();
  fixture.pki.revoke(revoked.cert);
  writeFileSync(fixture.settings.tls.crl, fixture.pki.crl);
  await fixture.heard((e) => e.event === 'reloaded');
  await closed;
  fine.write(`GET /status HTTP/1.1\r\nHost: ${web}\r\n\r\n`);
  const [answer] = (await once(fine, 'data')) as [Buffer];
  t.match(answer.toString(), /^HTTP\/1\.1 200 /);
  fine.destroy();
});

/**
 * Under TLS 1.3 OpenSSL offers sessions even without tickets; what counts is that none is taken.
 * @returns sessions that were offered, and whether this one was taken
 */
async function talk(
  fixture: Fixture,
  tls: ConnectionOptions,
): Promise<{ sessions: Buffer[]; isReused: boolean | undefined }> {
  const sessions: Buffer[] = [];
  const socket: TLSSocket = connect({
    host: '127.0.0.1',
    port: fixture.agent.port,
    rejectUnauthorized: false,
    servername: web,
    ...tls,
  });
  socket.on('session', (session: Buffer) => sessions.push(session));
  socket.on('error', () => undefined);
  socket.write(`GET /status HTTP/1.1\r\nHost: ${web}\r\n\r\n`);
  socket.resume();
  let isReused: boolean | undefined;
  socket.once('secureConnect', () => {
    isReused = socket.isSessionReused();
  });
  await once(socket, 'close');
  return { sessions, isReused };
}

t.test('TLS-12 a thousandth of 10,000 attempts to resume', async (t) => {
  // the whole of it: npm run test:tls
  const fixture = await start(t);
  const leaf = leafOf(fixture.pki);
  const taken: (boolean | undefined)[] = [];
  let session: Buffer | undefined;
  for (let n = 0; n < 10; n += 1) {
    const tls = session === undefined ? leaf : { ...leaf, session };
    const { sessions, isReused } = await talk(fixture, tls);
    session = sessions.at(-1) ?? session;
    taken.push(isReused);
  }
  t.strictSame(taken, Array(10).fill(false));
});

t.test('TLS-13 a session of another kickd, from another address', async (t) => {
  // of a server with the same certificate that does give tickets
  const pki = createPki();
  const leaf = pki.issue({ certname: web });
  const { createServer: createTlsServer } = await import('node:tls');
  const giver = createTlsServer({ ...leaf, ca: pki.ca }, (socket) => {
    socket.end('hello');
  }).listen(0, '127.0.0.1');
  await once(giver, 'listening');
  const client = connect({
    host: '127.0.0.1',
    port: (giver.address() as AddressInfo).port,
    rejectUnauthorized: false,
  });
  client.resume();
  const [session] = (await once(client, 'session')) as [Buffer];
  client.destroy();
  giver.close();
  const fixture = await start(t, { pki });
  for (const tls of [{}, leafOf(pki)]) {
    const from = { session, localAddress: '127.0.0.9' };
    const { isReused } = await talk(fixture, { ...tls, ...from });
    t.equal(isReused, false);
  }
  t.match(
    fixture.told.find((e) => e.event === 'handshake-refused'),
    { code: 'PEER_NO_CERTIFICATE', ip: '127.0.0.9' },
  );
});

t.test('TLS-15 a name of 300 characters, in UTF-8, with a tab', async (t) => {
  const fixture = await start(t);
  for (const name of ['a'.repeat(300), 'mönitor.example.com', 'a\tb']) {
    const before = fixture.told.length;
    const odd = leafOf(fixture.pki, { subject: [['CN', name]], san: null });
    t.match(await ask(fixture, odd), {
      status: 403,
      code: 'PEER_NAME_INVALID',
    });
    t.match(JSON.stringify(fixture.told.slice(before)), /^[\x20-\x7e]+$/);
  }
});

t.test('TLS-17 a trailing dot', async (t) => {
  const fixture = await start(t);
  const odd = leafOf(fixture.pki, {
    subject: [['CN', `${monitor}.`]],
    san: [`${monitor}.`],
  });
  // a certname may end in a dot, and is then another
  t.match(await ask(fixture, odd), { status: 403, code: 'ACL_DENIED' });
});

t.test('TLS-20 an empty list of usages', async (t) => {
  const fixture = await start(t);
  const odd = leafOf(fixture.pki, { eku: [] });
  t.equal((await ask(fixture, odd)).status, 403);
});

t.test('TLS-23 old versions, weak keys, weak signatures', async (t) => {
  const fixture = await start(t);
  const weak = { ciphers: 'ALL:@SECLEVEL=0' };
  for (const version of ['TLSv1', 'TLSv1.1', 'TLSv1.2'] as const) {
    const reply = await ask(fixture, {
      ...leafOf(fixture.pki),
      ...weak,
      minVersion: version,
      maxVersion: version,
    });
    t.equal(reply.status, 0, version);
  }
  await expectLine(fixture, 'HANDSHAKE_OLD_VERSION');
  const short = leafOf(fixture.pki, { key: 'rsa1024' });
  t.notMatch(await ask(fixture, { ...short, ...weak }), { status: 200 });
  const sha1 = leafOf(fixture.pki, { hash: 'sha1' });
  t.notMatch(await ask(fixture, { ...sha1, ...weak }), { status: 200 });
  const group = await ask(fixture, {
    ...leafOf(fixture.pki),
    ecdhCurve: 'ffdhe2048',
  });
  t.equal(group.status, 0, 'a finite-field group');
  t.equal((await ask(fixture, leafOf(fixture.pki))).status, 200);
});

/** The first bytes that a client of ours sends. */
async function clientHello(servername: string): Promise<Buffer> {
  const catcher = createServer().listen(0, '127.0.0.1');
  await once(catcher, 'listening');
  const { port } = catcher.address() as AddressInfo;
  const client = connect({ host: '127.0.0.1', port, servername });
  client.on('error', () => undefined);
  const [socket] = (await once(catcher, 'connection')) as [TLSSocket];
  const [hello] = (await once(socket, 'data')) as [Buffer];
  client.destroy();
  socket.destroy();
  catcher.close();
  return hello;
}

/** Sends bytes as they are and waits for the end. */
async function knock(port: number, bytes: Uint8Array): Promise<void> {
  const socket = connectTcp({ host: '127.0.0.1', port });
  socket.on('error', () => undefined);
  socket.resume();
  socket.end(bytes);
  await once(socket, 'close');
}

t.test('TLS-24 records that no client sends', async (t) => {
  const fixture = await start(t);
  const hello = await clientHello(web);
  const damaged = (at: number, by: number): Buffer => {
    const copy = Buffer.from(hello);
    copy[at] = by;
    return copy;
  };
  const record = (type: number, body: Buffer): Buffer =>
    Buffer.concat([
      Buffer.of(type, 3, 3, body.length >> 8, body.length & 0xff),
      body,
    ]);
  const noise = Buffer.alloc(4000, 0xa5);
  const cases: [string, Buffer][] = [
    ['noise', noise],
    ['half a hello', hello.subarray(0, hello.length >> 1)],
    ['a hello of another length', damaged(8, 0xff)],
    ['a cipher list without an end', damaged(44, 0xff)],
    ['an unknown record type', damaged(0, 99)],
    [
      'a thousand records of nothing',
      Buffer.concat(
        Array.from({ length: 1000 }, () => record(22, Buffer.alloc(0))),
      ),
    ],
    ['a record too long', record(22, Buffer.alloc(20_000))],
    ['an alert before anything', record(21, Buffer.of(2, 40))],
    ['early data', Buffer.concat([hello, record(23, noise)])],
    ['the hello twice', Buffer.concat([hello, hello])],
    [
      'SSLv2',
      Buffer.from(
        '802e0100020015000000100100800200800300800400800500800600400700c0',
        'hex',
      ),
    ],
  ];
  for (const [what, bytes] of cases) {
    const before = fixture.told.length;
    await knock(fixture.agent.port, bytes);
    await fixture.heard(
      (e) =>
        e.event === 'handshake-failed' && fixture.told.indexOf(e) >= before,
    );
    t.equal(fixture.told.length, before + 1, `${what}: one line`);
  }
  const { cert, key } = leafOf(fixture.pki);
  const chain = cert + fixture.pki.ca.repeat(50);
  const long = await ask(fixture, { cert: chain, key });
  t.notMatch(long, { status: 500 }, 'a chain of 101');
  const huge = await ask(fixture, {
    cert: cert + fixture.pki.ca.repeat(600),
    key,
  });
  t.equal(huge.status, 0, 'a chain of a mebibyte');
  t.equal((await ask(fixture, leafOf(fixture.pki))).status, 200, 'still there');
});

for (const key of ['rsa', 'rsa4096', 'ec', 'p384', 'ed25519'] as const) {
  t.test(`TLS-25 a kickd and a caller with ${key}`, async (t) => {
    const fixture = await start(t, { leaf: { key } });
    const reply = await ask(fixture, leafOf(fixture.pki, { key }));
    t.equal(reply.status, 200, reply.text + (reply.error ?? ''));
    const mixed = await ask(fixture, leafOf(fixture.pki, { key: 'ec' }));
    t.equal(mixed.status, 200);
  });
}

t.test('TLS-26 whatever server name is asked for', async (t) => {
  const fixture = await start(t);
  const leaf = leafOf(fixture.pki);
  const names = [
    '',
    'other.example.com',
    '192.0.2.1',
    `${'a'.repeat(63)}.`.repeat(3) + 'a'.repeat(63),
  ];
  for (const servername of names) {
    const reply = await ask(fixture, { ...leaf, servername });
    t.equal(reply.status, 200, servername);
  }
  const hello = await clientHello('aaaaaaaaaaaa.example.com');
  const at = hello.indexOf('aaaaaaaaaaaa');
  hello.fill(0, at + 3, at + 6);
  await knock(fixture.agent.port, hello);
  await fixture.heard((e) => e.event === 'handshake-failed');
  t.equal((await ask(fixture, leaf)).status, 200, 'a NUL inside harms nobody');
});
