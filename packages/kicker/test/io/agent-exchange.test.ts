import type { TLSSocket } from 'node:tls';
import { readMaterialSync } from '@kickd/mtls';
import { writeSsl } from '@kickd/testkit';
import t, { type Test } from 'tap';
import { exchange, type Ask } from '../../src/io/agent-exchange.ts';
import { createParties, hostName } from '../fake-kickd.ts';
import { reply, startRawHost, type RawHost } from '../raw-host.ts';

const dir = t.testdir();
const parties = createParties(dir);
const own = readMaterialSync(parties.kicker);
const never = new AbortController().signal;
const ask: Ask = {
  method: 'GET',
  path: '/status',
  connectMs: 5000,
  replyMs: 5000,
  maxBytes: 1000,
};

async function hostFor(
  t: Test,
  answer: (socket: TLSSocket, head: string) => void,
): Promise<RawHost> {
  const host = await startRawHost(parties.host, answer);
  t.teardown(() => host.close());
  return host;
}

/** Writes a byte every few milliseconds, until the client hangs up. */
function drip(socket: TLSSocket, byte: string): void {
  const timer = setInterval(() => socket.write(byte), 5);
  socket.once('close', () => clearInterval(timer));
}

void t.test('what is sent, and what comes back', async (t) => {
  const host = await hostFor(t, (socket) =>
    socket.end(reply(200, '{"a":1}', ['retry-after: 7'])),
  );
  t.strictSame(await exchange(host.target, own, ask, never), {
    kind: 'whole',
    status: 200,
    retryAfter: '7',
    body: Buffer.from('{"a":1}'),
  });
  t.strictSame(host.heads[0]?.split('\r\n'), [
    'GET /status HTTP/1.1',
    `host: ${hostName}:${host.target.port}`,
    'connection: close',
    'accept: application/json, application/problem+json',
    'accept-outcome: not-needed',
  ]);
  const body = '{"ü":1}';
  await exchange(
    host.target,
    own,
    { ...ask, method: 'POST', path: '/run', body },
    never,
  );
  t.strictSame(host.heads[1]?.split('\r\n'), [
    'POST /run HTTP/1.1',
    `host: ${hostName}:${host.target.port}`,
    'connection: close',
    'accept: application/json, application/problem+json',
    'accept-outcome: not-needed',
    'content-type: application/json',
    'content-length: 8',
  ]);
});

// Each row: what the host does for ever with a connection once it was asked.
const slow: [string, (socket: TLSSocket) => void][] = [
  ['says nothing', () => {}],
  [
    'drips the name of a header',
    (socket) => {
      socket.write('HTTP/1.1 200 X\r\nx');
      drip(socket, 'x');
    },
  ],
  [
    'drips whole headers',
    (socket) => {
      socket.write('HTTP/1.1 200 X\r\n');
      drip(socket, 'x: y\r\n');
    },
  ],
  [
    'says that it goes on, for ever',
    (socket) => drip(socket, 'HTTP/1.1 102 X\r\n\r\n'),
  ],
  [
    'drips a body',
    (socket) => {
      socket.write('HTTP/1.1 200 X\r\ncontent-length: 999\r\n\r\n');
      drip(socket, 'x');
    },
  ],
  [
    'drips a chunked body',
    (socket) => {
      socket.write('HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n');
      drip(socket, '1\r\nx\r\n');
    },
  ],
  [
    'drips a body without an end',
    (socket) => {
      socket.write('HTTP/1.1 200 X\r\n\r\n');
      drip(socket, 'x');
    },
  ],
];
for (const [name, answer] of slow) {
  void t.test(`one deadline: it ${name}`, async (t) => {
    const closed = Promise.withResolvers<void>();
    const host = await hostFor(t, (socket) => {
      socket.once('close', () => closed.resolve());
      answer(socket);
    });
    const hasty = { ...ask, replyMs: 100 };
    t.match(await exchange(host.target, own, hasty, never), {
      kind: 'unknown',
      fault: { code: 'REPLY_TIMEOUT', exitCode: 5 },
    });
    await closed.promise;
  });
}

