import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectTo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { buildKickd } from '../crash/kickd.ts';
import { createSite, host } from '../crash/site.ts';
import { startHalf, type Half } from '../processes/half.ts';
import { jsonWords, kicks } from './bodies.ts';
import { mutationsOf } from './mutations.ts';
import { records } from './records.ts';
import { expectTrue, type Target } from './target.ts';

/** Longer than every deadline of the listener, and of the runner. */
const patienceMs = 20 * 1000;

const head = (line: string, ...more: string[]): string =>
  [line, `Host: ${host}`, ...more, '', ''].join('\r\n');
const post = (body: string, ...more: string[]): string =>
  head(
    'POST /run HTTP/1.1',
    'Content-Type: application/json',
    `Content-Length: ${String(Buffer.byteLength(body))}`,
    ...more,
  ) + body;
const run = '0193a000-0000-7000-8000-00000000abcd';

const requests = [
  ...kicks.map((kick) => post(kick)),
  post(
    kicks[0] ?? '',
    'Authorization: Basic cm9vdDpyb290',
    'X-Client-DN: CN=a',
  ),
  post(kicks[0] ?? '', 'X-HTTP-Method-Override: GET', 'Cookie: a=b'),
  head('GET /status HTTP/1.1', 'Authorization: Bearer x'),
  head(`GET /run/${run}?wait=0 HTTP/1.1`),
  head(`GET /run/${run}/log HTTP/1.1`),
  head(`DELETE /run/${run} HTTP/1.1`),
  head('GET /metrics HTTP/1.1'),
  head('POST /run HTTP/1.1', 'Transfer-Encoding: chunked') +
    '5\r\nhello\r\n0\r\n\r\n',
];
const words = [
  ...['Authorization: ', 'Host: a\r\n', 'Transfer-Encoding: chunked\r\n'],
  ...['Content-Length: 0\r\n', 'Expect: 100-continue\r\n', 'Upgrade: h2c\r\n'],
  ...[' HTTP/1.0', 'CONNECT ', 'OPTIONS * ', '\r\n\r\n', '?wait=', '/run'],
  ...[run, 'a'.repeat(36), '-'.repeat(36), ...jsonWords],
];

/** Sends bytes, says that this is all, and reads to the end. @throws where there is no end */
function exchange(socket: Socket, input: Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => {
      reject(new Error(`no answer within ${String(patienceMs)} ms`));
      socket.destroy();
    }, patienceMs);
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    // cut off while it was still speaking
    socket.on('error', () => undefined);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(text);
    });
    socket.end(input);
  });
}

/**
 * A real kickd, its two halves: requests over mutual TLS from somebody who may do everything, and records at the
 * runner's socket. Each is answered or closed, both live on, and no run is started: the kicks are for another host.
 */
export async function createSockets(): Promise<Target[]> {
  const dir = mkdtempSync(join(tmpdir(), 'kickd-fuzz-'));
  const command = await buildKickd(join(dir, 'kickd'));
  const site = createSite(join(dir, 'site'));
  const socketFile = join(dir, 'runner.sock');
  const [runner, listener] = (['runner', 'listen'] as const).map((half) =>
    startHalf(command, half, site.configFile, socketFile),
  ) as [Half, Half];
  await runner.heard(/"event":"runner-ready"/);
  const [, port] = await listener.heard(/"event":"listening".*"port":(\d+)/);
  let isClosing = false;
  let fate = '';
  for (const half of [runner, listener])
    void half.ended.then((how) => (fate = `${half.name} ended: ${how}`));
  const expectAlive = (): void => expectTrue(isClosing || fate === '', fate);
  const runsStarted = (): number =>
    site.tool.lines().filter(({ what }) => what === 'start').length;
  return [
    {
      name: 'requests over TLS',
      inputs: mutationsOf(requests, words),
      batch: 20,
      runsStarted,
      play: async (input) => {
        const to = { host: '127.0.0.1', port: Number(port), ...site.tls };
        const text = await exchange(connectTls(to), input);
        expectAlive();
        const status = /^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1] ?? 'none';
        expectTrue(status !== '202', `accepted: ${text}`);
        expectTrue(!/^5/.test(status), `an error of ours: ${text}`);
        expectTrue(text === '' || status !== 'none', `no HTTP: ${text}`);
      },
    },
    {
      name: "records at the runner's socket",
      inputs: records.inputs,
      batch: 40,
      play: async (input) => {
        await exchange(connectTo(socketFile), input);
        expectAlive();
      },
      close: async () => {
        isClosing = true;
        for (const half of [listener, runner]) half.kill();
        await Promise.all([listener.ended, runner.ended]);
        rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
      },
    },
  ];
}
