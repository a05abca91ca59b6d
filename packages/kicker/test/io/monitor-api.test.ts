import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import t, { type Test } from 'tap';
import { createPki, writeSsl } from '@kickd/testkit';
import { createMonitorApi, type ApiPlace } from '../../src/io/monitor-api.ts';
import type { ApiReply } from '../../src/ports.ts';

const dir = t.testdir();
const never = new AbortController().signal;
const serverName = 'monitor.example.com';
const pki = createPki({ tier: 'single', name: 'Icinga' });
const stranger = createPki({ tier: 'single', name: 'Other' });
const serverLeaf = pki.issue({ certname: serverName });
const revokedLeaf = pki.issue({ certname: serverName });
const clientLeaf = pki.issue({ certname: 'kicker.example.com' });
const noCrl = pki.crl;
pki.revoke(revokedLeaf.cert);
const own = writeSsl(join(dir, 'own'), {
  ...clientLeaf,
  ca: pki.ca,
  crl: pki.crl,
});
const other = writeSsl(join(dir, 'other'), {
  ...stranger.issue({ certname: 'kicker.example.com' }),
  ca: stranger.ca,
  crl: noCrl,
});

interface Site {
  url: string;
  requests: { head: IncomingMessage; body: string; peer: string | undefined }[];
  open(): number;
  /** resolves when no connection is left */
  allClosed(): Promise<void>;
}

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** @param leaf the certificate of a server with TLS; absent: plain HTTP */
async function serve(
  t: Test,
  answer: Answer,
  leaf?: { cert: string; key: string },
): Promise<Site> {
  const requests: Site['requests'] = [];
  const sockets = new Set<Socket>();
  const listener = (
    request: IncomingMessage,
    response: ServerResponse,
  ): void => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => (body += part));
    request.on('end', () => {
      const { subject } =
        (request.socket as TLSSocket).getPeerCertificate?.() ?? {};
      requests.push({ head: request, body, peer: subject?.CN?.toString() });
      answer(response, request);
    });
  };
  const server =
    leaf === undefined
      ? createServer(listener)
      : createTlsServer(
          { ...leaf, ca: pki.ca, requestCert: true, rejectUnauthorized: false },
          listener,
        );
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => {
      sockets.delete(socket);
      server.emit('one-less');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `${leaf === undefined ? 'http' : 'https'}://127.0.0.1:${String(port)}`,
    requests,
    open: () => sockets.size,
    allClosed: async () => {
      while (sockets.size > 0) await once(server, 'one-less');
    },
  };
}

const json =
  (value: unknown, status = 200): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof value === 'string' ? value : JSON.stringify(value));
  };

const get = { method: 'GET', path: '/v1/status' } as const;

function ask(place: ApiPlace, signal = never): Promise<ApiReply> {
  return createMonitorApi(place).ask(get, signal);
}

/** How it failed, in one line with its code; the JSON where it did not. */
async function resultOf(place: ApiPlace): Promise<unknown> {
  const reply = await ask(place);
  if (reply.kind === 'reply') return reply.value;
  t.ok(reply.fault.remedy);
  return `${reply.fault.code}: ${reply.fault.message}`;
}

void t.test('what is sent, and what comes back', async (t) => {
  const site = await serve(t, json({ results: [] }));
  const api = createMonitorApi({ url: `${site.url}/icinga/` });
  t.strictSame(await api.ask(get, never), {
    kind: 'reply',
    status: 200,
    value: { results: [] },
    text: '{"results":[]}',
  });
  await api.ask(
    {
      method: 'POST',
      path: '/v1/objects/services',
      body: { filter: 'service.problem', name: 'Büro ✓ "1"' },
      headers: { 'x-http-method-override': 'GET' },
    },
    never,
  );
  const [first, second] = site.requests;
  t.match(first?.head, {
    method: 'GET',
    url: '/icinga/v1/status',
    headers: { accept: 'application/json', connection: 'close' },
  });
  t.notOk(first?.head.headers['content-type']);
  t.notOk(first?.head.headers.authorization);
  t.match(second?.head, {
    method: 'POST',
    url: '/icinga/v1/objects/services',
    headers: {
      'content-type': 'application/json',
      'x-http-method-override': 'GET',
    },
  });
  t.strictSame(JSON.parse(second?.body ?? ''), {
    filter: 'service.problem',
    name: 'Büro ✓ "1"',
  });
  await site.allClosed();
});

