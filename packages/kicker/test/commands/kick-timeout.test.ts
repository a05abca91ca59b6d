import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import t from 'tap';
import { aRun, createParties, hostName } from '../fake-kickd.ts';
import { reply, startRawHost } from '../raw-host.ts';
import { runKicker } from '../run-kicker.ts';

const dir = t.testdir();
const parties = createParties(dir);

/** How long the command may wait, and how long it may take in all on a machine that has other things to do. */
const timeoutMs = 2000;
const mostMs = 10 * timeoutMs;

/** Writes some bytes every few milliseconds, until kicker hangs up. */
function drip(socket: TLSSocket, head: string, piece: string): void {
  socket.write(head);
  const timer = setInterval(() => socket.write(piece), 20);
  socket.once('close', () => clearInterval(timer));
}
const dripHeaders = (socket: TLSSocket): void =>
  drip(socket, 'HTTP/1.1 202 X\r\n', 'x: y\r\n');
const dripBody = (socket: TLSSocket): void =>
  drip(socket, 'HTTP/1.1 202 X\r\n\r\n', ' ');
const accept = (socket: TLSSocket): void =>
  void socket.end(reply(202, JSON.stringify(aRun())));

type Answer = (socket: TLSSocket) => void;
// Each row: what the host does with requests by what they begin with, the options, the exit code, and what is said.
const rows: [string, Record<string, Answer>, string[], number, RegExp][] = [
  [
    'the reply to the kick comes header by header',
    { 'POST /run ': dripHeaders },
    [],
    5,
    /^web1: not known whether it arrived: REPLY_TIMEOUT: sent, but no whole reply came/,
  ],
  [
    'its body has no end',
    { 'POST /run ': dripBody },
    [],
    5,
    /^web1: not known whether it arrived: REPLY_TIMEOUT: /,
  ],
  [
    'nobody waits for more than that reply',
    { 'POST /run ': dripBody },
    ['--no-wait'],
    5,
    /^web1: not known whether it arrived: REPLY_TIMEOUT: /,
  ],
  [
    'the run is told header by header',
    { 'POST /run ': accept, 'GET /run/': dripHeaders },
    [],
    5,
    /^web1: accepted, outcome not known, run [0-9a-f-]{36}: WAIT_OVER: /,
  ],
  [
    'the body of the run has no end',
    { 'POST /run ': accept, 'GET /run/': dripBody },
    [],
    5,
    /^web1: accepted, outcome not known, run [0-9a-f-]{36}: WAIT_OVER: /,
  ],
  [
    'the log has none either',
    { 'POST /run ': accept, 'GET /run/': dripBody },
    ['--follow'],
    5,
    /^web1 \| +\nweb1: accepted, outcome not known, run [0-9a-f-]{36}: WAIT_OVER: /,
  ],
  [
    'the status that is asked for first',
    { 'GET /status ': dripBody },
    ['--ping'],
    4,
    /^web1: not sent: REPLY_TIMEOUT: /,
  ],
];
for (const [name, answers, args, code, pattern] of rows) {
  void t.test(`one deadline: ${name}`, async (t) => {
    const host = await startRawHost(parties.host, (socket, head) => {
      const [, answer] =
        Object.entries(answers).find(([begin]) => head.startsWith(begin)) ?? [];
      if (answer === undefined) t.fail(head);
      answer?.(socket);
    });
    t.teardown(() => host.close());
    const config = join(t.testdir(), 'kicker.yaml');
    writeFileSync(
      config,
      JSON.stringify({
        port: host.target.port,
        tls: parties.kicker,
        hosts: { web1: { certname: hostName, address: '127.0.0.1' } },
        // Only the deadline of the command can end a request in time.
        timeouts: { requestSeconds: 3600 },
        ledger: join(t.testdirName, 'ledger.sqlite'),
      }),
    );
    const begunMs = performance.now();
    const ended = await runKicker(
      ['kick', 'web1', '--timeout', String(timeoutMs / 1000), ...args],
      { KICKER_CONFIG: config },
    );
    const tookMs = performance.now() - begunMs;
    t.match(ended, { code, stdout: pattern, stderr: '' });
    t.match(ended.stdout, /\n {2}remedy: [^\n]+\n$/);
    t.ok(tookMs >= timeoutMs, `after ${tookMs} ms`);
    t.ok(tookMs < mostMs, `after ${tookMs} ms`);
  });
}
