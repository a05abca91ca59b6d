import t from 'tap';
import {
  kickId,
  kickOf,
  monitor,
  postHead,
  startFixture,
  web,
  type Fixture,
} from '../fixture.ts';

let fixture: Fixture;
t.before(async () => {
  fixture = await startFixture(t.testdir());
});
t.after(() => fixture.agent.close());

t.test('a kick is accepted, run and told', async (t) => {
  fixture.cm.plan('exit 2');
  const reply = await fixture.post(kickOf(1));
  t.equal(reply.status, 202, reply.text);
  const run = fixture.runOf(reply);
  t.match(reply.text, new RegExp(`^location: /run/${run.run}\r`, 'm'));
  t.match(reply.text, /^connection: close\r/m);
  const ended = fixture.runOf(await fixture.get(`/run/${run.run}?wait=10`));
  t.match(ended, {
    state: 'ended',
    certname: web,
    outcome: { kind: 'corrected', exitCode: 2 },
    kicks: [{ kick: kickId(1), by: monitor, joined: 'started' }],
  });
});

t.test('the same kick again is the same run', async (t) => {
  const starts = fixture.cm.starts();
  const first = fixture.runOf(await fixture.post(kickOf(2)));
  const again = await fixture.post(kickOf(2));
  t.equal(again.status, 202);
  t.equal(fixture.runOf(again).run, first.run);
  await fixture.get(`/run/${first.run}?wait=10`);
  t.equal(fixture.cm.starts(), starts + 1);
});

t.test('the same id for something else is a conflict', async (t) => {
  const { run } = fixture.runOf(await fixture.post(kickOf(3)));
  await fixture.get(`/run/${run}?wait=10`);
  const other = await fixture.post(kickOf(3, { noop: true }));
  t.equal(other.status, 409);
  t.equal(other.code, 'KICK_CONFLICT');
});

/** Cases of docs/reference/cases.md; the rest stand in http-cases.test.ts. */
const body = JSON.stringify(kickOf(900));
const long = (length: number): string => 'a'.repeat(length);
const head = (lines: string[]): string =>
  [`POST /run HTTP/1.1`, `Host: ${web}`, ...lines, '', ''].join('\r\n');
const json = 'Content-Type: application/json';
const length = (text: string | Uint8Array): string =>
  `Content-Length: ${String(Buffer.byteLength(text))}`;
const withBody = (text: string | Uint8Array): (string | Uint8Array)[] => [
  postHead(Buffer.byteLength(text)),
  text,
];
const deep = (levels: number): string =>
  `{"kick":${'['.repeat(levels)}${']'.repeat(levels)}}`;