void t.test('whom it trusts', async (t) => {
  const site = await serve(t, json('"in"'), serverLeaf);
  const revoked = await serve(t, json('"in"'), revokedLeaf);
  const ca = own.ca;
  // Each row: the settings beside the URL, and what comes of them.
  const rows: [string, Site, Omit<ApiPlace, 'url'>, string | RegExp][] = [
    ['its CA and its name', site, { ca, serverName }, 'in'],
    ['another name', site, { ca, serverName: 'x.example.com' }, /ALTNAME/],
    ['its address, which is no name of it', site, { ca }, /ALTNAME/],
    ['no CA', site, { serverName }, /SELF_SIGNED|UNABLE_TO/],
    ['another CA', site, { ca: other.ca, serverName }, /UNABLE_TO|SELF_SIGNED/],
    ['its CRL', site, { ca, crl: own.crl, serverName }, 'in'],
    [
      'revoked, and a CRL',
      revoked,
      { ca, crl: own.crl, serverName },
      /REVOKED/,
    ],
    ['revoked, and no CRL', revoked, { ca, serverName }, 'in'],
    ['a CRL of before', revoked, { ca, crl: other.crl, serverName }, 'in'],
  ];
  for (const [what, { url }, place, wanted] of rows) {
    t.match(await resultOf({ url, ...place }), wanted, what);
    if (typeof wanted !== 'string') {
      t.match(await ask({ url, ...place }), {
        kind: 'failed',
        fault: { code: 'MONITOR_UNREACHABLE' },
      });
    }
  }
});

void t.test('who it is', async (t) => {
  const site = await serve(t, json('"in"'), serverLeaf);
  const place = { url: site.url, ca: own.ca, serverName };
  const peerOf = async (more: Partial<ApiPlace>) => {
    const result = await resultOf({ ...place, ...more });
    return { result, peer: site.requests.at(-1)?.peer };
  };
  t.strictSame(await peerOf({}), { result: 'in', peer: undefined });
  t.strictSame(await peerOf({ cert: own.cert, key: own.key }), {
    result: 'in',
    peer: 'kicker.example.com',
  });
  const count = site.requests.length;
  t.match(
    await resultOf({ ...place, cert: own.cert, key: other.key }),
    /^MONITOR_UNREACHABLE: .*(?:KEY_VALUES_MISMATCH|key values mismatch)/,
  );
  t.match(
    await resultOf({ ...place, cert: join(dir, 'none.pem'), key: own.key }),
    /^FILE_UNREADABLE: .*none\.pem.*ENOENT/,
  );
  writeFileSync(join(dir, 'no.pem'), 'no PEM');
  t.match(
    await resultOf({ ...place, cert: join(dir, 'no.pem'), key: own.key }),
    /^MONITOR_UNREACHABLE: /,
  );
  t.equal(site.requests.length, count, 'nothing was sent');
});

void t.test(
  'Basic and Bearer, from files that are read each time',
  async (t) => {
    const site = await serve(t, json('"in"'));
    const file = join(dir, 'secret');
    const write = (text: string, mode = 0o600): void =>
      writeFileSync(file, text, { mode });
    const sent = async (place: Partial<ApiPlace>) => {
      await resultOf({ url: site.url, ...place });
      return site.requests.at(-1)?.head.headers.authorization;
    };
    write('pä:ss wörd\n');
    t.equal(
      await sent({ user: 'kicker', passwordFile: file }),
      `Basic ${Buffer.from('kicker:pä:ss wörd').toString('base64')}`,
    );
    write('t0ken-1\n');
    t.equal(await sent({ tokenFile: file }), 'Bearer t0ken-1');
    write('t0ken-2\n');
    t.equal(await sent({ tokenFile: file }), 'Bearer t0ken-2');
    const count = site.requests.length;
    t.match(
      await resultOf({ url: site.url, tokenFile: join(dir, 'none') }),
      /^SECRET_UNREADABLE: .*ENOENT/,
    );
    // What a header cannot carry.
    write('tökén✓\n');
    t.match(
      await resultOf({ url: site.url, tokenFile: file }),
      /^MONITOR_UNREACHABLE: .*header/,
    );
    t.equal(site.requests.length, count, 'nothing was sent');
  },
);

/** Writes again and again, until the client hangs up. */
function drip(response: ServerResponse, part: string | Buffer): void {
  const more = (): void => {
    if (response.destroyed) return;
    response.write(part, () => setImmediate(more));
  };
  more();
}

