/**
 * kickd of this checkout on the managed host's address, with Puppet's own certificate for
 * web1.example.com and Puppet's own puppet.conf, and an eye on it: a certificate of the same CA
 * that may kick and read everything (`auditor.example.com`).
 *
 * It is started as an operator starts it, `kickd serve --config FILE`; its JSON log is the signal
 * that it listens.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import {
  createUuid7,
  type Kick,
  type Run,
  type RunList,
  type Status,
} from '@kickd/protocol';
import type { CertFiles } from './certs.ts';
import { plainEnvironment } from './command.ts';
import { checkout, monitorHost, stateFolder, webHost } from './places.ts';
import { startProcess, type LabProcess } from './processes.ts';
import { waitFor } from './wait.ts';

/** Certname of the one who looks on. */
export const auditorName = 'auditor.example.com';

/** One line of kickd's log; `event` says which. */
type LogLine = Record<string, unknown> & { event?: string };

export interface Kickd {
  readonly pid: number;
  /** newest first */
  runs(): Promise<Run[]>;
  status(): Promise<Status>;
  /** asks for a run as the auditor, and waits for its end */
  kick(more?: Partial<Kick>): Promise<Run>;
  /** asks for a run as the auditor; the reply of 202 */
  ask(more?: Partial<Kick>): Promise<Run>;
  waitEnd(run: string): Promise<Run>;
  /** the run as it stands once its first step has put something back, or once it is over */
  waitHealed(run: string): Promise<Run>;
  /** every line so far, oldest first */
  log(): LogLine[];
  waitLine(
    what: string,
    fits: (line: LogLine) => boolean,
    options?: { timeoutMs?: number },
  ): Promise<LogLine>;
  close(): Promise<void>;
}

const home = join(stateFolder, 'kickd');
/** where the standby of its profile listens once it is loaded, and who it is */
export const standbyFolder = join(home, 'state/standby');
/** the output of each run, and what a first step left */
export const runsFolder = join(home, 'state/runs');
const port = 8139;

/** Starts kickd and waits until it listens. Its journal is empty unless `keepJournal`. */
export async function startKickd(options: {
  agentFiles: CertFiles;
  auditorFiles: CertFiles;
  keepJournal?: boolean;
  /** after which kickd ends a run */
  timeoutSeconds?: number;
  /** a profile `drill`, which the monitor may ask for and the auditor may not: lines below its name */
  drill?: readonly string[];
  /** the profile loads a Puppet ahead, and knows the resources of these services; a second profile, `cold`, loads none */
  standby?: Readonly<Record<string, readonly string[]>>;
}): Promise<Kickd> {
  if (!options.keepJournal) rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  const config = join(home, 'kickd.yaml');
  writeFileSync(
    config,
    configuration(
      options.agentFiles,
      options.timeoutSeconds ?? 120,
      options.drill ?? [],
      options.standby,
    ),
  );
  writeFileSync(
    join(home, 'auth.conf'),
    options.drill === undefined ? acl : acl + drillAcl,
  );
  const kickd = startProcess(
    'kickd',
    [join(checkout, 'packages/agent/bin/kickd'), 'serve', '--config', config],
    { env: plainEnvironment },
  );
  const waitLine: Kickd['waitLine'] = (
    what,
    fits,
    { timeoutMs = 30_000 } = {},
  ) =>
    waitFor(
      `kickd to log ${what}`,
      () => {
        const line = readLines(kickd).find(fits);
        if (line === undefined && !kickd.isRunning())
          throw new Error(`kickd ended:\n${readFileSync(kickd.log, 'utf8')}`);
        return line;
      },
      {
        timeoutMs,
        watch: [kickd.log],
        explain: () => readFileSync(kickd.log, 'utf8'),
      },
    );
  try {
    await waitLine('that it listens', ({ event }) => event === 'listening');
  } catch (error) {
    await kickd.stop();
    throw error;
  }
  const ask = (method: 'GET' | 'POST', path: string, body?: unknown) =>
    askJson(options.auditorFiles, method, path, body);
  const waitUntil = async (
    path: string,
    isThere: (run: Run) => boolean,
  ): Promise<Run> => {
    for (;;) {
      const now = (await ask('GET', path)) as Run;
      if (now.state === 'ended' || isThere(now)) return now;
    }
  };
  const waitEnd = (run: string): Promise<Run> =>
    waitUntil(`/run/${run}?wait=30`, () => false);
  const askRun = async (more: Partial<Kick> = {}): Promise<Run> =>
    (await ask('POST', '/run', {
      kick: createUuid7(Date.now(), randomBytes(10)),
      certname: webHost.name,
      ...more,
    })) as Run;
  return {
    pid: kickd.pid,
    runs: async () => ((await ask('GET', '/runs')) as RunList).runs,
    status: async () => (await ask('GET', '/status')) as Status,
    ask: askRun,
    kick: async (more) => waitEnd((await askRun(more)).run),
    waitEnd,
    waitHealed: (run) =>
      waitUntil(
        `/run/${run}?wait=30&until=healed`,
        ({ healed }) => healed !== undefined,
      ),
    log: () => readLines(kickd),
    waitLine,
    close: () => kickd.stop({ graceMs: 15_000 }),
  };
}

function configuration(
  files: CertFiles,
  timeoutSeconds: number,
  drill: readonly string[],
  services: Readonly<Record<string, readonly string[]>> | undefined,
): string {
  const known = `      services: ${JSON.stringify(services)}\n`;
  const standby =
    services === undefined
      ? ''
      : `      standby: true\n${known}    cold:\n      type: puppet-agent\n${known}`;
  const profile = drill.length === 0 ? [] : ['    drill:', ...drill];
  return `listen:
  address: ${webHost.address}
  port: ${port}
certname: ${webHost.name}
tls:
  cert: ${files.cert}
  key: ${files.key}
  ca: ${files.ca}
  crl: ${files.crl}
acl:
  file: ${home}/auth.conf
cm:
  default: puppet-agent
  profiles:
    puppet-agent:
      type: puppet-agent
${standby}${profile.map((line) => `${line}\n`).join('')}run:
  timeoutSeconds: ${timeoutSeconds}
  graceSeconds: 2
  minIntervalSeconds: 0
state: ${home}/state
`;
}

/** The stanza of the talk, the monitor's look at the policy, and the auditor's. */
const acl = `path /run
method save
auth yes
allow ${monitorHost.name}
allow ${auditorName}

path /runs
method search
auth yes
allow ${auditorName}

path /run
method find
auth yes
allow ${auditorName}

path /status
method find
auth yes
allow ${monitorHost.name}
allow ${auditorName}
`;

const drillAcl = `
path /drill
method save
allow ${monitorHost.name}
`;

function readLines(kickd: LabProcess): LogLine[] {
  return readFileSync(kickd.log, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as LogLine);
}

function askJson(
  files: CertFiles,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: webHost.address,
        port,
        servername: webHost.name,
        method,
        path,
        agent: false,
        ca: readFileSync(files.ca),
        cert: readFileSync(files.cert),
        key: readFileSync(files.key),
        ...(body !== undefined && {
          headers: { 'content-type': 'application/json' },
        }),
      },
      (reply) => {
        let text = '';
        reply.setEncoding('utf8');
        reply.on('data', (part: string) => (text += part));
        reply.on('error', reject);
        reply.on('end', () => {
          const isFine = (reply.statusCode ?? 0) < 300;
          if (isFine) resolve(JSON.parse(text));
          else
            reject(new Error(`${method} ${path}: ${reply.statusCode} ${text}`));
        });
      },
    );
    asked.on('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