const refused: [string, (string | Uint8Array)[], number, string][] = [
  [
    'ACL-12 another certname',
    withBody(JSON.stringify({ ...kickOf(900), certname: 'web2.example.com' })),
    403,
    'CERTNAME_MISMATCH',
  ],
  [
    'an unknown profile',
    withBody(JSON.stringify(kickOf(900, { cm: 'no-such-tool' }))),
    422,
    'CM_UNKNOWN',
  ],
  [
    'an unknown key',
    withBody(JSON.stringify({ ...kickOf(900), argv: ['-e'] })),
    400,
    'BODY_INVALID',
  ],
  [
    'a tag that is an option',
    withBody(JSON.stringify({ ...kickOf(900), tags: ['--config=/x'] })),
    400,
    'BODY_INVALID',
  ],
  [
    'a tag with a command',
    withBody(JSON.stringify({ ...kickOf(900), tags: ['$(id)'] })),
    400,
    'BODY_INVALID',
  ],
  [
    'a tag with a newline',
    withBody(JSON.stringify({ ...kickOf(900), tags: ['a\nb'] })),
    400,
    'BODY_INVALID',
  ],
  [
    'an id that is not a UUIDv7',
    withBody(JSON.stringify({ ...kickOf(900), kick: '1' })),
    400,
    'BODY_INVALID',
  ],
  [
    'a text for a boolean',
    withBody(JSON.stringify({ ...kickOf(900), noop: 'false' })),
    400,
    'BODY_INVALID',
  ],
  [
    'no certname',
    withBody(JSON.stringify({ kick: kickId(900) })),
    400,
    'BODY_INVALID',
  ],
  [
    'HTTP-16 a key __proto__',
    withBody(`{"__proto__":{"noop":false},${body.slice(1)}`),
    400,
    'BODY_INVALID',
  ],
  [
    'HTTP-16 a key constructor',
    withBody(`{"constructor":1,${body.slice(1)}`),
    400,
    'BODY_INVALID',
  ],
  [
    'HTTP-16 a key twice',
    withBody(`{"noop":true,"noop":false,${body.slice(1)}`),
    400,
    'BODY_DUPLICATE_KEY',
  ],
  [
    'HTTP-16 a key twice, once escaped',
    withBody(`{"noop":true,"n\\u006fop":false,${body.slice(1)}`),
    400,
    'BODY_DUPLICATE_KEY',
  ],
  ['HTTP-15 three levels', withBody(deep(2)), 400, 'BODY_TOO_DEEP'],
  ['HTTP-15 a thousand levels', withBody(deep(1000)), 400, 'BODY_TOO_DEEP'],
  [
    'HTTP-16 invalid UTF-8',
    withBody(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])),
    400,
    'BODY_NOT_UTF8',
  ],
  [
    'HTTP-16 a lone surrogate',
    withBody('{"kick":"\\ud800"}'),
    400,
    'BODY_NOT_UTF8',
  ],
  [
    'HTTP-16 a byte order mark',
    withBody(`\ufeff${body}`),
    400,
    'BODY_NOT_JSON',
  ],
  [
    'HTTP-16 UTF-16',
    withBody(Buffer.from(body, 'utf16le')),
    400,
    'BODY_NOT_JSON',
  ],
  [
    'HTTP-16 a number beyond numbers',
    withBody(`{"noop":1e999,${body.slice(1)}`),
    400,
    'BODY_INVALID',
  ],
  ['HTTP-14 no JSON', withBody('hello'), 400, 'BODY_NOT_JSON'],
  [
    'HTTP-14 a trailing comma',
    withBody(`${body.slice(0, -1)},}`),
    400,
    'BODY_NOT_JSON',
  ],
  ['HTTP-14 two values', withBody(`${body}${body}`), 400, 'BODY_NOT_JSON'],
  ['HTTP-14 an empty body', withBody(''), 400, 'BODY_NOT_JSON'],
  ['HTTP-14 a list', withBody(`[${body}]`), 400, 'BODY_INVALID'],
  ['HTTP-14 null', withBody('null'), 400, 'BODY_INVALID'],
  [
    'HTTP-11 a body of 4097 bytes',
    withBody(`{"a":"${long(4097 - 8)}"}`),
    413,
    'BODY_TOO_LARGE',
  ],
  [
    'HTTP-11 a body that says it has a gigabyte',
    [postHead(1024 ** 3)],
    413,
    'BODY_TOO_LARGE',
  ],
  [
    'HTTP-11 an endless body in chunks',
    [
      head([json, 'Transfer-Encoding: chunked']),
      ...Array.from({ length: 5 }, () => `400\r\n${long(1024)}\r\n`),
    ],
    413,
    'BODY_TOO_LARGE',
  ],
  [
    'HTTP-17 YAML, as in CVE-2013-1653',
    [
      head(['Content-Type: text/yaml', length('--- !ruby/object:X {}')]),
      '--- !ruby/object:X {}',
    ],
    415,
    'CONTENT_TYPE',
  ],
  [
    'HTTP-17 PSON',
    [head(['Content-Type: text/pson', length(body)]), body],
    415,
    'CONTENT_TYPE',
  ],
  [
    'HTTP-18 a content type with a charset',
    [head([`${json}; charset=utf-8`, length(body)]), body],
    415,
    'CONTENT_TYPE',
  ],
  [
    'HTTP-18 a content type with a tab',
    [head([`${json}\t;x`, length(body)]), body],
    415,
    'CONTENT_TYPE',
  ],
  [
    'HTTP-18 a content type in capitals',
    [head(['Content-Type: Application/JSON', length(body)]), body],
    415,
    'CONTENT_TYPE',
  ],
  [
    'HTTP-18 a content type with junk behind',
    [head([`${json}x`, length(body)]), body],
    415,
    'CONTENT_TYPE',
  ],
  [
    'HTTP-18 two content types',
    [head([json, json, length(body)]), body],
    415,
    'CONTENT_TYPE',
  ],
  [
    'HTTP-18 no content type',
    [head([length(body)]), body],
    415,
    'CONTENT_TYPE',
  ],
  [
    'HTTP-10 a head of more than 8 KiB',
    [head([`X-Long: ${long(9000)}`])],
    431,
    'HEADERS_TOO_LARGE',
  ],
  [
    'HTTP-10 101 headers',
    [head(Array.from({ length: 101 }, (_, n) => `X-${String(n)}: 1`))],
    431,
    'HEADERS_TOO_LARGE',
  ],
  [
    'HTTP-01 length and chunks together',
    [head([json, length(body), 'Transfer-Encoding: chunked']), body],
    400,
    'REQUEST_INVALID',
  ],
  [
    'HTTP-03 two Host headers',
    [`GET /status HTTP/1.1\r\nHost: ${web}\r\nHost: evil\r\n\r\n`],
    400,
    'HOST_HEADER',
  ],
  ['HTTP-03 HTTP/1.0', [`GET /status HTTP/1.0\r\n\r\n`], 400, 'HOST_HEADER'],
  [
    'HTTP-04 the absolute form',
    [`GET http://evil/run HTTP/1.1\r\nHost: ${web}\r\n\r\n`],
    400,
    'URL_INVALID',
  ],
  [
    'HTTP-07 an escape in the path',
    [`GET /%72un HTTP/1.1\r\nHost: ${web}\r\n\r\n`],
    400,
    'URL_INVALID',
  ],
  [
    'HTTP-07 a double slash',
    [`GET //run HTTP/1.1\r\nHost: ${web}\r\n\r\n`],
    400,
    'URL_INVALID',
  ],
  [
    'HTTP-09 Expect',
    [head([json, length(body), 'Expect: 100-continue']), body],
    417,
    'EXPECTATION',
  ],
  ['HTTP-07 HEAD', [`HEAD /status HTTP/1.1\r\nHost: ${web}\r\n\r\n`], 405, ''],
  [
    'HTTP-07 OPTIONS',
    [`OPTIONS /run HTTP/1.1\r\nHost: ${web}\r\n\r\n`],
    405,
    'METHOD_UNKNOWN',
  ],
  [
    'HTTP-20 an upgrade',
    [
      `GET /status HTTP/1.1\r\nHost: ${web}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n`,
    ],
    400,
    'UPGRADE',
  ],
  [
    'HTTP-19 HTTP/2 with prior knowledge',
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    400,
    'REQUEST_INVALID',
  ],
  [
    "HTTP-17 Puppet's own old request",
    [
      `PUT /production/run/${web} HTTP/1.1\r\nHost: ${web}\r\nContent-Type: text/yaml\r\n${length('--- x')}\r\n\r\n--- x`,
    ],
    403,
    'ACL_DENIED',
  ],
];