// Each row: how the monitor misbehaves, and what is said of it.
const misbehaviours: [string, Answer, RegExp][] = [
  ['says nothing', () => {}, /the time is over/],
  [
    'stops in the middle',
    (response) => {
      response.writeHead(200, { 'content-length': '10' });
      response.write('{"a"');
    },
    /the time is over/,
  ],
  [
    'goes on for ever, slowly',
    (response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(' '), 20);
      response.once('close', () => clearInterval(timer));
    },
    /the time is over/,
  ],
  [
    'hangs up at once',
    (response) => void response.socket?.destroy(),
    /UND_ERR_SOCKET|other side closed|ECONNRESET/,
  ],
  [
    'hangs up in the middle',
    (response) => {
      response.writeHead(200, { 'content-length': '10' });
      response.write('{"a"', () => response.socket?.destroy());
    },
    /does not match content-length|other side closed|ECONNRESET/,
  ],
  [
    'hangs up in the middle of a chunk',
    (response) => {
      response.write('{"a"', () => response.socket?.end('ff\r\n{'));
    },
    /other side closed|terminated|Parse|EOF/i,
  ],
  [
    'sends more than fits',
    (response) => {
      response.writeHead(200);
      drip(response, Buffer.alloc(1024 * 1024, ' '));
    },
    /the reply is too long/,
  ],
  [
    'sends a long head',
    (response) => {
      response.writeHead(200, { x: 'x'.repeat(40_000) });
      response.end('{}');
    },
    /Headers Overflow/i,
  ],
  [
    'speaks no HTTP',
    (response) => void response.socket?.end('SSH-2.0-OpenSSH_9.2\r\n'),
    /Expected HTTP|Parse|Invalid/i,
  ],
];
for (const [what, answer, wanted] of misbehaviours) {
  void t.test(`a monitor that ${what}`, async (t) => {
    const site = await serve(t, answer);
    const timeoutSeconds = String(wanted).includes('time is over') ? 0.3 : 20;
    const reply = await ask({ url: site.url, timeoutSeconds });
    t.match(reply, {
      kind: 'failed',
      fault: { code: 'MONITOR_UNREACHABLE', message: wanted },
    });
    // Not the time is what ended the others.
    await site.allClosed();
    t.end();
  });
}

void t.test('nobody listens there', async (t) => {
  const site = await serve(t, json('{}'));
  const { port } = new URL(site.url);
  t.match(
    await resultOf({ url: `http://127.0.0.2:${port}` }),
    /^MONITOR_UNREACHABLE: .*ECONNREFUSED/,
  );
});

void t.test('what is no JSON is no value, and its text is there', async (t) => {
  const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  for (const [text, value] of [
    ['<html>400</html>', undefined],
    ['', undefined],
    ['{"a":1', undefined],
    [deep(65), undefined],
    ['null', null],
    ['0', 0],
  ] as const) {
    const site = await serve(t, json(text));
    const reply = await ask({ url: site.url });
    t.strictSame(reply, { kind: 'reply', status: 200, value, text });
  }
  const site = await serve(t, json(deep(64)));
  t.match(await resultOf({ url: site.url }), Array);
});

void t.test(
  'a status is told as it is, and a redirection is not followed',
  async (t) => {
    const goal = await serve(t, json('"stolen"'));
    for (const status of [401, 404, 409, 500, 302]) {
      const site = await serve(t, (response) => {
        response.writeHead(status, { location: `${goal.url}/x` });
        response.end('{"error":1}');
      });
      t.match(await ask({ url: site.url }), { kind: 'reply', status });
    }
    t.strictSame(goal.requests, []);
  },
);

void t.test('the caller gives up', async (t) => {
  const end = new AbortController();
  const site = await serve(t, () => end.abort());
  t.match(await ask({ url: site.url }, end.signal), {
    kind: 'failed',
    fault: { code: 'MONITOR_UNREACHABLE' },
  });
  await site.allClosed();
  t.match(await ask({ url: site.url }, end.signal), { kind: 'failed' });
  t.equal(site.requests.length, 1, 'nothing more was sent');
});

const events = { method: 'POST', path: '/v1/events', body: {} } as const;

/** Follows a stream to its end. */
async function follow(
  place: ApiPlace,
  signal: AbortSignal = never,
  onLine: (line: string) => void = () => {},
) {
  const lines: string[] = [];
  let opened = 0;
  const fault = await createMonitorApi(place).stream(
    events,
    () => (opened += 1),
    (line) => {
      lines.push(line);
      onLine(line);
    },
    signal,
  );
  return { lines, opened, fault };
}

