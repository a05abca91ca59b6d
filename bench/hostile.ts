import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { readMaterialSync, serverTlsOptions } from '@kickd/mtls';
import { createPki, writeSsl } from '@kickd/testkit';
import { execa } from 'execa';
import { openSpool } from '../packages/kicker/src/io/spool.ts';
import { plainEnvironment } from '../scripts/site/site.ts';
import { dist } from './bench-site.ts';
import { interleave } from './measure.ts';
import { compare, type Row } from './row.ts';

const honestHosts = 180;
const hostileHosts = 20;
/** how long an honest run lasts */
const runMs = 200;

/**
 * The time until kicker has healed 180 hosts, from the first event to the last outcome, with 20 hostile hosts among them:
 * 5 accept connections and say nothing, 5 let a request in and never reply, 5 reply with one byte
 * of a header a second, 5 accept each kick and never end its run. The peer: the same without the 20.
 */
export async function benchHostile(rounds: number): Promise<Row[]> {
  const dir = mkdtempSync(join(tmpdir(), 'kicker-bench-'));
  const fleet = await startFleet(dir);
  try {
    const [hostile = [], peaceful = []] = await interleave(
      [() => heal(fleet, dir, true), () => heal(fleet, dir, false)],
      { rounds, warmUps: 0 },
    );
    return [
      compare(
        {
          name: `${String(honestHosts)} hosts healed, ${String(hostileHosts)} hostile among them`,
          unit: 'ms',
          goal: { what: 'ratio', most: 1.5 },
        },
        hostile,
        { name: 'without them', samples: peaceful },
      ),
    ];
  } finally {
    fleet.close();
    rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  }
}

interface Fleet {
  config: object;
  hostile: readonly string[];
  honest: readonly string[];
  /** resolves when so many honest hosts have reported the end of a run */
  healed(count: number): Promise<void>;
  /** each round begins anew */
  forget(): void;
  close(): void;
}

async function startFleet(dir: string): Promise<Fleet> {
  const pki = createPki({ key: 'ec' });
  const filesOf = (certname: string) =>
    writeSsl(join(dir, certname), {
      ...pki.issue({ certname }),
      ca: pki.ca,
      crl: pki.crl,
    });
  const ended = new Set<string>();
  let wake = (): void => {};
  const sockets = new Set<Duplex>();
  const servers: { close(): void }[] = [];
  const hosts: Record<string, { address: string; port: number }> = {};
  const listen = async (
    certname: string,
    server: ReturnType<typeof createTcpServer>,
  ): Promise<void> => {
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => sockets.delete(socket));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    servers.push(server);
    // A listening TCP server has an address of this kind.
    const { port } = server.address() as AddressInfo;
    hosts[certname] = { address: '127.0.0.1', port };
  };
  const answer = (certname: string, take: RequestListener) =>
    listen(
      certname,
      createServer(serverTlsOptions(readMaterialSync(filesOf(certname))), take),
    );

  const honest = names('web', honestHosts);
  for (const certname of honest) {
    await answer(certname, (request, response) => {
      const isKick = request.method === 'POST';
      void readKick(request).then(async (kick) => {
        if (!isKick) await new Promise((resolve) => setTimeout(resolve, runMs));
        response.writeHead(isKick ? 202 : 200, {
          'content-type': 'application/json',
        });
        response.end(
          JSON.stringify(runOf(certname, kick ?? runIn(request), !isKick)),
        );
        if (isKick) return;
        ended.add(certname);
        wake();
      });
    });
  }
  const hostile = names('odd', hostileHosts);
  for (const [at, certname] of hostile.entries()) {
    if (at % 4 === 0)
      await listen(
        certname,
        createTcpServer(() => {}),
      );
    else await answer(certname, hostileKinds[at % 4] ?? (() => {}));
  }
  return {
    config: { tls: filesOf('monitor.example.com'), hosts },
    hostile,
    honest,
    forget: () => ended.clear(),
    healed: (count) =>
      new Promise((resolve) => {
        wake = () => {
          if (ended.size >= count) resolve();
        };
        wake();
      }),
    close: () => {
      for (const socket of sockets) socket.destroy();
      for (const server of servers) server.close();
    },
  };
}

