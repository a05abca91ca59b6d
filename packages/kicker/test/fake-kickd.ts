import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  guardServer,
  readMaterialSync,
  serverTlsOptions,
  type TlsFiles,
} from '@kickd/mtls';
import type { Kick, Run, Status } from '@kickd/protocol';
import { createPki, writeSsl, type Pki } from '@kickd/testkit';

/** One request as the fake saw it. */
interface Seen {
  method: string;
  path: string;
  kick: Kick | undefined;
}

/** What the fake does with one request. */
export type Behaviour =
  | 'accept'
  | 'hang'
  /** waits for `release` */
  | 'hold'
  | 'reset'
  | 'cut-body'
  | 'no-json'
  | 'wrong-shape'
  | 'ended'
  /** replies of GET /status and GET /runs */
  | 'status'
  | 'disabled'
  | 'runs'
  | { status: number; code: string; title?: string; remedy?: string }
  | { run: Partial<Run> };

export interface FakeKickd {
  port: number;
  seen: Seen[];
  /** one for each request to come; the last stays */
  behave(...behaviours: Behaviour[]): void;
  /** answers every request that is held, and each held one to come */
  release(behaviour: Behaviour): void;
  /** resolves when so many requests of this method have come */
  waitFor(method: string, count: number): Promise<void>;
  close(): Promise<void>;
}

export const runId = '01990000-0000-7000-8000-000000000001';
export const hostName = 'web1.example.com';

/** A run as kickd tells it. */
export function aRun(part: Partial<Run> = {}): Run {
  return {
    run: runId,
    certname: hostName,
    cm: 'puppet-agent',
    state: 'running',
    noop: false,
    kicks: [],
    queuedAt: '2026-03-01T00:00:00Z',
    ...part,
  };
}

export const correctedRun = aRun({
  state: 'ended',
  durationMs: 4200,
  outcome: {
    kind: 'corrected',
    corrected: [
      { resource: 'Service[apache2]', from: 'stopped', to: 'running' },
    ],
    failed: [],
  },
});

export function aStatus(certname: string, disabled?: string): Status {
  return {
    version: '9.9.9',
    certname,
    uptimeSeconds: 1,
    cm: {
      profile: 'puppet-agent',
      locked: false,
      ...(disabled === undefined ? {} : { disabled }),
    },
    last: { ...correctedRun, certname },
    expiries: [{ what: 'certificate', at: '2031-01-01T00:00:00Z' }],
    acl: { current: true, rules: 2 },
    journal: { ok: true },
    limits: {
      bodyMaxBytes: 4096,
      runTimeoutSeconds: 900,
      minIntervalSeconds: 0,
    },
  };
}

/** A PKI with one host and one kicker, as files under `dir`. */
export function createParties(dir: string): {
  pki: Pki;
  host: TlsFiles;
  kicker: TlsFiles;
} {
  const pki = createPki();
  const files = (certname: string) =>
    writeSsl(`${dir}/${certname}`, {
      ...pki.issue({ certname }),
      ca: pki.ca,
      crl: pki.crl,
    });
  return { pki, host: files(hostName), kicker: files('monitor.example.com') };
}

/** A kickd that does as it is told, behind the real TLS and the real gate. It answers in its own name. */
export async function startFakeKickd(
  host: TlsFiles,
  port = 0,
): Promise<FakeKickd> {
  const name = nameIn(host.cert);
  const seen: Seen[] = [];
  const behaviours: Behaviour[] = ['accept'];
  const waiters: (() => void)[] = [];
  const held: ((behaviour: Behaviour) => void)[] = [];
  const sockets = new Set<Duplex>();
  const server = createServer(serverTlsOptions(readMaterialSync(host)));
  guardServer(server);
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('request', (request, response) => {
    void take(request, response);
  });
  async function take(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    let text = '';
    for await (const part of request) text += String(part);
    const { method = '', url = '' } = request;
    seen.push({
      method,
      path: url,
      kick: text === '' ? undefined : (JSON.parse(text) as Kick),
    });
    const behaviour =
      (behaviours.length > 1 ? behaviours.shift() : behaviours[0]) ?? 'accept';
    if (behaviour === 'hold') {
      held.push((later) => answer(later, method, name, response));
    } else answer(behaviour, method, name, response);
    for (const wake of waiters) wake();
  }
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    // A listening TCP server has an address of this kind.
    port: (server.address() as AddressInfo).port,
    seen,
    behave: (...told) => behaviours.splice(0, behaviours.length, ...told),
    release: (behaviour) => {
      behaviours.splice(0, behaviours.length, behaviour);
      for (const finish of held.splice(0)) finish(behaviour);
    },
    waitFor: (method, count) =>
      new Promise((resolve) => {
        const look = (): void => {
          const have = seen.filter((one) => one.method === method).length;
          if (have >= count) resolve();
        };
        waiters.push(look);
        look();
      }),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function nameIn(certFile: string): string {
  const { subject } = new X509Certificate(readFileSync(certFile));
  return /^CN=(.*)$/m.exec(subject)?.[1] ?? '';
}

function answer(
  behaviour: Behaviour,
  method: string,
  certname: string,
  response: ServerResponse,
): void {
  const json = (status: number, body: unknown, type = 'application/json') => {
    response.writeHead(status, { 'content-type': type, connection: 'close' });
    response.end(JSON.stringify(body));
  };
  const status = method === 'POST' ? 202 : 200;
  if (behaviour === 'hang' || behaviour === 'hold') return;
  if (behaviour === 'reset') {
    response.socket?.destroy();
    return;
  }
  if (behaviour === 'accept') return json(status, aRun({ certname }));
  if (behaviour === 'ended') return json(status, { ...correctedRun, certname });
  if (behaviour === 'wrong-shape') return json(status, { run: 'x' });
  if (behaviour === 'runs')
    return json(200, { runs: [{ ...correctedRun, certname }] });
  if (behaviour === 'status') return json(200, aStatus(certname));
  if (behaviour === 'disabled') return json(200, aStatus(certname, 'by ada'));
  if (behaviour === 'no-json') {
    response.writeHead(status, { connection: 'close' });
    response.end('<html>');
    return;
  }
  if (behaviour === 'cut-body') {
    response.writeHead(status, { 'content-length': '4000' });
    response.write(JSON.stringify(aRun()).slice(0, 60), () =>
      response.socket?.destroy(),
    );
    return;
  }
  if ('run' in behaviour)
    return json(status, aRun({ certname, ...behaviour.run }));
  const { code, title = 'no', remedy = 'type this' } = behaviour;
  json(
    behaviour.status,
    { type: 'about:blank', title, status: behaviour.status, code, remedy },
    'application/problem+json',
  );
}
