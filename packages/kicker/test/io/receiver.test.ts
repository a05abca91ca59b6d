import { chmodSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readMaterialSync } from '@kickd/mtls';
import { createPki, writeSsl } from '@kickd/testkit';
import { createReceiver, type Door } from '../../src/io/receiver.ts';
import { openSpool } from '../../src/io/spool.ts';
import { monitorDefaults } from '../../src/monitors/defaults.ts';
import { createMonitor } from '../../src/monitors/registry.ts';
import type { Sender } from '../../src/receive/senders.ts';

const firing = JSON.stringify({
  version: '4',
  alerts: [
    {
      status: 'firing',
      labels: {
        alertname: 'Down',
        instance: 'web1:9100',
        severity: 'critical',
      },
      startsAt: '2026-11-26T17:22:39.727Z',
      fingerprint: '02c27b65ce16372e',
    },
  ],
});
const watchdog = JSON.stringify({
  alerts: [{ status: 'firing', labels: { alertname: 'Watchdog' } }],
});

interface Reply {
  status: number;
  body: Record<string, unknown>;
}

async function createSite(t: Test, door: Door, senders: readonly Sender[]) {
  const directory = join(t.testdir(), 'spool');
  const spool = openSpool(directory, process.getuid?.() ?? 0);
  const log: [string, Record<string, unknown>][] = [];
  let nowMs = Date.now();
  const monitor = await createMonitor('am', monitorDefaults.alertmanager, {
    now: () => new Date(),
    knowsHost: () => false,
    pause: () => Promise.resolve(),
    onTrouble: () => {},
  });
  const receiver = createReceiver({
    door,
    senders,
    monitors: new Map([['am', monitor]]),
    directory,
    now: () => new Date(nowMs),
    log: (event, facts) => void log.push([event, facts]),
  });
  t.teardown(() => receiver.close());
  const port = await receiver.listen('127.0.0.1', 0);
  const send = (
    body: string | Buffer,
    {
      path = '/v1/am',
      method = 'POST',
      headers = {},
      tls,
    }: {
      path?: string;
      method?: string;
      headers?: Record<string, string>;
      tls?: object;
    } = {},
  ): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const options = {
        host: '127.0.0.1',
        port,
        path,
        method,
        headers: { 'content-type': 'application/json', ...headers },
        agent: false,
        ...tls,
      };
      const make = tls === undefined ? requestPlain : requestTls;
      const asked = make(options, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: JSON.parse(text || '{}') as Record<string, unknown>,
          }),
        );
        response.on('error', reject);
      });
      asked.on('error', reject);
      asked.end(body);
    });
  return {
    directory,
    log,
    port,
    send,
    receiver,
    later: (ms: number): void => {
      nowMs += ms;
    },
    spooled: () => spool.scan(Date.now()).events,
  };
}

void t.test('a token on loopback', async (t) => {
  const tokenFile = `${t.testdirName}-token`;
  writeFileSync(tokenFile, 's3cret\n', { mode: 0o600 });
  t.teardown(() => rmSync(tokenFile, { force: true }));
  const site = await createSite(t, { kind: 'plain' }, [
    { monitor: 'am', tokenFile },
  ]);
  const headers = { authorization: 'Bearer s3cret' };

  t.match(await site.send(firing, { headers }), {
    status: 202,
    body: { events: 1, ignored: 0, refused: 0 },
  });
  const [spooled] = site.spooled();
  t.match(spooled, {
    monitor: 'am',
    args: ['--payload-json', firing, 'content-type: application/json'],
  });
  t.notMatch(JSON.stringify(spooled), /s3cret/, 'no credential is kept');
  t.equal(site.spooled().length, 1);

  t.match(await site.send(watchdog, { headers }), {
    status: 202,
    body: { events: 0, ignored: 1, reasons: [{ at: 'alerts[0]' }] },
  });
  t.equal(site.spooled().length, 1, 'a heartbeat is kept nowhere');

  const bad = firing.replace('web1:9100', 'localhost:9100');
  t.match(await site.send(bad, { headers }), {
    status: 202,
    body: { refused: 1, reasons: [{ why: /machine of the monitor/ }] },
  });
  t.equal(site.spooled().length, 2, 'what is refused is kept for a person');

  for (const [what, more, status, code] of [
    ['no token', {}, 403, 'SENDER_UNKNOWN'],
    [
      'another',
      { headers: { authorization: 'Bearer s3cre' } },
      403,
      'SENDER_UNKNOWN',
    ],
    ['none', { headers: { authorization: 'Bearer ' } }, 403, 'SENDER_UNKNOWN'],
    [
      'basic',
      { headers: { authorization: 'Basic s3cret' } },
      403,
      'SENDER_UNKNOWN',
    ],
    ['another monitor', { headers, path: '/v1/nagios' }, 403, 'SENDER_UNKNOWN'],
    ['above it', { headers, path: '/v1/../v1/am' }, 403, 'SENDER_UNKNOWN'],
    ['another path', { headers, path: '/' }, 403, 'SENDER_UNKNOWN'],
    ['a query', { headers, path: '/v1/am?x=1' }, 403, 'SENDER_UNKNOWN'],
    ['GET', { headers, method: 'PUT' }, 405, 'RECEIVE_METHOD'],
    [
      'another type',
      { headers: { ...headers, 'content-type': 'text/plain' } },
      415,
      'RECEIVE_TYPE',
    ],
  ] as const) {
    t.match(
      await site.send(firing, more),
      { status, body: { code, remedy: String } },
      what,
    );
  }
  for (const [what, body, status, code] of [
    ['no JSON', '{', 400, 'RECEIVE_BODY'],
    ['nothing', '', 400, 'RECEIVE_BODY'],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 400, 'RECEIVE_BODY'],
    ['too deep', '['.repeat(40) + ']'.repeat(40), 400, 'RECEIVE_BODY'],
    ['too long', `"${'x'.repeat(1_000_000)}"`, 413, 'RECEIVE_TOO_LARGE'],
  ] as const) {
    t.match(
      await site.send(body, { headers }),
      { status, body: { code } },
      what,
    );
  }
  t.equal(site.spooled().length, 2, 'nothing of that is kept');

  writeFileSync(tokenFile, 'renewed\n');
  t.match(await site.send(firing, { headers }), { status: 403 });
  t.match(
    await site.send(firing, { headers: { authorization: 'Bearer renewed' } }),
    { status: 202 },
    'a new token counts at once',
  );
  chmodSync(tokenFile, 0o644);
  t.match(
    await site.send(firing, { headers: { authorization: 'Bearer renewed' } }),
    { status: 403 },
    'a token that everybody can read is nobody’s',
  );
});