const hostileKinds: Readonly<Record<number, RequestListener>> = {
  // Lets a request in and never replies.
  1: () => {},
  // One byte of a header a second.
  2: (request) => {
    request.socket.write('HTTP/1.1 200 OK\r\nx: ');
    const timer = setInterval(() => request.socket.write('x'), 1000);
    request.socket.once('close', () => clearInterval(timer));
  },
  // Accepts each kick and never ends its run.
  3: (request, response) => {
    void readKick(request).then((kick) => {
      const isKick = request.method === 'POST';
      const reply = (): void => {
        response.writeHead(isKick ? 202 : 200, {
          'content-type': 'application/json',
        });
        response.end(
          JSON.stringify(runOf('odd', kick ?? runIn(request), false)),
        );
      };
      if (isKick) reply();
      else setTimeout(reply, 5000);
    });
  },
};

/** @returns milliseconds from the start of `kicker serve`, with every event in its spool, to the last outcome */
async function heal(
  fleet: Fleet,
  dir: string,
  isHostile: boolean,
): Promise<number> {
  const own = mkdtempSync(join(dir, 'round-'));
  const spool = join(own, 'spool');
  openSpool(spool, process.getuid?.() ?? 0);
  const config = join(own, 'kicker.yaml');
  const rules = join(own, 'rules.yaml');
  writeFileSync(
    config,
    JSON.stringify({
      ...fleet.config,
      ledger: join(own, 'ledger.sqlite'),
      spool,
      rules,
    }),
  );
  writeFileSync(
    rules,
    JSON.stringify({
      rules: [{ name: 'all', match: { host: '*' }, verifySeconds: 600 }],
      guards: {
        share: { percent: 99, hosts: 1000, hostsOfUnknown: 1000 },
        rate: { kicks: 1000, perSeconds: 1 },
        breaker: { hosts: 1000 },
      },
    }),
  );
  // One hostile host after nine honest ones, in the order in which they broke.
  const wanted = fleet.honest.flatMap((host, at) =>
    isHostile && at % 9 === 8
      ? [host, fleet.hostile[(at - 8) / 9] ?? host]
      : [host],
  );
  for (const [at, host] of wanted.entries()) {
    const args = [
      ...[`--host=${host}`, '--service=HTTP', '--state=CRITICAL'],
      ...['--state-type=HARD', '--attempt=4', '--max-attempts=4'],
      ...['--problem-id=1', '--host-state=UP'],
    ];
    const file = join(spool, 'new', randomUUID());
    const fields = ['kicker-event-1', 'nagios', ...args, '.'];
    writeFileSync(file, fields.map((field) => `${field}\0`).join(''));
    const atSeconds = Date.now() / 1000 - 1 + at / 1000;
    utimesSync(file, atSeconds, atSeconds);
  }
  fleet.forget();
  const startedMs = performance.now();
  const child = execa(
    join(dist, 'bin', 'kicker'),
    ['serve', `--config=${config}`],
    {
      env: plainEnvironment,
      extendEnv: false,
      cwd: '/',
      stdin: 'ignore',
      stdout: 'ignore',
      reject: false,
    },
  );
  const gone = child.then(({ stderr }) => {
    throw new Error(`kicker ended by itself:\n${stderr}`);
  });
  await Promise.race([fleet.healed(fleet.honest.length), gone]);
  const tookMs = performance.now() - startedMs;
  gone.catch(() => {});
  child.kill('SIGKILL');
  await child;
  return tookMs;
}

const names = (name: string, count: number): string[] =>
  Array.from(
    { length: count },
    (_, index) => `${name}${String(index)}.example.com`,
  );

async function readKick(request: IncomingMessage): Promise<string | undefined> {
  let text = '';
  for await (const part of request) text += String(part);
  if (text === '') return undefined;
  const { kick } = JSON.parse(text) as { kick: string };
  return kick;
}

/** The run that is asked for: `/runs/ID?wait=60` */
function runIn({ url = '' }: IncomingMessage): string {
  return new URL(url, 'https://host').pathname.split('/').at(-1) ?? '';
}

function runOf(certname: string, run: string, isEnded: boolean): object {
  return {
    run,
    certname,
    cm: 'puppet-agent',
    state: isEnded ? 'ended' : 'running',
    noop: false,
    kicks: [],
    queuedAt: '2026-03-01T00:00:00Z',
    ...(isEnded
      ? {
          durationMs: runMs,
          outcome: { kind: 'corrected', corrected: [], failed: [] },
        }
      : {}),
  };
}
