/**
 * What others' tools find at kickd's port: testssl.sh and sslscan look at TLS, slowhttptest tries to hold on to every
 * connection. It cannot show a client certificate, so socat stands in front of it, as a caller who may do everything.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setInterval } from 'node:timers/promises';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import { buildKickd } from '../crash/kickd.ts';
import { startStage, type Stage } from '../tls/stage.ts';
import { inEnvironment, plainEnvironment, runCommand } from './lab/command.ts';

const dir = t.testdir({});
const command = await buildKickd(join(dir, 'kickd'));
let stages = 0;
async function start(t: Test, hasLimits: boolean): Promise<Stage> {
  stages += 1;
  const at = join(dir, `stage-${String(stages)}`);
  const stage = await startStage(at, command, { hasLimits });
  t.teardown(() => stage.close());
  return stage;
}

/** One line of testssl's JSON. */
interface Found {
  id: string;
  severity: string;
  finding: string;
}
/** What is as it should be, or about testssl itself and not about kickd. */
const harmless = new Set(['OK', 'INFO', 'LOW', 'WARN']);
/** A private CA: it issues for five years, and its certificates name no place of a CRL, which Puppet brings itself. */
const privateCa =
  /^cert_(chain_of_trust|trust|revocation|crlDistributionPoints|ocspURL|validityPeriod)/;

t.test('testssl.sh finds nothing above LOW but the private CA', async (t) => {
  const { port, site } = await start(t, false);
  const file = join(dir, 'testssl.json');
  const { output } = await runCommand('testssl', [
    // all but the handshakes of simulated browsers, which are many and find nothing
    ...['-p', '-s', '-f', '-P', '-S', '-U'],
    ...['--warnings', 'batch', '--quiet', '--color', '0'],
    ...['--ip', '127.0.0.1', '--add-ca', site.files.ca, '--jsonfile', file],
    `web1.example.com:${String(port)}`,
  ]);
  const found = JSON.parse(readFileSync(file, 'utf8')) as Found[];
  t.ok(
    found.length > 40,
    `${String(found.length)} findings: ${output.slice(-300)}`,
  );
  t.match(
    found.find(({ id }) => id === 'TLS1_3'),
    { severity: 'OK' },
  );
  for (const { id, severity, finding } of found) {
    const isFine = harmless.has(severity) || privateCa.test(id);
    t.ok(isFine, `${severity} ${id}: ${finding}`);
  }
});

t.test('sslscan sees TLS 1.3 alone', async (t) => {
  const { port } = await start(t, false);
  const { output } = await runCommand('sslscan', [
    ...['--no-colour', '--sni-name=web1.example.com'],
    `127.0.0.1:${String(port)}`,
  ]);
  const protocols = output.match(/^(?:SSL|TLS)v\S+ +(?:en|dis)abled$/gm) ?? [];
  t.equal(protocols.length, 6, output);
  const enabled = protocols.filter((line) => line.endsWith(' enabled'));
  t.match(enabled, [/^TLSv1\.3 /]);
  const ciphers = output.match(/^(?:Preferred|Accepted) .*$/gm) ?? [];
  t.equal(ciphers.length, 3, output);
  for (const line of ciphers) t.match(line, /TLSv1\.3 +(128|256) bits/);
  t.match(output, /Session renegotiation not supported/);
  t.match(output, /not vulnerable to heartbleed/);
});

/** Well below the connections per second that a source may make. */
const askEveryMs = 50;
/** The three ways in which slowhttptest is slow. */
const slowly: [string, string[]][] = [
  ['headers', ['-H']],
  ['bodies', ['-B', '-s', '3000', '-f', 'application/json']],
  ['reads', ['-X', '-w', '1', '-y', '2', '-n', '2', '-z', '1']],
];

for (const [what, options] of slowly) {
  t.test(
    `slowhttptest does not starve the monitor: slow ${what}`,
    async (t) => {
      const stage = await start(t, true);
      const front = await startFront(t, stage);
      const attack = execa(
        ...inEnvironment(plainEnvironment, [
          'slowhttptest',
          ...options,
          ...['-c', '300', '-r', '100', '-i', '1', '-l', '12', '-p', '3'],
          ...['-u', `http://127.0.0.1:${String(front)}/run`],
        ]),
        { stdio: 'ignore', cwd: dir, reject: false },
      );
      let isOver = false;
      void attack.then(() => (isOver = true));
      let asked = 0;
      let slowestMs = 0;
      // the monitor's own address is another than socat's; as fast as it can it would meet the limit of a source itself
      for await (const _ of setInterval(askEveryMs)) {
        if (isOver) break;
        const { status, ms, error } = await stage.ask('/status', {
          localAddress: '127.0.0.10',
        });
        asked += 1;
        slowestMs = Math.max(slowestMs, ms);
        if (status !== 200) t.fail(`not served: ${error ?? String(status)}`);
      }
      await attack;
      t.ok(asked > 10, `asked ${String(asked)}`);
      t.comment(
        `${what}: ${String(asked)} answers, slowest ${slowestMs.toFixed(0)} ms`,
      );
    },
  );
}

/** @returns the port of a socat that speaks TLS for whoever comes, with a certificate that may do everything */
async function startFront(t: Test, { site, port }: Stage): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port: free } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  const ssl = join(site.configFile, '..', 'monitor.example.com');
  const tls = `cert=${ssl}/cert.pem,key=${ssl}/key.pem,verify=0,openssl-min-proto-version=TLS1.3`;
  const socat = execa(
    ...inEnvironment(plainEnvironment, [
      'socat',
      `TCP-LISTEN:${String(free)},bind=127.0.0.1,reuseaddr,fork,backlog=512`,
      `OPENSSL:127.0.0.1:${String(port)},${tls}`,
    ]),
    { stdio: 'ignore', detached: true, reject: false },
  );
  // itself and what it has forked
  t.teardown(() => process.kill(-(socat.pid ?? 0), 'SIGKILL'));
  for (let isUp = false; !isUp;) {
    const { exitCode } = await runCommand('bash', [
      '-c',
      `exec 3<>/dev/tcp/127.0.0.1/${String(free)}`,
    ]);
    isUp = exitCode === 0;
  }
  return free;
}
