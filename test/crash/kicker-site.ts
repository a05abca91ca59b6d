import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPki, writeSsl } from '@kickd/testkit';
import { execa, execaSync } from 'execa';
import { startKickd, type Kickd } from './kickd.ts';
import { exitCodes } from './site.ts';
import { createTool } from './tool.ts';

/** between two kicks of one host, so short that a test sees it kept many times */
export const hostIntervalMs = 1000;

/** how many kicks of a service kicker remembers */
export const countedMost = 100;

const handler = join(
  import.meta.dirname,
  '../../deploy/nagios/handle_puppetrun',
);
const monitor = 'monitor.example.com';

/** A monitoring host on which kicker is killed, and a few managed hosts whose kickd lives on. */
export interface KickerSite {
  hosts: readonly [string, ...string[]];
  ledgerFile: string;
  /** events that nobody has taken yet */
  spooled(): number;
  /** Nagios's event handler, to its end. @returns whether it says that it has the event */
  put(event: MonitorEvent): boolean;
  /** starts `kicker serve`; resolves when it has begun, served or not */
  serve(): Serving;
  /**
   * Starts one more `kicker serve` on the same ledger and spool, in a PID namespace of its own: as from another
   * container. Where that is not permitted here, beside the first.
   */
  serveApart(): Pick<Serving, 'ended' | 'kill' | 'said'>;
  /** why `serveApart` has no namespace of its own; undefined: it has */
  whyNotApart: string | undefined;
  /** what the kickds say that they took: kick → how often */
  accepted(): Map<string, number>;
  /** how often the tool was started, by run */
  starts(): Map<string, number>;
  /** what the command that calls a person was given */
  pages(): string[];
  /** the external commands that Nagios was given, oldest first */
  commands(): string[];
  close(): Promise<void>;
}

export interface MonitorEvent {
  host: string;
  service: string;
  problem: number;
  state: 'CRITICAL' | 'OK';
  stateType: 'SOFT' | 'HARD';
  attempt: number;
}

interface Serving {
  /** resolves when it serves the spool; false: it ended before */
  served: Promise<boolean>;
  ended: Promise<number | string>;
  kill(signal: 'SIGKILL' | 'SIGTERM'): void;
  said(): string;
}

/**
 * @param kicker the command that starts it
 * @param kickd likewise
 */
export async function createKickerSite(
  dir: string,
  kicker: readonly string[],
  kickd: readonly string[],
): Promise<KickerSite> {
  mkdirSync(dir, { recursive: true });
  const pki = createPki({ tier: 'two', key: 'ec' });
  const sslOf = (certname: string) =>
    writeSsl(join(dir, certname), {
      ...pki.issue({ certname }),
      ca: pki.ca,
      crl: pki.crl,
    });
  const hosts = [
    'web1.example.com',
    'web2.example.com',
    'web3.example.com',
  ] as const;
  const agents = await Promise.all(
    hosts.map((certname) => startHost(dir, certname, sslOf(certname), kickd)),
  );
  const spool = join(dir, 'spool');
  mkdirSync(join(spool, 'new'), { recursive: true, mode: 0o750 });
  const ledgerFile = join(dir, 'ledger.sqlite');
  const pageLog = join(dir, 'pages');
  const pager = join(dir, 'page');
  writeFileSync(pageLog, '');
  writeFileSync(pager, `#!/bin/sh\n{ cat; echo; } >>'${pageLog}'\n`, {
    mode: 0o755,
  });
  const pipe = join(dir, 'nagios.cmd');
  const commandLog = join(dir, 'commands');
  const reader = startReader(pipe, commandLog);
  const config = join(dir, 'kicker.yaml');
  writeFileSync(
    config,
    JSON.stringify({
      tls: sslOf(monitor),
      nagios: { commandFile: pipe },
      hosts: Object.fromEntries(
        hosts.map((host, at) => [
          host,
          { address: '127.0.0.1', port: agents[at]?.port },
        ]),
      ),
      ledger: ledgerFile,
      spool,
      rules: join(dir, 'rules.yaml'),
      escalate: { command: [pager] },
    }),
  );
  writeFileSync(join(dir, 'rules.yaml'), JSON.stringify(rules));

  const apart = findNamespace();
  return {
    hosts,
    ledgerFile,
    spooled: () => readdirSync(join(spool, 'new')).length,
    put: ({ host, service, problem, state, stateType, attempt }) => {
      const macros = {
        host,
        address: '127.0.0.1',
        service,
        state,
        'state-type': stateType,
        attempt,
        'max-attempts': 4,
        'problem-id': problem,
        'host-state': 'UP',
      };
      const { exitCode } = execaSync(
        handler,
        Object.entries(macros).map(([name, value]) => `--${name}=${value}`),
        {
          env: {
            PATH: '/usr/bin:/bin',
            // Nobody falls back: what was left in the spool is the next kicker's.
            KICKER: '/bin/true',
            KICKER_SPOOL: spool,
          },
          extendEnv: false,
          reject: false,
        },
      );
      return exitCode === 0;
    },
    serve: () => serve(kicker, config, join(spool, 'serving')),
    serveApart: () => serve([...apart.prefix, ...kicker], config, ''),
    whyNotApart: apart.whyNot,
    accepted: () =>
      count(
        agents.flatMap(({ kickd }) =>
          logOf(kickd).flatMap(({ event, kick }) =>
            event === 'run-accepted' ? [String(kick)] : [],
          ),
        ),
      ),
    starts: () =>
      count(
        agents.flatMap(({ tool }) =>
          tool
            .lines()
            .flatMap(({ what, run }) => (what === 'start' ? [run] : [])),
        ),
      ),
    pages: () => readFileSync(pageLog, 'utf8').split('\n').slice(0, -1),
    commands: () => readFileSync(commandLog, 'utf8').split('\n').slice(0, -1),
    close: async () => {
      reader.kill();
      for (const { kickd } of agents) kickd.kill('SIGTERM');
      await Promise.all(agents.map(({ kickd }) => kickd.ended));
    },
  };
}

