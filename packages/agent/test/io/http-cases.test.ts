import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect } from 'node:tls';
import { createPki, rawRequest } from '@kickd/testkit';
import t from 'tap';
import {
  kickOf,
  monitor,
  postHead,
  startFixture,
  web,
  type Caller,
  type Fixture,
} from '../fixture.ts';

/** Requests that no client library sends, each over real TLS; the first part stands in listener.test.ts. */

let fixture: Fixture;
t.before(async () => {
  fixture = await startFixture(t.testdir(), {
    acl: `path /\nallow ${monitor}\n`,
    perSource: { connections: 1000, perSecond: 100_000 },
  });
});
t.after(() => fixture.agent.close());

const host = `Host: ${web}`;
const lines = (...all: string[]): string => [...all, '', ''].join('\r\n');
const get = (...more: string[]): string =>
  lines('GET /status HTTP/1.1', host, ...more);
let kicks = 1000;
const body = (): string => JSON.stringify(kickOf((kicks += 1)));
const chunked = lines(
  'POST /run HTTP/1.1',
  host,
  'Content-Type: application/json',
  'Transfer-Encoding: chunked',
);
const inChunks = (text: string, size: number, extension = ''): string =>
  (text.match(new RegExp(`.{1,${String(size)}}`, 'g')) ?? [])
    .map((part) => `${part.length.toString(16)}${extension}\r\n${part}\r\n`)
    .join('');

const refused: [string, string, number][] = [
  [
    'HTTP-01 two lengths',
    `${postHead(10, 'Content-Length: 11\r\n')}{"a":true}x`,
    400,
  ],
  [
    'HTTP-01 the same length twice',
    `${postHead(10, 'Content-Length: 10\r\n')}{"a":true}`,
    400,
  ],
  [
    'HTTP-01 identity as an encoding',
    `${postHead(10, 'Transfer-Encoding: identity\r\n')}{"a":true}`,
    400,
  ],
  [
    'HTTP-01 chunked, identity',
    `${lines('POST /run HTTP/1.1', host, 'Content-Type: application/json', 'Transfer-Encoding: chunked, identity')}0\r\n\r\n`,
    400,
  ],
  [
    'HTTP-01 a length with a sign',
    lines(
      'POST /run HTTP/1.1',
      host,
      'Content-Type: application/json',
      'Content-Length: +2',
    ) + '{}',
    400,
  ],
  ['HTTP-02 bare line feeds', `GET /status HTTP/1.1\n${host}\n\n`, 400],
  ['HTTP-02 a folded header', get('X-Folded: a', ' b'), 400],
  ['HTTP-02 a space before the colon', get('X-Odd : a'), 400],
  [
    'HTTP-02 a carriage return alone',
    `GET /status HTTP/1.1\r\n${host}\r\nX: a\rY: b\r\n\r\n`,
    400,
  ],
  ['HTTP-02 NUL in a value', get('X: a\0b'), 400],
  ['HTTP-03 no Host', lines('GET /status HTTP/1.1'), 400],
  ['HTTP-03 HTTP/1.0 with a Host', lines('GET /status HTTP/1.0', host), 400],
  ['HTTP-03 HTTP/0.9', 'GET /status\r\n\r\n', 400],
  ['HTTP-04 the authority form', lines(`GET ${web}:8139 HTTP/1.1`, host), 400],
  ['HTTP-04 an asterisk', lines('GET * HTTP/1.1', host), 400],
  ['HTTP-06 a chunk larger than any', `${chunked}FFFFFFFFFFFFFFFFF\r\n`, 400],
  [
    'HTTP-06 a chunk that is no number',
    `${chunked}xyz\r\n{}\r\n0\r\n\r\n`,
    400,
  ],
  ['HTTP-06 a negative chunk', `${chunked}-1\r\n{}\r\n0\r\n\r\n`, 400],
  [
    'HTTP-06 an extension of 20 KiB',
    `${chunked}2;${'x'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`,
    400,
  ],
  ['HTTP-07 an escape that is none', lines('GET /%zz HTTP/1.1', host), 400],
  ['HTTP-07 a slash in an escape', lines('GET /run%2fx HTTP/1.1', host), 400],
  ['HTTP-07 an escaped dot', lines('GET /%2e%2e/run HTTP/1.1', host), 400],
  ['HTTP-07 a dot segment', lines('GET /run/../status HTTP/1.1', host), 400],
  ['HTTP-07 a trailing slash', lines('GET /status/ HTTP/1.1', host), 400],
  ['HTTP-07 a parameter', lines('GET /status;x=1 HTTP/1.1', host), 400],
  ['HTTP-07 capitals', lines('GET /STATUS HTTP/1.1', host), 404],
  ['HTTP-07 a backslash', lines('GET /run\\x HTTP/1.1', host), 400],
  ['HTTP-09 another expectation', `${postHead(2, 'Expect: x\r\n')}{}`, 417],
  ['HTTP-14 a body of nothing but spaces', `${postHead(4)}    `, 400],
  [
    'HTTP-17 msgpack',
    `${lines('POST /run HTTP/1.1', host, 'Content-Type: application/msgpack', 'Content-Length: 2')}\x81\xa1`,
    415,
  ],
  [
    'HTTP-18 an empty content type',
    `${lines('POST /run HTTP/1.1', host, 'Content-Type:', 'Content-Length: 2')}{}`,
    415,
  ],
  [
    'HTTP-20 WebSocket',
    get(
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      'Sec-WebSocket-Version: 13',
    ),
    400,
  ],
  ['HTTP-20 CONNECT', lines(`CONNECT ${web}:443 HTTP/1.1`, host), 405],
  [
    'HTTP-22 a path that is not there',
    lines('GET /<script>alert(1)</script> HTTP/1.1', host),
    400,
  ],
];
for (const [what, text, status] of refused) {
  t.test(what, async (t) => {
    const before = fixture.told.length;
    const starts = fixture.cm.starts();
    const reply = await fixture.raw([Buffer.from(text, 'latin1')]);
    t.equal(
      reply.status,
      status,
      reply.text.slice(0, 300) + (reply.error ?? ''),
    );
    t.match(reply.text, /^connection: close\r$/im);
    t.match(reply.code, /^[A-Z_0-9]+$/);
    t.notMatch(
      reply.text,
      /script|node_modules|    at |fastify/,
      'no echo, no stack',
    );
    const told = fixture.told
      .slice(before)
      .filter((e) => e.event === 'request');
    t.match(told, [{ status, code: reply.code, certname: monitor }]);
    t.equal(told.length, 1, 'one line');
    t.equal(fixture.cm.starts(), starts, 'no run');
  });
}