for (const [name, chunks, status, code] of refused) {
  t.test(`refused: ${name}`, async (t) => {
    const starts = fixture.cm.starts();
    const lines = fixture.told.length;
    const reply = await fixture.raw(chunks);
    t.equal(reply.status, status, reply.text.slice(0, 300));
    if (code !== '') {
      t.equal(reply.code, code, reply.text.slice(0, 300));
      t.match(reply.text, /^content-type: application\/problem\+json\r/im);
    }
    await fixture.heard(
      (event) =>
        event.event === 'request' && fixture.told.indexOf(event) >= lines,
    );
    const audit = fixture.told
      .slice(lines)
      .filter((event) => event.event !== 'handshake-accepted');
    t.equal(audit.length, 1, 'one audit line');
    t.match(audit, [{ event: 'request', status, ...(code && { code }) }]);
    t.equal(fixture.cm.starts(), starts, 'no run');
  });
}

t.test('HTTP-12 a body that stops midway is cut', async (t) => {
  const reply = await fixture.raw([postHead(100), '{"kick":']);
  t.equal(reply.status, 408);
  t.equal(reply.code, 'REQUEST_TIMEOUT');
});

t.test(
  'HTTP-05 a second request on the connection is not executed',
  async (t) => {
    const starts = fixture.cm.starts();
    const text = JSON.stringify(kickOf(950));
    const second = JSON.stringify(kickOf(951));
    const reply = await fixture.raw([
      postHead(Buffer.byteLength(text)) +
        text +
        postHead(Buffer.byteLength(second)) +
        second,
    ]);
    t.equal(reply.status, 202);
    const { run } = fixture.runOf(reply);
    await fixture.heard((e) => e.event === 'run-ended' && e.run === run);
    t.equal(fixture.cm.starts(), starts + 1);
    t.notOk(
      fixture.told.find(
        (e) => e.event === 'run-accepted' && e.kick === kickId(951),
      ),
    );
  },
);

