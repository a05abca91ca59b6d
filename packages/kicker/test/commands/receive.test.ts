import { rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openSpool } from '../../src/io/spool.ts';
import { runKicker, startKicker } from '../run-kicker.ts';

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

function write(t: Test, receive: string): { config: string; spool: string } {
  const dir = t.testdir();
  const config = join(dir, 'kicker.yaml');
  const spool = join(dir, 'spool');
  writeFileSync(join(dir, 'token'), 'x\n', { mode: 0o600 });
  writeFileSync(
    config,
    `spool: ${spool}\nledger: ${join(dir, 'ledger.sqlite')}\nmonitors: {am: {kind: alertmanager}}\n${receive.replaceAll('DIR', dir)}`,
  );
  return { config, spool };
}

void t.test('it receives until it is told to stop', async (t) => {
  const port = await freePort();
  const { config, spool } = write(
    t,
    `receive: {port: ${String(port)}, identify: token, senders: [{monitor: am, tokenFile: DIR/token}]}\n`,
  );
  const { child, ended } = startKicker(['receive', '--config', config]);
  t.teardown(() => child.kill('SIGKILL'));
  await new Promise<void>((resolve) => {
    let said = '';
    child.stdout.on('data', (part) => {
      said += String(part);
      if (said.includes('"receiving"')) resolve();
    });
  });
  const asked = request({
    host: '127.0.0.1',
    port,
    path: '/v1/am',
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer x' },
  });
  asked.end('{"alerts":[{"status":"firing"}]}');
  const [response] = (await once(asked, 'response')) as [
    { statusCode: number; resume(): void },
  ];
  t.equal(response.statusCode, 202);
  response.resume();
  const { events } = openSpool(spool, process.getuid?.() ?? 0).scan(Date.now());
  t.match(events, [{ monitor: 'am' }]);
  child.kill('SIGTERM');
  t.equal((await ended).code, 0);
});

void t.test('what the schema cannot say', async (t) => {
  for (const [receive, words] of [
    ['', /RECEIVE_UNSET|nobody may send/],
    [
      'receive: {address: 192.0.2.1, identify: token, senders: [{monitor: am, tokenFile: DIR/token}]}\n',
      /a token without TLS is for loopback alone/,
    ],
    [
      'receive: {identify: token, senders: [{monitor: am, certname: am.example.com}]}\n',
      /has no tokenFile/,
    ],
    [
      'receive: {identify: certificate, senders: [{monitor: am, tokenFile: DIR/token}]}\n',
      /has no certname/,
    ],
    [
      'receive: {identify: token, senders: [{monitor: amm, tokenFile: DIR/token}]}\n',
      /amm/,
    ],
    [
      'receive: {tls: {cert: /c, key: /k}, senders: [{monitor: am, certname: am.example.com}]}\n',
      /no ca or no crl/,
    ],
    ['receive: {senders: []}\n', /senders/],
  ] as const) {
    const { config } = write(t, receive);
    const { code, stderr } = await runKicker(['receive', '--config', config]);
    t.equal(code, 2, receive);
    t.match(stderr, words, receive);
    rmSync(config);
  }
});