t.test(
  'HTTP-06 chunks of one byte, extensions and trailers are read',
  async (t) => {
    for (const [size, extension, trailer] of [
      [1, '', ''],
      [7, ';name=value', ''],
      [1000, '', 'X-Trailer: 1\r\n'],
    ] as const) {
      const text =
        chunked + inChunks(body(), size, extension) + `0\r\n${trailer}\r\n`;
      const reply = await fixture.raw([text]);
      t.equal(reply.status, 202, reply.text);
      const { run } = fixture.runOf(reply);
      await fixture.get(`/run/${run}?wait=20`);
    }
  },
);

t.test(
  'HTTP-07 every method and path: only the table is answered',
  async (t) => {
    const methods = [
      'GET',
      'HEAD',
      'POST',
      'PUT',
      'PATCH',
      'DELETE',
      'OPTIONS',
      'TRACE',
      'PROPFIND',
      'SEARCH',
      'MKCOL',
      'LINK',
    ];
    const id = '0193a000-0000-7000-8000-000000000000';
    const paths = [
      '/',
      '/run',
      `/run/${id}`,
      `/run/${id}/log`,
      '/runs',
      '/status',
      '/metrics',
      '/run/x',
      `/run/${'a'.repeat(36)}`,
      '/runs/x',
      '/favicon.ico',
    ];
    const table: Record<string, number> = {
      [`GET /run/${id}`]: 404,
      [`DELETE /run/${id}`]: 404,
      [`GET /run/${id}/log`]: 404,
      'GET /runs': 200,
      'GET /status': 200,
      'GET /metrics': 200,
      'POST /run': 415,
    };
    for (const method of methods) {
      for (const path of paths) {
        const reply = await fixture.raw([
          lines(`${method} ${path} HTTP/1.1`, host, 'Content-Length: 0'),
        ]);
        const want = table[`${method} ${path}`];
        if (want === undefined)
          t.match(String(reply.status), /^40[045]$/, `${method} ${path}`);
        else t.equal(reply.status, want, `${method} ${path}`);
      }
    }
  },
);

