import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { clientTlsOptions, readMaterialSync } from '@kickd/mtls';
import { createUuid7, type Run } from '@kickd/protocol';
import { createFakeCm, createPki, rawRequest, writeSsl } from '@kickd/testkit';
import t, { type Test } from 'tap';
import { startHalf } from './processes/half.ts';
import { startPortKeeper } from './processes/port-keeper.ts';

/** The listener leaves when idle, and whoever comes meanwhile waits for the next one, since the port is not its own. */

const kickd = fileURLToPath(
  new URL('../packages/agent/bin/kickd', import.meta.url),
);
const web = 'web1.example.com';
const monitor = 'monitor.example.com';

/** A host as the two units find it: the port is kept by another process, and handed over to each listener. */
async function startHost(t: Test) {
  // the name of a UNIX socket holds 107 bytes
  const dir = mkdtempSync(join(tmpdir(), 'kickd-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const pki = createPki({ tier: 'two', key: 'ec' });
  const trust = { ca: pki.ca, crl: pki.crl };
  const ssl = (name: string, certname: string) =>
    writeSsl(join(dir, name), { ...pki.issue({ certname }), ...trust });
  const own = ssl('ssl', web);
  const client = ssl('client', monitor);
  mkdirSync(join(dir, 'cm'));
  const cm = createFakeCm(join(dir, 'cm'));
  const config = join(dir, 'kickd.yaml');
  writeFileSync(join(dir, 'auth.conf'), `path /\nallow ${monitor}\n`);
  writeFileSync(
    config,
    `listen: {idleExitSeconds: 1, perSource: {connections: 1000, perSecond: 10000}}
certname: ${web}
tls: {cert: ${own.cert}, key: ${own.key}, ca: ${own.ca}, crl: ${own.crl}}
acl: {file: ${dir}/auth.conf}
cm: {default: tool, profiles: {tool: {type: command, argv: [${cm.file}], exitCodes: {'2': corrected}}}}
run: {minIntervalSeconds: 0, kicksPerMinute: 100000, freezeFile: ${dir}/freeze}
state: ${dir}/state
`,
  );
  const socket = join(dir, 'runner.sock');
  const runner = startHalf([kickd], 'runner', config, socket);
  t.teardown(async () => {
    runner.kill();
    await runner.ended;
  });
  await runner.heard(/"event":"runner-ready"/);
  const keeper = await startPortKeeper([
    kickd,
    'listen',
    `--config=${config}`,
    `--socket=${socket}`,
  ]);
  t.teardown(() => keeper.close());
  const tls = clientTlsOptions(readMaterialSync(client), { certname: web });
  const ask = (head: string, body = '') =>
    rawRequest(keeper.port, tls, [
      `${head} HTTP/1.1\r\nHost: ${web}\r\nContent-Type: application/json\r\nContent-Length: ${String(body.length)}\r\n\r\n${body}`,
    ]);
  return { keeper, cm, ask };
}

type Host = Awaited<ReturnType<typeof startHost>>;

async function kick({ ask }: Host): Promise<Run> {
  const body = {
    kick: createUuid7(Date.now(), randomBytes(10)),
    certname: web,
  };
  const { status, text } = await ask('POST /run', JSON.stringify(body));
  if (status !== 202) throw new Error(text);
  return JSON.parse(text.slice(text.indexOf('\r\n\r\n'))) as Run;
}

t.test('it leaves when nobody is connected, and not before', async (t) => {
  const host = await startHost(t);
  const listener = host.keeper.start();
  host.cm.plan('gate; exit 2');
  const { run } = await kick(host);
  // longer than the second after which it may leave
  const waited = await host.ask(`GET /run/${run}?wait=3`);
  t.match(waited.text, /"state":"running"/);
  t.notMatch(listener.said(), /listener-leaves/, 'somebody is connected');
  await host.cm.release();
  t.equal(await listener.ended, 0, 'left, and systemd does not call it failed');
  t.match(listener.said(), /"event":"listener-leaves","afterSeconds":1/);
});

t.test('whoever comes while none is there is served by the next', async (t) => {
  const host = await startHost(t);
  t.equal(await host.keeper.start().ended, 0);
  const early = host.ask('GET /status');
  const listener = host.keeper.start();
  t.equal((await early).status, 200);
  t.match(listener.said(), /"event":"listening"/);
});

t.test('a kick while it leaves is not lost', async (t) => {
  const host = await startHost(t);
  host.cm.plan('exit 2');
  const runs: Promise<Run>[] = [];
  const rounds = 3;
  for (let round = 0; round < rounds; round += 1) {
    const listener = host.keeper.start();
    await listener.heard(/"event":"listener-leaves"/);
    let isThere = true;
    void listener.ended.then(() => (isThere = false));
    // one after the other until it has ended, and some more
    do {
      runs.push(kick(host));
      await new Promise((resolve) => setImmediate(resolve));
    } while (isThere && runs.length < 100 * (round + 1));
    await listener.ended;
  }
  host.keeper.start();
  const ids = new Set((await Promise.all(runs)).map(({ run }) => run));
  t.ok(ids.size > 0);
  t.ok(runs.length >= rounds, `${String(runs.length)} kicks`);
  for (const run of ids) {
    const { text } = await host.ask(`GET /run/${run}?wait=20`);
    t.match(text, /"kind":"corrected"/);
  }
});