void t.test('the caller gives up while a body comes', async (t) => {
  const caller = new AbortController();
  const host = await hostFor(t, (socket) => {
    socket.write('HTTP/1.1 200 X\r\ncontent-length: 99\r\n\r\nx', () =>
      caller.abort(),
    );
  });
  t.match(await exchange(host.target, own, ask, caller.signal), {
    kind: 'unknown',
    fault: { code: 'REPLY_TIMEOUT' },
  });
});

// Each row: the bytes of a reply, and what it is.
const raw: [string, string | Buffer, object][] = [
  [
    'a body of just the limit',
    reply(200, 'x'.repeat(1000)),
    { kind: 'whole', body: Buffer.alloc(1000, 'x') },
  ],
  [
    'a body over the limit',
    reply(200, 'x'.repeat(1001)),
    {
      kind: 'unknown',
      fault: { code: 'REPLY_TOO_LONG', message: /over 1000 bytes/ },
    },
  ],
  [
    'a body over the limit, of a length that nobody tells',
    `HTTP/1.1 200 X\r\n\r\n${'x'.repeat(1001)}`,
    { kind: 'unknown', fault: { code: 'REPLY_TOO_LONG' } },
  ],
  [
    'a problem may be longer than that',
    reply(500, 'x'.repeat(64 * 1024)),
    { kind: 'whole', status: 500 },
  ],
  [
    'but not for ever',
    reply(500, 'x'.repeat(64 * 1024 + 1)),
    {
      kind: 'unknown',
      fault: { code: 'REPLY_TOO_LONG', message: /over 65536 bytes/ },
    },
  ],
  [
    'a head that is too long',
    `HTTP/1.1 200 X\r\nx: ${'x'.repeat(16 * 1024)}\r\n\r\n`,
    { kind: 'unknown', fault: { code: 'REPLY_LOST' } },
  ],
  [
    'a redirect is not followed',
    reply(302, '{}', ['location: /elsewhere']),
    { kind: 'whole', status: 302 },
  ],
  [
    'a hint, and then the reply',
    Buffer.concat([
      Buffer.from('HTTP/1.1 103 X\r\nretry-after: 1\r\n\r\n'),
      reply(202, '{}'),
    ]),
    { kind: 'whole', status: 202, retryAfter: undefined },
  ],
  [
    'what comes behind a whole reply is not read',
    Buffer.concat([reply(202, '{}'), reply(500, 'no')]),
    { kind: 'whole', status: 202, body: Buffer.from('{}') },
  ],
  [
    'another protocol at once',
    'HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n',
    { kind: 'unknown', fault: { code: 'REPLY_LOST', message: /bad upgrade/ } },
  ],
  [
    'no HTTP',
    '220 hello\r\n',
    { kind: 'unknown', fault: { code: 'REPLY_LOST', message: /HTTP/ } },
  ],
  [
    'a length that is two',
    'HTTP/1.1 200 X\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}',
    { kind: 'unknown', fault: { code: 'REPLY_LOST' } },
  ],
  [
    'a length and chunks',
    'HTTP/1.1 200 X\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}',
    { kind: 'unknown', fault: { code: 'REPLY_LOST' } },
  ],
];
for (const [name, bytes, wanted] of raw) {
  void t.test(name, async (t) => {
    const host = await hostFor(t, (socket) => socket.end(bytes));
    t.match(await exchange(host.target, own, ask, never), wanted);
    t.equal(host.heads.length, 1, 'asked once');
    t.equal(host.connections(), 1, 'on one connection');
  });
}

void t.test(
  'a host that keeps the connection is left all the same',
  async (t) => {
    const closed = Promise.withResolvers<void>();
    const host = await hostFor(t, (socket) => {
      socket.once('close', () => closed.resolve());
      socket.write('HTTP/1.1 200 X\r\ncontent-length: 2\r\n\r\n{}');
    });
    t.match(await exchange(host.target, own, ask, never), { kind: 'whole' });
    await closed.promise;
  },
);

