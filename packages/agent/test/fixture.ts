import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientTlsOptions, locatePuppet, readMaterialSync } from '@kickd/mtls';
import type { Kick, Run } from '@kickd/protocol';
import {
  createFakeCm,
  createPki,
  rawRequest,
  writeSsl,
  type FakeCm,
  type IssueOptions,
  type Pki,
  type RawReply,
} from '@kickd/testkit';
import { startAgent, type Agent } from '../src/app.ts';
import type { Profile, ProbeSettings } from '../src/config/schema.ts';
import type { Settings } from '../src/config/settings.ts';
import type { Clock, Narrator } from '../src/ports.ts';
import type { Told } from '../src/told.ts';
import { roughRequest, type Then } from './rough-request.ts';

export const web = 'web1.example.com';
export const monitor = 'monitor.example.com';

/** An agent in this process, with a fake CM tool behind it and real TLS before it. */
export interface Fixture {
  agent: Agent;
  cm: FakeCm;
  pki: Pki;
  settings: Settings;
  told: Told[];
  /** waits until something of this kind is told; what was told before counts */
  heard(isIt: (event: Told) => boolean): Promise<Told>;
  post(body: unknown, as?: Caller): Promise<RawReply>;
  get(path: string, as?: Caller): Promise<RawReply>;
  raw(chunks: (string | Uint8Array)[], as?: Caller): Promise<RawReply>;
  /** all that came back */
  rough(
    pieces: (string | Uint8Array)[],
    then: Then,
    as?: Caller,
  ): Promise<string>;
  runOf(reply: RawReply): Run;
  /** Lets time pass for kickd, by both clocks; its timers go on by themselves. */
  advance(ms: number): void;
}

export type Caller = Partial<IssueOptions> | 'nobody';

export const kickId = (n: number): string =>
  `0193a000-0000-7000-8000-${String(n).padStart(12, '0')}`;

export const kickOf = (n: number, more: Partial<Kick> = {}): Kick => ({
  kick: kickId(n),
  certname: web,
  ...more,
});

export const simpleAcl = `path /run\nmethod save\nallow ${monitor}\n`;

export async function startFixture(
  dir: string,
  options: {
    acl?: string;
    timeoutMs?: number;
    pki?: Pki;
    state?: string;
    minIntervalMs?: number;
    kicksPerMinute?: number;
    auditFile?: string;
    /** of kickd's own certificate */
    leaf?: Partial<IssueOptions>;
    /** in place of the PKI's bundles */
    ca?: string;
    crl?: string;
    perSource?: Settings['listen']['perSource'];
    /** of the tool's profile */
    probes?: Record<string, ProbeSettings>;
    /** what the profile `drill` breaks; without it there is none */
    breaks?: string[];
  } = {},
): Promise<Fixture> {
  const pki = options.pki ?? createPki({ tier: 'two', key: 'ec' });
  const state = options.state ?? join(dir, 'state');
  mkdirSync(join(dir, 'cm'), { recursive: true });
  const cm = createFakeCm(join(dir, 'cm'));
  const aclFile = join(dir, 'auth.conf');
  if (options.acl !== '') writeFileSync(aclFile, options.acl ?? simpleAcl);
  const tls = writeSsl(join(dir, 'ssl'), {
    ...pki.issue({ certname: web, ...options.leaf }),
    ca: options.ca ?? pki.ca,
    crl: options.crl ?? pki.crl,
  });
  const settings: Settings = {
    listen: {
      address: '127.0.0.1',
      port: 0,
      idleExitMs: 0,
      perSource: options.perSource ?? { connections: 32, perSecond: 100 },
    },
    certname: web,
    tls: { ...tls, minVersion: 'TLSv1.3' },
    acl: { file: aclFile, anyCertname: false },
    audit: { file: options.auditFile ?? join(state, 'audit.log') },
    cm: {
      default: 'fake',
      profiles: new Map<string, Profile>([
        [
          'fake',
          {
            type: 'command',
            argv: [cm.file],
            exitCodes: { '0': 'unchanged', '2': 'corrected' },
            ...(options.probes !== undefined && { probes: options.probes }),
          },
        ],
        ...(options.breaks === undefined
          ? []
          : ([
              [
                'drill',
                {
                  type: 'drill',
                  argv: [cm.file],
                  exitCodes: { '0': 'corrected' },
                  breaks: options.breaks,
                },
              ],
            ] satisfies [string, Profile][])),
        ['chef', { type: 'chef-client', binary: '/nowhere/chef-client' }],
      ]),
    },
    run: {
      timeoutMs: options.timeoutMs ?? 30_000,
      graceMs: 300,
      minIntervalMs: options.minIntervalMs ?? 0,
      kicksPerMinute: options.kicksPerMinute ?? 10_000,
      keepMs: 24 * 60 * 60 * 1000,
      freezeFile: join(dir, 'freeze'),
    },
    state,
    puppet: locatePuppet({
      files: { readText: () => undefined },
      env: { isRoot: false, home: dir, hostname: web },
    }),
  };
  const told: Told[] = [];
  const waiting: { isIt(event: Told): boolean; resolve(event: Told): void }[] =
    [];
  let skewMs = 0;
  const clock: Clock = {
    now: () => new Date(Date.now() + skewMs),
    monotonicMs: () => performance.now() + skewMs,
  };
  const narrator: Narrator = {
    tell: (event) => {
      told.push(event);
      for (const waiter of waiting) {
        if (waiter.isIt(event)) waiter.resolve(event);
      }
    },
  };
  const agent = await startAgent(settings, narrator, clock);
  const heard = (isIt: (event: Told) => boolean): Promise<Told> => {
    const before = told.find(isIt);
    if (before !== undefined) return Promise.resolve(before);
    return new Promise((resolve) => {
      waiting.push({ isIt, resolve });
    });
  };
  let count = 0;
  const clientOptions = (as: Caller): ReturnType<typeof clientTlsOptions> => {
    const name = as === 'nobody' ? monitor : (as.certname ?? monitor);
    count += 1;
    const files = writeSsl(join(dir, `client-${String(count)}`), {
      ...pki.issue({ certname: name, ...(as === 'nobody' ? {} : as) }),
      ca: pki.ca,
      crl: pki.crl,
    });
    const all = clientTlsOptions(readMaterialSync(files), { certname: web });
    if (as !== 'nobody') return all;
    const { cert: _cert, key: _key, ...bare } = all;
    return bare;
  };
  const raw: Fixture['raw'] = (chunks, as = {}) =>
    rawRequest(agent.port, clientOptions(as), chunks);
  return {
    agent,
    cm,
    pki,
    settings,
    told,
    heard,
    advance: (ms) => {
      skewMs += ms;
    },
    raw,
    rough: (pieces, then, as = {}) =>
      roughRequest(agent.port, clientOptions(as), pieces, then),
    get: (path, as) =>
      raw([`GET ${path} HTTP/1.1\r\nHost: ${web}\r\n\r\n`], as),
    post: (body, as) => {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      return raw([postHead(Buffer.byteLength(text)), text], as);
    },
    runOf: (reply) => {
      const [, body = ''] = reply.text.split('\r\n\r\n');
      return JSON.parse(body) as Run;
    },
  };
}

export function postHead(length: number, more = ''): string {
  return `POST /run HTTP/1.1\r\nHost: ${web}\r\nContent-Type: application/json\r\nContent-Length: ${String(length)}\r\n${more}\r\n`;
}