/**
 * One kick a problem and no second one: a second would be a doubled one. All guards that count something that
 * has to survive are on.
 */
const rules = {
  rules: [
    {
      name: 'all',
      match: { host: '*' },
      coolDownSeconds: 0,
      verifySeconds: 1,
      attempts: { perProblem: 1, perPeriod: countedMost, periodSeconds: 60 },
      futility: { runs: 100, relapseSeconds: 0 },
      tell: { comment: true, acknowledge: true, escalate: ['command'] },
    },
  ],
  guards: {
    hostIntervalSeconds: hostIntervalMs / 1000,
    share: { percent: 99, hosts: 100, hostsOfUnknown: 100 },
    rate: { kicks: 1000, perSeconds: 1 },
    flapping: { low: 98, high: 99 },
  },
};

/** Nagios's end of its command pipe, which outlives every kicker. */
function startReader(pipe: string, log: string): { kill(): void } {
  execaSync('mkfifo', ['-m', '600', pipe]);
  writeFileSync(log, '');
  // Open for reading and writing: it never ends, and whoever writes never waits for it.
  const reader = execa('/bin/sh', ['-c', 'exec cat <>"$0" >>"$1"', pipe, log], {
    stdio: 'ignore',
    reject: false,
  });
  return { kill: () => void reader.kill('SIGKILL') };
}

/** What starts a command in a PID namespace of its own, and ends it when it is killed itself. */
function findNamespace(): { prefix: string[]; whyNot: string | undefined } {
  const prefix = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const [command = '', ...args] = [...prefix, 'true'];
  const { exitCode, stderr } = execaSync(command, args, { reject: false });
  return exitCode === 0
    ? { prefix, whyNot: undefined }
    : { prefix: [], whyNot: stderr.trim() || 'apt install util-linux' };
}

async function startHost(
  dir: string,
  certname: string,
  files: { cert: string; key: string; ca: string; crl: string },
  command: readonly string[],
) {
  const home = join(dir, 'hosts', certname);
  mkdirSync(home, { recursive: true });
  const tool = createTool(home);
  tool.plan(0.02, 2);
  const config = join(home, 'kickd.yaml');
  writeFileSync(join(home, 'auth.conf'), `path /\nallow ${monitor}\n`);
  writeFileSync(
    config,
    JSON.stringify({
      listen: {
        address: '127.0.0.1',
        port: 0,
        perSource: { connections: 1000, perSecond: 10_000 },
      },
      certname,
      tls: files,
      acl: { file: join(home, 'auth.conf') },
      audit: { file: join(home, 'audit.log') },
      cm: {
        default: 'tool',
        profiles: { tool: { type: 'command', argv: [tool.file], exitCodes } },
      },
      run: { minIntervalSeconds: 0, freezeFile: join(home, 'freeze') },
      state: join(home, 'state'),
    }),
  );
  const kickd = startKickd(command, config);
  const port = await kickd.port;
  if (port === undefined) throw new Error(`no kickd:\n${kickd.said()}`);
  return { kickd, tool, port };
}

function serve(
  command: readonly string[],
  config: string,
  servingFile: string,
): Serving {
  // env -i: a test runner may put variables of its own into whatever is spawned
  const child = execa(
    '/usr/bin/env',
    [
      ...['-i', 'PATH=/usr/bin:/bin', 'HOME=/nonexistent', ...command],
      ...['serve', `--config=${config}`],
    ],
    {
      cwd: '/',
      stdin: 'ignore',
      buffer: false,
      reject: false,
      forceKillAfterDelay: false,
    },
  );
  let said = '';
  child.stdout.on('data', (part) => (said += String(part)));
  child.stderr.on('data', (part) => (said += String(part)));
  let isOver = false;
  const ended = child.then(({ exitCode, signal }) => {
    isOver = true;
    return exitCode ?? String(signal);
  });
  const isServed = (): boolean => {
    try {
      return (
        Number(readFileSync(servingFile, 'utf8').split(' ')[0]) === child.pid
      );
    } catch {
      return false;
    }
  };
  return {
    served: (async () => {
      while (!isOver && !isServed()) await sleep(5);
      return !isOver;
    })(),
    ended,
    kill: (signal) => child.kill(signal),
    said: () => said,
  };
}

function logOf(kickd: Kickd): Record<string, unknown>[] {
  return kickd
    .said()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function count(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
