import { once } from 'node:events';
import { createServer as createTcp, type AddressInfo } from 'node:net';
import { readMaterialSync } from '@kickd/mtls';
import { createPki, writeSsl } from '@kickd/testkit';
import type { Kick, Run } from '@kickd/protocol';
import t from 'tap';
import type { Target } from '../../src/fleet/target.ts';
import { createAgentClient } from '../../src/io/agent-client.ts';
import {
  aRun,
  createParties,
  hostName,
  runId,
  startFakeKickd,
  type Behaviour,
} from '../fake-kickd.ts';
import { reply, startRawHost } from '../raw-host.ts';

const dir = t.testdir();
const parties = createParties(dir);
const kickd = await startFakeKickd(parties.host);
t.teardown(() => kickd.close());
const never = new AbortController().signal;

const target: Target = {
  name: 'web1',
  certname: hostName,
  address: '127.0.0.1',
  port: kickd.port,
};
const kick: Kick = {
  kick: '01990000-0000-7000-8000-00000000000a',
  certname: hostName,
};
const timeouts = { connectMs: 2000, requestMs: 2000 };
const own = () => readMaterialSync(parties.kicker);
const client = createAgentClient(own, timeouts);

void t.test('a whole 202 with a run is accepted', async (t) => {
  kickd.behave('accept');
  t.strictSame(await client.submit(target, kick, never), {
    kind: 'accepted',
    status: 202,
    body: aRun(),
  });
  t.strictSame(kickd.seen.at(-1), { method: 'POST', path: '/run', kick });
});

void t.test('the wait stands in the path', async (t) => {
  await client.follow(target, runId, { seconds: 30, until: 'ended' }, never);
  t.equal(kickd.seen.at(-1)?.path, `/run/${runId}?wait=30`);
  await client.follow(target, runId, { seconds: 0, until: 'ended' }, never);
  t.equal(kickd.seen.at(-1)?.path, `/run/${runId}`);
  await client.follow(
    target,
    '../status',
    { seconds: 0, until: 'ended' },
    never,
  );
  t.equal(kickd.seen.at(-1)?.path, '/run/..%2Fstatus');
});

const rows: [string, Behaviour, object][] = [
  [
    'reset after the request',
    'reset',
    { kind: 'unknown', fault: { code: 'REPLY_LOST', exitCode: 5 } },
  ],
  [
    'a cut body under a 202',
    'cut-body',
    { kind: 'unknown', fault: { code: 'REPLY_LOST' } },
  ],
  [
    'a 202 that is no JSON',
    'no-json',
    { kind: 'unknown', fault: { code: 'REPLY_UNREADABLE' } },
  ],
  [
    'a 202 of another shape',
    'wrong-shape',
    { kind: 'unknown', fault: { code: 'REPLY_UNREADABLE' } },
  ],
  [
    'refused by the ACL',
    { status: 403, code: 'ACL_DENIED', title: 'denied', remedy: 'type this' },
    {
      kind: 'problem',
      status: 403,
      code: 'ACL_DENIED',
      title: 'denied',
      remedy: 'type this',
    },
  ],
  [
    'another kick under this id',
    { status: 409, code: 'KICK_CONFLICT' },
    { kind: 'problem', status: 409, code: 'KICK_CONFLICT' },
  ],
  [
    'a code that is none, and escapes in the text',
    { status: 500, code: 'oh no\n', title: '\u001b[2Jgone', remedy: 'a\nb' },
    {
      kind: 'problem',
      code: 'HTTP_500',
      title: '\\u{1b}[2Jgone',
      remedy: 'a\\u{a}b',
    },
  ],
];
for (const [name, behaviour, wanted] of rows) {
  void t.test(name, async (t) => {
    kickd.behave(behaviour);
    t.match(await client.submit(target, kick, never), wanted);
  });
}

void t.test(
  'a host that never answers: unknown, within the time',
  async (t) => {
    kickd.behave('hang');
    const hasty = createAgentClient(own, { connectMs: 2000, requestMs: 50 });
    t.match(await hasty.submit(target, kick, never), {
      kind: 'unknown',
      fault: { code: 'REPLY_TIMEOUT' },
    });
  },
);

void t.test('the caller gives up: before it was sent, and after', async (t) => {
  kickd.behave('hang');
  t.match(await client.submit(target, kick, AbortSignal.abort()), {
    kind: 'not-sent',
  });
  const caller = new AbortController();
  const before = kickd.seen.length;
  const asked = client.submit(target, kick, caller.signal);
  await kickd.waitFor(
    'POST',
    kickd.seen.filter(({ method }) => method === 'POST').length + 1,
  );
  caller.abort();
  t.match(await asked, { kind: 'unknown' });
  t.equal(kickd.seen.length, before + 1);
});

