import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execa, execaSync } from 'execa';
import type { Test } from 'tap';
import { openLedger } from '../src/io/sqlite-ledger.ts';
import {
  hostName,
  startFakeKickd,
  type createParties,
  type FakeKickd,
} from './fake-kickd.ts';
import { startKicker, type Ended } from './run-kicker.ts';

export const handler = fileURLToPath(
  new URL('../../../deploy/nagios/handle_puppetrun', import.meta.url),
);

/** A monitoring host: configuration, rules without delays, a ledger, a command pipe that is read. */
export interface MonitorHost {
  dir: string;
  config: string;
  rules: string;
  spool: string;
  ledger: ReturnType<typeof openLedger>;
  /** as Nagios calls it; @returns its exit code and what it said */
  event(part?: Record<string, string>): {
    status: number | undefined;
    said: string;
  };
  /** the lines that Nagios was given */
  commands(): string[];
  serve(): Promise<Serving>;
}

interface Serving {
  /** exit code and what it said, when it has ended by itself */
  ended: Promise<Ended>;
  log(): Record<string, unknown>[];
  pid: number;
  kill(signal?: NodeJS.Signals): Promise<number | undefined>;
}

/** Rules that wait for nothing; a test that wants others writes them over. */
export const quickRule = {
  name: 'all',
  match: { host: '*' },
  coolDownSeconds: 0,
  verifySeconds: 60,
  tell: { escalate: ['comment', 'command'] },
};

/**
 * @param root where it has a directory of its own
 * @param port of kickd, for hosts that `more` does not tell otherwise
 * @param more keys of kicker.yaml
 */
export function createMonitorHost(
  t: Test,
  root: string,
  {
    kicker: tls,
    port,
    more = {},
    guards = {},
  }: {
    kicker: ReturnType<typeof createParties>['kicker'];
    port: number;
    more?: object;
    guards?: object;
  },
): MonitorHost {
  const dir = mkdtempSync(join(root, 'monitor-'));
  const spool = join(dir, 'spool');
  const pipe = join(dir, 'nagios.cmd');
  execaSync('mkfifo', [pipe]);
  const config = join(dir, 'kicker.yaml');
  const rules = join(dir, 'rules.yaml');
  writeFileSync(
    rules,
    JSON.stringify({
      rules: [quickRule],
      guards: { hostIntervalSeconds: 0, ...guards },
    }),
  );
  const ledgerFile = join(dir, 'ledger.sqlite');
  writeFileSync(
    config,
    JSON.stringify({
      port,
      rules,
      tls,
      hosts: { Web1: { certname: hostName } },
      nagios: { commandFile: pipe },
      ledger: ledgerFile,
      ...more,
    }),
  );
  const fd = openSync(pipe, 'r+');
  const cat = execa('cat', {
    // execa hands on any descriptor as it is; its types name only 3 to 9
    stdio: [fd as 3, 'pipe', 'inherit'],
    buffer: false,
    reject: false,
  });
  closeSync(fd);
  t.teardown(() => cat.kill());
  let read = '';
  cat.stdout.on('data', (part) => (read += String(part)));
  const ledger = openLedger(ledgerFile, { now: () => new Date() });
  t.teardown(() => ledger.close());
  return {
    dir,
    config,
    rules,
    spool,
    ledger,
    event: (part = {}) => {
      const { exitCode, stdout, stderr } = execaSync(
        handler,
        argumentsOf(part),
        {
          env: {
            PATH: '/usr/bin:/bin',
            // Where it were called, nobody would serve.
            KICKER: '/bin/false',
            KICKER_SPOOL: spool,
          },
          extendEnv: false,
          stripFinalNewline: false,
          reject: false,
        },
      );
      return { status: exitCode, said: stdout + stderr };
    },
    commands: () => read.split('\n').slice(0, -1),
    serve: async () => {
      const { child, ended } = startKicker(['serve', `--config=${config}`]);
      let said = '';
      child.stdout.on('data', (part) => (said += String(part)));
      const kill = async (signal: NodeJS.Signals = 'SIGTERM') => {
        child.kill(signal);
        const { code, stderr } = await ended;
        t.equal(stderr, '');
        return code;
      };
      t.teardown(() => child.kill('SIGKILL'));
      const log = () =>
        said
          .split('\n')
          .slice(0, -1)
          .map((line) => JSON.parse(line) as Record<string, unknown>);
      await until(
        () =>
          existsSync(join(spool, 'serving')) ||
          child.nodeChildProcess.exitCode !== null,
      );
      return { log, kill, ended, pid: child.pid ?? 0 };
    },
  };
}

/** The macros of one event as the handler gets them: the third SOFT attempt of Web1 / HTTP. */
export function argumentsOf(part: Record<string, string> = {}): string[] {
  const macros: Record<string, string> = {
    host: 'Web1',
    address: '127.0.0.1',
    service: 'HTTP',
    state: 'CRITICAL',
    'state-type': 'SOFT',
    attempt: '3',
    'max-attempts': '4',
    'problem-id': '17',
    'last-ok': String(Math.floor(Date.now() / 1000) - 20),
    'host-state': 'UP',
    ...part,
  };
  return Object.entries(macros).map(([name, value]) => `--${name}=${value}`);
}

/** Looks until it is so; the world outside tells no event for it. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(10);
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A kickd for one test. */
export async function startHost(
  t: Test,
  files: ReturnType<typeof createParties>['host'],
  port = 0,
): Promise<FakeKickd> {
  const kickd = await startFakeKickd(files, port);
  t.teardown(() => kickd.close());
  return kickd;
}

/** The ids of all kicks that a host was asked for. */
export function kicksOf(kickd: FakeKickd): Set<string> {
  return new Set(
    kickd.seen.flatMap(({ kick }) => (kick === undefined ? [] : [kick.kick])),
  );
}

export function keyOf(host = 'Web1', id = '17', service = 'HTTP'): string {
  return JSON.stringify(['nagios', host, service, id]);
}

/** The kinds of all entries about a problem, in their order. */
export function kindsOf(
  { ledger }: Pick<MonitorHost, 'ledger'>,
  problem = keyOf(),
): string[] {
  return ledger.entriesOf({ problem }).map(({ entry }) => entry.kind);
}