void t.test('our certificate is refused behind the handshake', async (t) => {
  const { pki } = parties;
  const files = writeSsl(`${dir}/rsa`, {
    ...pki.issue({ certname: hostName, key: 'rsa' }),
    ca: pki.ca,
    crl: pki.crl,
  });
  // Our key is EC, so that we have no certificate for it: under TLS 1.3 it says so after our side is done.
  const host = await startRawHost(files, () => {}, {
    rejectUnauthorized: true,
    sigalgs: 'rsa_pss_rsae_sha256',
  });
  t.teardown(() => host.close());
  t.match(await exchange(host.target, own, ask, never), {
    kind: 'refused-tls',
    fault: {
      code: 'PEER_NO_CERTIFICATE',
      exitCode: 3,
      message: /ALERT_CERTIFICATE_REQUIRED/,
    },
  });
  t.equal(host.heads.length, 0, 'it never read a request');
});

void t.test('a proxy of the environment is none of ours', async (t) => {
  const host = await hostFor(t, (socket) => socket.end(reply(200, '{}')));
  for (const name of ['HTTPS_PROXY', 'https_proxy', 'NODE_USE_ENV_PROXY']) {
    process.env[name] = 'http://127.0.0.1:9';
    t.teardown(() => delete process.env[name]);
  }
  t.match(await exchange(host.target, own, ask, never), { kind: 'whole' });
});

void t.test('a body is taken as it comes, one piece at a time', async (t) => {
  const whole = Buffer.alloc(3 * 1024 * 1024, 'log\n');
  const host = await hostFor(t, (socket) => socket.end(reply(200, whole)));
  const seen: Buffer[] = [];
  let atOnce = 0;
  let most = 0;
  const answer = await exchange(
    host.target,
    own,
    {
      ...ask,
      maxBytes: Infinity,
      onChunk: async (chunk) => {
        most = Math.max(most, (atOnce += 1));
        seen.push(chunk);
        await new Promise(setImmediate);
        atOnce -= 1;
      },
    },
    never,
  );
  t.match(answer, { kind: 'whole', status: 200, body: Buffer.alloc(0) });
  t.equal(most, 1);
  t.equal(atOnce, 0, 'the last piece was taken before the end was told');
  t.ok(Buffer.concat(seen).equals(whole));
  t.ok(seen.length > 10);
});

void t.test('whoever takes the pieces fails', async (t) => {
  const host = await hostFor(t, (socket) => socket.end(reply(200, 'xy')));
  for (const onChunk of [
    () => Promise.reject(new Error('no room')),
    () => {
      throw new Error('no room');
    },
  ]) {
    t.match(await exchange(host.target, own, { ...ask, onChunk }, never), {
      kind: 'unknown',
      fault: { code: 'REPLY_LOST', message: /no room/ },
    });
  }
});

// Each row: the bytes, and whether the reply is whole by the time that the caller gives up.
const hanging: [string, string | Buffer, boolean][] = [
  ['with a length', reply(200, 'xy'), false],
  ['up to the end', 'HTTP/1.1 200 X\r\n\r\nxy', true],
];
for (const [name, bytes, isWhole] of hanging) {
  void t.test(`whoever takes the pieces hangs: ${name}`, async (t) => {
    const closed = Promise.withResolvers<void>();
    const host = await hostFor(t, (socket) => {
      socket.once('close', () => closed.resolve());
      socket.end(bytes);
    });
    const caller = new AbortController();
    const begun = Promise.withResolvers<void>();
    const onChunk = (): Promise<void> => {
      begun.resolve();
      return new Promise(() => {});
    };
    const { signal } = caller;
    const ended = exchange(host.target, own, { ...ask, onChunk }, signal);
    await begun.promise;
    if (isWhole) await closed.promise;
    caller.abort();
    t.match(await ended, { kind: 'unknown', fault: { code: 'REPLY_TIMEOUT' } });
  });
}

void t.test('a refusal is kept, and not taken for a piece', async (t) => {
  const host = await hostFor(t, (socket) =>
    socket.end(reply(403, '{"code":1}')),
  );
  const onChunk = (): void => {
    t.fail('a piece');
  };
  t.match(await exchange(host.target, own, { ...ask, onChunk }, never), {
    kind: 'whole',
    status: 403,
    body: Buffer.from('{"code":1}'),
  });
});