void t.test('what cannot be kept is not taken', async (t) => {
  const token = `${t.testdirName}-token`;
  const site = await createSite(t, { kind: 'plain' }, [
    { monitor: 'am', tokenFile: token },
  ]);
  writeFileSync(token, 'x', { mode: 0o600 });
  t.teardown(() => rmSync(token, { force: true }));
  const headers = { authorization: 'Bearer x' };
  rmSync(join(site.directory, 'new'), { recursive: true });
  t.match(await site.send(firing, { headers }), {
    status: 503,
    body: { code: 'SPOOL_UNUSABLE' },
  });
  openSpool(site.directory, process.getuid?.() ?? 0);
  for (let count = 0; count < 10_001; count += 1) {
    writeFileSync(join(site.directory, 'new', `x${String(count)}`), '');
  }
  site.later(5000);
  t.match(await site.send(firing, { headers }), {
    status: 503,
    body: { code: 'SPOOL_FULL' },
  });
  for (const name of readdirSync(join(site.directory, 'new'))) {
    rmSync(join(site.directory, 'new', name));
  }
  site.later(5000);
  t.match(await site.send(firing, { headers }), { status: 202 });
});

void t.test('a certificate', async (t) => {
  const pki = createPki();
  const other = createPki();
  const base = `${t.testdirName}-tls`;
  t.teardown(() => rmSync(base, { recursive: true, force: true }));
  const leaf = (certname: string) => pki.issue({ certname });
  const own = writeSsl(base, {
    ...leaf('monitor.example.com'),
    ca: pki.ca,
    crl: pki.crl,
  });
  let material = readMaterialSync(own);
  const site = await createSite(
    t,
    { kind: 'certificate', material: () => material },
    [
      { monitor: 'am', certname: 'am.example.com' },
      { monitor: 'zabbix', certname: 'zabbix.example.com' },
    ],
  );
  const am = leaf('am.example.com');
  const as = (pair: { cert: string; key: string } | undefined) => ({
    tls: { ca: pki.ca, servername: 'monitor.example.com', ...pair },
  });
  t.match(await site.send(firing, as(am)), { status: 202 });
  for (const certname of [
    'zabbix.example.com',
    'x.am.example.com',
    'AM'.toLowerCase(),
  ]) {
    t.match(
      await site.send(firing, as(leaf(certname))),
      { status: 403, body: { code: 'SENDER_UNKNOWN' } },
      certname,
    );
  }
  t.match(await site.send(firing, as(undefined)), {
    status: 403,
    body: { code: 'PEER_NO_CERTIFICATE' },
  });
  t.match(
    await site.send(firing, as(other.issue({ certname: 'am.example.com' }))),
    { status: 403, body: { code: 'PEER_UNKNOWN_CA' } },
  );
  t.match(
    await site.send(firing, {
      ...as(undefined),
      headers: { authorization: 'Bearer x' },
    }),
    { status: 403 },
    'no token takes its place',
  );
  t.equal(site.spooled().length, 1);

  pki.revoke(am.cert);
  writeSsl(base, { ...leaf('monitor.example.com'), ca: pki.ca, crl: pki.crl });
  material = readMaterialSync(own);
  site.receiver.rotate(material);
  t.match(await site.send(firing, as(am)), {
    status: 403,
    body: { code: 'PEER_REVOKED' },
  });
  t.ok(site.log.some(([event]) => event === 'sender-refused'));
});

void t.test('a token over TLS', async (t) => {
  const pki = createPki();
  const token = `${t.testdirName}-token`;
  const tls = pki.issue({ certname: 'monitor.example.com' });
  const site = await createSite(t, { kind: 'token', tls }, [
    { monitor: 'am', tokenFile: token },
  ]);
  writeFileSync(token, 'x', { mode: 0o600 });
  t.teardown(() => rmSync(token, { force: true }));
  const over = { ca: pki.ca, servername: 'monitor.example.com' };
  t.match(
    await site.send(firing, {
      tls: over,
      headers: { authorization: 'Bearer x' },
    }),
    { status: 202 },
  );
  t.match(await site.send(firing, { tls: over }), { status: 403 });
});

void t.test('who sends nothing holds nothing', async (t) => {
  const site = await createSite(t, { kind: 'plain' }, [
    { monitor: 'am', tokenFile: '/nonexistent' },
  ]);
  const socket = connect({ host: '127.0.0.1', port: site.port });
  const text = await new Promise<string>((resolve) => {
    let came = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      came += chunk;
    });
    socket.on('close', () => resolve(came));
    socket.write('POST /v1/am HTTP/1.1\r\nhost: x\r\n');
  });
  t.match(text, /^HTTP\/1\.1 4\d\d|^$/);
});