t.test('HTTP-08 headers that would be somebody else', async (t) => {
  const forged = [
    'X-HTTP-Method-Override: DELETE',
    'X-Forwarded-For: 192.0.2.99',
    'X-Forwarded-Host: evil',
    'X-Client-DN: CN=monitor.example.com',
    'X-SSL-Client-Verify: SUCCESS',
    'X-Client-Verify: SUCCESS',
    'Forwarded: for=192.0.2.99',
  ];
  const before = fixture.told.length;
  const stranger = await fixture.raw([get(...forged)], {
    certname: 'web2.example.com',
  });
  t.match(stranger, { status: 403, code: 'ACL_DENIED' });
  const known = await fixture.raw([get(...forged)]);
  t.equal(known.status, 200);
  const told = fixture.told.slice(before).filter((e) => e.event === 'request');
  t.match(told, [
    {
      ip: '127.0.0.1',
      certname: 'web2.example.com',
      method: 'GET',
      decision: 'deny',
    },
    { ip: '127.0.0.1', certname: monitor, method: 'GET', decision: 'allow' },
  ]);
});

/** @returns what came, at the end of the connection */
async function speak(options: {
  tls: boolean;
  write(send: (bytes: string) => boolean): void;
  read?: boolean;
}): Promise<string> {
  const { cert, key } = fixture.pki.issue({ certname: monitor });
  const to = { host: '127.0.0.1', port: fixture.agent.port };
  const socket = options.tls
    ? connect({ ...to, cert, key, rejectUnauthorized: false, servername: web })
    : connectTcp(to);
  let text = '';
  socket.on('error', () => undefined);
  options.write((bytes) => socket.write(bytes));
  if (options.read === false) socket.pause();
  else socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  await once(socket, 'close');
  return text;
}

t.test('HTTP-10 a head that comes byte by byte is cut', async (t) => {
  let drip: NodeJS.Timeout | undefined;
  const text = await speak({
    tls: true,
    write: (send) => {
      const head = get();
      let at = 0;
      drip = setInterval(() => send(head[(at += 1) - 1] ?? ''), 500);
    },
  });
  clearInterval(drip);
  t.match(text, /^HTTP\/1\.1 408 .*REQUEST_TIMEOUT/s);
});

t.test('HTTP-12 a body that is broken off is no kick', async (t) => {
  const before = fixture.told.length;
  const socket = connect({
    ...fixture.pki.issue({ certname: monitor }),
    host: '127.0.0.1',
    port: fixture.agent.port,
    rejectUnauthorized: false,
  });
  socket.on('error', () => undefined);
  socket.resume();
  socket.write(`${postHead(200)}{"kick":`);
  await fixture.heard(
    (e) =>
      e.event === 'handshake-accepted' && fixture.told.indexOf(e) >= before,
  );
  socket.end();
  await fixture.heard(
    (e) => e.event === 'request' && fixture.told.indexOf(e) >= before,
  );
  const told = fixture.told.slice(before);
  t.equal(told.filter((e) => e.event === 'request').length, 1);
  t.equal(told.filter((e) => e.event === 'run-accepted').length, 0);
  t.equal(
    told.filter((e) => e.event === 'warning').length,
    0,
    'no error of ours',
  );
});

t.test('HTTP-13 a caller that never reads is closed', async (t) => {
  // small replies go into the kernel's buffer: what counts is that kickd lets go of the connection
  const before = fixture.told.length;
  const socket = connect({
    ...fixture.pki.issue({ certname: monitor }),
    host: '127.0.0.1',
    port: fixture.agent.port,
    rejectUnauthorized: false,
  });
  socket.on('error', () => undefined);
  socket.pause();
  socket.write(get());
  await fixture.heard(
    (e) => e.event === 'request' && fixture.told.indexOf(e) >= before,
  );
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  socket.resume();
  await once(socket, 'end');
  t.match(text, /^HTTP\/1\.1 200 /, 'answered whole, and ended by kickd');
  t.match(text, /\}$/);
  socket.destroy();
});