void t.test('nothing listens', async (t) => {
  const server = createTcp().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  t.match(await client.submit({ ...target, port }, kick, never), {
    kind: 'not-sent',
    fault: { code: 'CONNECT_REFUSED', exitCode: 4 },
  });
});

void t.test(
  'what listens speaks no TLS, or says nothing, or hangs up',
  async (t) => {
    const server = createTcp().listen(0, '127.0.0.1');
    t.teardown(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const there = { ...target, port };
    server.once('connection', (socket) => socket.end('220 hello\r\n'));
    t.match(await client.submit(there, kick, never), {
      kind: 'not-sent',
      fault: { code: 'HANDSHAKE_FAILED' },
    });
    server.once('connection', (socket) => socket.destroy());
    t.match(await client.submit(there, kick, never), {
      kind: 'not-sent',
      fault: { code: 'HANDSHAKE_FAILED' },
    });
    const hasty = createAgentClient(own, { connectMs: 50, requestMs: 2000 });
    server.once('connection', (socket) => t.teardown(() => socket.destroy()));
    t.match(await hasty.submit(there, kick, never), {
      kind: 'not-sent',
      fault: { code: 'HANDSHAKE_TIMEOUT' },
    });
  },
);

void t.test('a name that does not exist', async (t) => {
  const nowhere = { ...target, address: 'no.such.host.invalid' };
  t.match(await client.submit(nowhere, kick, never), { kind: 'not-sent' });
});

void t.test('the host is another one', async (t) => {
  kickd.behave('accept');
  const before = kickd.seen.length;
  for (const certname of ['web2.example.com', 'example.com', 'web1']) {
    t.match(await client.submit({ ...target, certname }, kick, never), {
      kind: 'refused-tls',
      fault: { code: 'SERVER_NAME_MISMATCH', exitCode: 3 },
    });
  }
  t.equal(kickd.seen.length, before, 'it was never asked');
});

void t.test('the host is of another CA', async (t) => {
  const other = createPki({ name: 'elsewhere.example.com' });
  const files = writeSsl(`${dir}/other`, {
    ...other.issue({ certname: 'monitor.example.com' }),
    ca: other.ca,
    crl: other.crl,
  });
  const stranger = createAgentClient(() => readMaterialSync(files), timeouts);
  t.match(await stranger.submit(target, kick, never), {
    kind: 'refused-tls',
    fault: { code: 'SERVER_UNKNOWN_CA' },
  });
});

void t.test('our certificate is revoked: the host says so', async (t) => {
  const { pki } = parties;
  const leaf = pki.issue({ certname: 'old.example.com' });
  pki.revoke(leaf.cert);
  const crl = { ca: pki.ca, crl: pki.crl };
  const host = writeSsl(`${dir}/host2`, {
    ...pki.issue({ certname: hostName }),
    ...crl,
  });
  const strict = await startFakeKickd(host);
  t.teardown(() => strict.close());
  const files = writeSsl(`${dir}/revoked`, { ...leaf, ...crl });
  const revoked = createAgentClient(() => readMaterialSync(files), timeouts);
  t.match(await revoked.submit({ ...target, port: strict.port }, kick, never), {
    kind: 'problem',
    status: 403,
    code: 'PEER_REVOKED',
    remedy: /puppet/,
  });
  t.equal(strict.seen.length, 0);
});

void t.test('the host is revoked: we say so', async (t) => {
  const { pki } = parties;
  const leaf = pki.issue({ certname: hostName });
  pki.revoke(leaf.cert);
  const crl = { ca: pki.ca, crl: pki.crl };
  const host = await startFakeKickd(
    writeSsl(`${dir}/host3`, { ...leaf, ...crl }),
  );
  t.teardown(() => host.close());
  const files = writeSsl(`${dir}/kicker3`, {
    ...pki.issue({ certname: 'monitor.example.com' }),
    ...crl,
  });
  const aware = createAgentClient(() => readMaterialSync(files), timeouts);
  t.match(await aware.submit({ ...target, port: host.port }, kick, never), {
    kind: 'refused-tls',
    fault: { code: 'SERVER_REVOKED' },
  });
  t.equal(host.seen.length, 0);
});

void t.test('own files are gone just now', async (t) => {
  const files = { ...parties.kicker, key: `${dir}/none.pem` };
  const bare = createAgentClient(() => readMaterialSync(files), timeouts);
  t.match(await bare.submit(target, kick, never), {
    kind: 'not-sent',
    fault: { code: 'TLS_FILE_MISSING' },
  });
});

// A reply counts only for what was asked. Each row: what the host tells, and whether it is believed.
const otherRun = '01990000-0000-7000-8000-0000000000ff';
const served = (id: string) => ({
  kick: id,
  by: 'monitor.example.com',
  joined: 'started' as const,
  acceptedAt: '2026-03-01T00:00:00Z',
});
const about: [string, Partial<Run>, 'submit' | 'follow', boolean][] = [
  ['a kick that tells no kicks', {}, 'submit', true],
  ['a kick that is served', { kicks: [served(kick.kick)] }, 'submit', true],
  [
    'a kick among others',
    { kicks: [served(otherRun), served(kick.kick)] },
    'submit',
    true,
  ],
  [
    'a kick that others have joined',
    { kicks: [served(otherRun)] },
    'submit',
    false,
  ],
  ['a kick of another host', { certname: 'web2.example.com' }, 'submit', false],
  ['the run', { kicks: [served(kick.kick)] }, 'follow', true],
  ['another run', { run: otherRun }, 'follow', false],
  ['a run of another host', { certname: 'web2.example.com' }, 'follow', false],
];
for (const [name, run, way, isBelieved] of about) {
  void t.test(`${name} is ${isBelieved ? '' : 'not '}believed`, async (t) => {
    kickd.behave({ run });
    const told =
      way === 'submit'
        ? await client.submit(target, kick, never)
        : await client.follow(
            target,
            runId,
            { seconds: 0, until: 'ended' },
            never,
          );
    if (!isBelieved) {
      t.match(told, {
        kind: 'unknown',
        fault: { code: 'REPLY_OTHER', exitCode: 5 },
      });
      return;
    }
    const own = run.kicks?.filter((one) => one.kick === kick.kick) ?? [];
    t.strictSame(told, {
      kind: 'accepted',
      status: way === 'submit' ? 202 : 200,
      body: aRun({ kicks: way === 'submit' ? own : [] }),
    });
  });
}

void t.test('lists and status of another host', async (t) => {
  const certname = 'web2.example.com';
  const { pki } = parties;
  const files = writeSsl(`${dir}/web2`, {
    ...pki.issue({ certname }),
    ca: pki.ca,
    crl: pki.crl,
  });
  const aboutWeb1: Record<string, unknown> = {
    '/runs': { runs: [aRun(), aRun({ certname }), aRun()] },
    '/status': {
      version: '1',
      certname: hostName,
      uptimeSeconds: 1,
      cm: { profile: 'p', locked: false },
      expiries: [],
      acl: { current: true, rules: 1 },
      limits: { bodyMaxBytes: 4096, runTimeoutSeconds: 900 },
    },
  };
  const liar = await startRawHost(files, (socket, head) => {
    const path = head.split(' ')[1] ?? '';
    socket.end(reply(200, JSON.stringify(aboutWeb1[path])));
  });
  t.teardown(() => liar.close());
  const there = { ...liar.target, certname };
  t.strictSame(await client.getRuns(there, never), {
    kind: 'accepted',
    status: 200,
    body: { runs: [aRun({ certname })] },
  });
  t.match(await client.getStatus(there, never), {
    kind: 'unknown',
    fault: {
      code: 'REPLY_OTHER',
      message:
        'it was asked about web2.example.com and answered about web1.example.com',
    },
  });
  kickd.behave('runs');
  t.match(await client.getRuns(target, never), {
    body: { runs: [{ run: runId }] },
  });
  kickd.behave('status');
  t.match(await client.getStatus(target, never), { kind: 'accepted' });
});

void t.test('lists and status have an end', async (t) => {
  const mebibyte = 1024 * 1024;
  const host = await startRawHost(parties.host, (socket, head) => {
    const most = head.startsWith('GET /runs ') ? 4 * mebibyte : mebibyte;
    socket.end(reply(200, ' '.repeat(most + 1)));
  });
  t.teardown(() => host.close());
  t.match(await client.getRuns(host.target, never), {
    kind: 'unknown',
    fault: { code: 'REPLY_TOO_LONG', message: /over 4194304 bytes/ },
  });
  t.match(await client.getStatus(host.target, never), {
    kind: 'unknown',
    fault: { code: 'REPLY_TOO_LONG', message: /over 1048576 bytes/ },
  });
});

void t.test('a run of more than a mebibyte is not read', async (t) => {
  kickd.behave({
    run: {
      state: 'ended',
      outcome: {
        kind: 'failed',
        corrected: [],
        failed: Array.from(
          { length: 30_000 },
          (_, n) => `${'x'.repeat(100)}${n}`,
        ),
      },
    },
  });
  for (const told of [
    await client.submit(target, kick, never),
    await client.follow(target, runId, { seconds: 0, until: 'ended' }, never),
  ]) {
    t.match(told, {
      kind: 'unknown',
      fault: { code: 'REPLY_TOO_LONG', message: /over 1048576 bytes/ },
    });
  }
});