t.test(
  'whoever made a kick may read its run, and nobody else may',
  async (t) => {
    const { run } = fixture.runOf(await fixture.post(kickOf(960)));
    t.equal((await fixture.get(`/run/${run}`)).status, 200);
    const stranger = await fixture.get(`/run/${run}`, {
      certname: 'web2.example.com',
    });
    t.equal(stranger.status, 403);
    t.equal(stranger.code, 'ACL_DENIED');
    const log = await fixture.get(`/run/${run}/log`);
    t.equal(log.status, 403, 'not its log');
    const unknown = await fixture.get(`/run/${kickId(99999)}`);
    t.equal(
      unknown.status,
      403,
      'a stranger does not learn which runs there are',
    );
  },
);

t.test('the wait is a whole number up to 60', async (t) => {
  const { run } = fixture.runOf(await fixture.post(kickOf(970)));
  for (const query of [
    'wait=61',
    'wait=-1',
    'wait=1.5',
    'wait=',
    'x=1',
    'wait=1&wait=2',
  ]) {
    const reply = await fixture.get(`/run/${run}?${query}`);
    t.equal(reply.status, 400, query);
    t.match(reply.code, /QUERY_INVALID|URL_INVALID/);
  }
  const kick = JSON.stringify(kickOf(950));
  const post = postHead(kick.length).replace('/run ', '/run?wait=1 ');
  for (const request of [
    post + kick,
    `GET /status?wait=1 HTTP/1.1\r\nHost: ${web}\r\n\r\n`,
    `GET /runs?wait=1 HTTP/1.1\r\nHost: ${web}\r\n\r\n`,
    `GET /run/${run}/log?wait=1 HTTP/1.1\r\nHost: ${web}\r\n\r\n`,
    `DELETE /run/${run}?wait=1 HTTP/1.1\r\nHost: ${web}\r\n\r\n`,
  ]) {
    const reply = await fixture.raw([request]);
    t.equal(reply.code, 'QUERY_INVALID', request.slice(0, 40));
  }
});

t.test('the audit line says who, what, which rule and why', async (t) => {
  const lines = fixture.told.length;
  await fixture.post(kickOf(980));
  const line = await fixture.heard(
    (e) => e.event === 'request' && fixture.told.indexOf(e) >= lines,
  );
  t.match(line, {
    ip: '127.0.0.1',
    certname: monitor,
    method: 'POST',
    path: '/run',
    status: 202,
    decision: 'allow',
    line: 3,
    kick: kickId(980),
  });
  t.match(line, { serial: /^[0-9A-F]+$/, fingerprint: /^[0-9A-F:]+$/ });
});

t.end();