void t.test('a stream, cut anywhere', async (t) => {
  const text = '{"a":"Büro ✓"}\n\n{"b":2}\n{"c":3}\nno end';
  const bytes = Buffer.from(text);
  for (const size of [1, 2, 3, 7, bytes.length]) {
    const site = await serve(t, (response) => {
      response.writeHead(200, { 'transfer-encoding': 'identity' });
      response.socket?.setNoDelay(true);
      const put = (at: number): void => {
        if (at >= bytes.length) {
          response.end();
          return;
        }
        response.write(bytes.subarray(at, at + size), () =>
          setImmediate(put, at + size),
        );
      };
      put(0);
    });
    t.strictSame(
      await follow({ url: site.url }),
      {
        lines: ['{"a":"Büro ✓"}', '{"b":2}', '{"c":3}'],
        opened: 1,
        fault: undefined,
      },
      `${String(size)} bytes at once`,
    );
    await site.allClosed();
  }
});

void t.test(
  'an open stream may be silent for longer than a reply may take',
  async (t) => {
    const site = await serve(t, (response) => {
      response.writeHead(200);
      response.flushHeaders();
      // The time that a reply may take goes by on the same clock.
      setTimeout(() => response.end('{"late":1}\n'), 700);
    });
    t.strictSame(await follow({ url: site.url, timeoutSeconds: 0.3 }), {
      lines: ['{"late":1}'],
      opened: 1,
      fault: undefined,
    });
  },
);

void t.test('a stream that never opens', async (t) => {
  const site = await serve(t, () => {});
  t.match(await follow({ url: site.url, timeoutSeconds: 0.2 }), {
    lines: [],
    opened: 0,
    fault: { code: 'MONITOR_UNREACHABLE', message: /the time is over/ },
  });
});

void t.test('a stream that is refused', async (t) => {
  for (const text of [
    '{"error":404,"status":"No right."}',
    '{\n"error":404,\n"status":"No right."\n}\n',
  ]) {
    const site = await serve(t, json(text, 404));
    t.match(await follow({ url: site.url }), {
      lines: [],
      opened: 0,
      fault: {
        code: 'MONITOR_REFUSED',
        message: /\/v1\/events with 404: .*No right/,
        remedy: String,
      },
    });
  }
});

void t.test('a stream is cut, or the monitor dies', async (t) => {
  const site = await serve(t, (response) => {
    response.writeHead(200);
    response.write('{"a":1}\n{"b', () => response.socket?.resetAndDestroy());
  });
  t.match(await follow({ url: site.url }), {
    lines: ['{"a":1}'],
    opened: 1,
    fault: { code: 'MONITOR_UNREACHABLE' },
  });
});

void t.test('whoever follows gives up', async (t) => {
  const end = new AbortController();
  const site = await serve(t, (response) => {
    response.writeHead(200);
    drip(response, '{"a":1}\n');
  });
  const found = await follow({ url: site.url }, end.signal, () => end.abort());
  t.equal(found.fault, undefined);
  t.equal(found.opened, 1);
  await site.allClosed();
});

void t.test('a line that never ends', async (t) => {
  const site = await serve(t, (response) => {
    response.writeHead(200);
    drip(response, Buffer.alloc(256 * 1024, 'x'));
  });
  t.match(await follow({ url: site.url }), {
    lines: [],
    fault: { code: 'MONITOR_UNREACHABLE', message: /too long/ },
  });
  await site.allClosed();
});

void t.test('a flood is read in flat memory', async (t) => {
  const line = `${JSON.stringify({ output: 'x'.repeat(20_000) })}\n`;
  const end = new AbortController();
  const site = await serve(t, (response) => {
    response.writeHead(200);
    drip(response, line.repeat(20));
  });
  let count = 0;
  const before = process.memoryUsage().rss;
  const fault = await createMonitorApi({ url: site.url }).stream(
    events,
    () => {},
    () => {
      count += 1;
      if (count === 10_000) end.abort();
    },
    end.signal,
  );
  t.equal(fault, undefined);
  const grown = process.memoryUsage().rss - before;
  t.ok(grown < 150 * 1024 * 1024, `${String(grown)} bytes for 200 MB`);
});

void t.test(
  'whoever takes a line fails: the stream ends with what it said',
  async (t) => {
    const site = await serve(t, (response) => {
      response.writeHead(200);
      drip(response, '{"a":1}\n');
    });
    const found = await follow({ url: site.url }, never, () => {
      throw new Error('the disk is full');
    });
    t.match(found.fault, {
      code: 'MONITOR_UNREACHABLE',
      message: /the disk is full/,
    });
    t.equal(found.lines.length, 1);
    await site.allClosed();
  },
);