/** Bodies in the manner of JSONTestSuite: y_ valid JSON, n_ not, i_ free; none of them is a kick. */
const bodies = readFileSync(new URL('json-bodies.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line): [string, Buffer] => {
    const [name = '', escaped = ''] = line.split('\t');
    const text = escaped.replaceAll(/\\x([0-9a-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    return [name, Buffer.from(text, 'latin1')];
  });
t.test(
  `HTTP-14 ${String(bodies.length)} bodies that are no kick`,
  async (t) => {
    const starts = fixture.cm.starts();
    for (const [name, bytes] of bodies) {
      const reply = await fixture.raw([postHead(bytes.length), bytes]);
      t.equal(reply.status, 400, `${name}: ${reply.text.slice(0, 200)}`);
      if (name.startsWith('n_'))
        t.match(reply.code, /BODY_(NOT_JSON|NOT_UTF8|TOO_DEEP)/, name);
    }
    t.equal(fixture.cm.starts(), starts);
  },
);

t.test('HTTP-15 nesting as deep as a body can be', async (t) => {
  for (const levels of [3, 100, 2000, 4000]) {
    const text = '['.repeat(levels);
    const reply = await fixture.post(text);
    t.match(reply, { status: 400, code: 'BODY_TOO_DEEP' });
  }
  t.match(await fixture.post('['.repeat(1e6)), { status: 413 });
});

t.test('HTTP-19 HTTP/2 is not spoken', async (t) => {
  const { cert, key } = fixture.pki.issue({ certname: monitor });
  const options = { cert, key, rejectUnauthorized: false, servername: web };
  const both = connect({
    ...options,
    host: '127.0.0.1',
    port: fixture.agent.port,
    ALPNProtocols: ['h2', 'http/1.1'],
  });
  await once(both, 'secureConnect');
  t.equal(both.alpnProtocol, 'http/1.1');
  both.destroy();
  const alone = await rawRequest(
    fixture.agent.port,
    { ...options, ALPNProtocols: ['h2'] },
    [get()],
  );
  t.equal(alone.status, 0);
});

t.test('HTTP-21 what is no TLS is closed, in one line', async (t) => {
  for (const hello of [get(), 'SSH-2.0-OpenSSH_9.2\r\n', '\0\0\0\0']) {
    const before = fixture.told.length;
    const text = await speak({
      tls: false,
      write: (send) => send(hello + ' '.repeat(300)),
    });
    t.notMatch(text, /HTTP\/1.1 2/);
    await fixture.heard(
      (e) =>
        e.event === 'handshake-failed' && fixture.told.indexOf(e) >= before,
    );
    t.equal(fixture.told.length, before + 1);
  }
});

t.test('ACL-13 every route, whoever comes', async (t) => {
  const id = '0193a000-0000-7000-8000-000000000000';
  const routes = [
    'POST /run',
    `GET /run/${id}`,
    `DELETE /run/${id}`,
    `GET /run/${id}/log`,
    'GET /runs',
    'GET /status',
    'GET /metrics',
    'GET /nothing',
    'HEAD /status',
    'OPTIONS /run',
    'PUT /run',
  ];
  const foreign = createPki().issue({ certname: monitor });
  const revoked = fixture.pki.issue({ certname: monitor });
  fixture.pki.revoke(revoked.cert);
  const { crl } = fixture.settings.tls;
  const { writeFileSync } = await import('node:fs');
  writeFileSync(crl, fixture.pki.crl);
  await fixture.heard((e) => e.event === 'reloaded');
  const text = body();
  const requestOf = (route: string): string =>
    route === 'POST /run'
      ? postHead(text.length) + text
      : lines(`${route} HTTP/1.1`, host);
  const dayMs = 24 * 60 * 60 * 1000;
  const strangers: [string, Caller][] = [
    ['none', 'nobody'],
    [
      'expired',
      {
        notBefore: new Date(Date.now() - 2 * dayMs),
        notAfter: new Date(Date.now() - dayMs),
      },
    ],
    ['not listed', { certname: 'web2.example.com' }],
  ];
  const starts = fixture.cm.starts();
  for (const route of routes) {
    for (const [who, as] of strangers) {
      const { status } = await fixture.raw([requestOf(route)], as);
      t.ok([403, 405].includes(status), `${who}: ${route} ${String(status)}`);
      if (who !== 'not listed') t.equal(status, 403);
    }
    for (const [who, leaf] of [
      ['foreign', foreign],
      ['revoked', revoked],
    ] as const) {
      const { status } = await rawRequest(
        fixture.agent.port,
        { ...leaf, rejectUnauthorized: false, servername: web },
        [requestOf(route)],
      );
      t.equal(status, 403, `${who}: ${route}`);
    }
  }
  t.equal(fixture.cm.starts(), starts);
  const listed = await fixture.raw([requestOf('POST /run')]);
  t.equal(listed.status, 202);
});

t.end();
