/**
 * A real Icinga 2 on loopback, in a folder of the test's own, with a CA of its own and the files of deploy/icinga2 as they
 * stand, but for names, places and haste. Started as Debian does it: icinga2 itself becomes the user nagios.
 */
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { findTool } from './cm-host.ts';
import { mustRun, plainEnvironment, runCommand } from './command.ts';
import { checkout } from './places.ts';
import { sendSignal, startProcess, type LabProcess } from './processes.ts';
import { waitFor } from './wait.ts';

const nodeName = 'monitor.example.com';
const port = 29_305;
const program = '/usr/sbin/icinga2';
/** who may do everything, for the test itself */
const rootPassword = 'lab';

type Fields = Record<string, unknown>;

export interface Icinga {
  readonly url: string;
  /** certificate, key and CA of the ApiUser of deploy/icinga2, readable for nagios */
  readonly files: { ca: string; cert: string; key: string };
  /** as the user who may do everything */
  ask(path: string, body?: Fields, asQuestion?: boolean): Promise<unknown>;
  /** attributes of one service, by `HOST!SERVICE` */
  service(name: string): Promise<Fields>;
  waitService(
    name: string,
    what: string,
    fits: (attrs: Fields) => boolean,
    timeoutMs?: number,
  ): Promise<Fields>;
  act(action: string, body: Fields): Promise<void>;
  modify(service: string, attrs: Fields): Promise<void>;
  /** stops it, and starts it again with what it has on disk */
  restart(): Promise<void>;
  /** writes the ApiUser anew, without these permissions, and reloads */
  withoutPermissions(missing: readonly string[]): Promise<void>;
  log(): string;
  close(): Promise<void>;
}

/** What of Debian's packages is not here. */
export function missingIcinga(): string[] {
  return Object.entries({
    [program]: 'icinga2-bin',
    '/usr/lib/nagios/plugins/check_http': 'monitoring-plugins-basic',
  })
    .filter(([file]) => findTool(file) === undefined)
    .map(([, name]) => name);
}

/**
 * @param dir an empty folder that nagios may walk into
 * @param objects of Icinga, beside those of deploy/icinga2
 * @param env of Icinga, and so of its event commands
 */
export async function startIcinga(
  dir: string,
  { objects, env }: { objects: string; env: Record<string, string> },
): Promise<Icinga> {
  for (const name of [
    'log',
    'data/certs',
    'data/api/packages',
    'data/api/zones',
    'cache',
    'spool',
    'run',
    'etc/zones.d',
    'pki',
  ]) {
    mkdirSync(join(dir, name), { recursive: true });
  }
  const places = Object.entries({
    DataDir: 'data',
    LogDir: 'log',
    CacheDir: 'cache',
    SpoolDir: 'spool',
    InitRunDir: 'run',
    ConfigDir: 'etc',
    ZonesDir: 'etc/zones.d',
  }).map(([name, folder]) => `-D${name}=${join(dir, folder)}`);
  const pki = (...args: string[]) =>
    mustRun(program, ['pki', ...args, ...places]);
  const pem = (name: string) => join(dir, 'pki', name);
  const giveToNagios = () => mustRun('chown', ['-R', 'nagios:nagios', dir]);
  // Whoever calls it, icinga2 works as nagios.
  await giveToNagios();
  await pki('new-ca');
  for (const cn of [nodeName, 'kicker.example.com']) {
    const [key, csr, cert] = ['key', 'csr', 'crt'].map((end) =>
      pem(`${cn}.${end}`),
    ) as [string, string, string];
    await pki('new-cert', '--cn', cn, '--key', key, '--csr', csr);
    await pki('sign-csr', '--csr', csr, '--cert', cert);
  }
  const ca = join(dir, 'data/ca/ca.crt');
  cpSync(ca, join(dir, 'data/certs/ca.crt'));
  cpSync(ca, pem('ca.crt'));
  for (const end of ['crt', 'key']) {
    cpSync(
      pem(`${nodeName}.${end}`),
      join(dir, 'data/certs', `${nodeName}.${end}`),
    );
  }
  const handler = join(dir, 'handle_puppetrun');
  cpSync(join(checkout, 'deploy/nagios/handle_puppetrun'), handler);
  chmodSync(handler, 0o755);
  const deployed = (name: string): string =>
    readFileSync(join(checkout, 'deploy/icinga2', name), 'utf8');
  const writeUser = (missing: readonly string[]): void => {
    const text = missing.reduce((before, one) => {
      const line = new RegExp(`^ *"${one}",?\n`, 'm');
      if (!line.test(before)) throw new Error(`no permission ${one}`);
      return before.replace(line, '');
    }, deployed('kicker-user.conf'));
    writeFileSync(join(dir, 'etc/kicker-user.conf'), text);
  };
  writeUser([]);
  writeFileSync(
    join(dir, 'etc/kicker-command.conf'),
    deployed('kicker-command.conf'),
  );
  writeFileSync(
    join(dir, 'etc/kicker-services.conf'),
    deployed('kicker-services.conf')
      .replace('check_interval = 5m', 'check_interval = 5s')
      .replace('retry_interval = 1m', 'retry_interval = 1s'),
  );
  const config = join(dir, 'etc/icinga2.conf');
  writeFileSync(config, mainConfiguration(handler) + objects);
  await giveToNagios();
  const daemon = ['daemon', '-c', config, ...places];
  const checked = await runCommand(program, [...daemon, '-C']);
  if (checked.exitCode !== 0) throw new Error(checked.output);

  const ask: Icinga['ask'] = async (path, body, asQuestion = false) => {
    const { status, text } = await askText(
      readFileSync(ca, 'utf8'),
      path,
      body,
      asQuestion,
    );
    if (status < 200 || status > 299) {
      throw new Error(`${path}: ${String(status)} ${text}`);
    }
    return JSON.parse(text) as unknown;
  };
  const start = async (): Promise<LabProcess> => {
    const process = startProcess('icinga2', [program, ...daemon], {
      env: { ...plainEnvironment, ...env },
    });
    await waitFor(
      'Icinga to answer',
      async () => {
        if (!process.isRunning()) {
          throw new Error(
            `icinga2 ended:\n${readFileSync(process.log, 'utf8')}`,
          );
        }
        return ask('/v1/status/IcingaApplication').then(
          (reply) =>
            /"program_start":[1-9]/.test(JSON.stringify(reply)) || undefined,
          () => undefined,
        );
      },
      { timeoutMs: 60_000, explain: () => readFileSync(process.log, 'utf8') },
    );
    return process;
  };
  let running = await start();
  const logFile = join(dir, 'log/icinga2.log');
  const service: Icinga['service'] = async (name) => {
    const reply = (await ask(
      '/v1/objects/services',
      { service: name },
      true,
    )) as {
      results: { attrs: Fields }[];
    };
    return reply.results[0]?.attrs ?? {};
  };
  return {
    url: `https://127.0.0.1:${String(port)}`,
    files: {
      ca: pem('ca.crt'),
      cert: pem('kicker.example.com.crt'),
      key: pem('kicker.example.com.key'),
    },
    ask,
    service,
    waitService: (name, what, fits, timeoutMs = 60_000) =>
      waitFor(
        `Icinga to show ${name} ${what}`,
        async () => {
          // It may be just about to start.
          const attrs = await service(name).catch(() => undefined);
          return attrs !== undefined && fits(attrs) ? attrs : undefined;
        },
        {
          timeoutMs,
          explain: () => readFileSync(logFile, 'utf8').slice(-4000),
        },
      ),
    act: async (action, body) =>
      void (await ask(`/v1/actions/${action}`, body)),
    modify: async (name, attrs) =>
      void (await ask(`/v1/objects/services/${encodeURIComponent(name)}`, {
        attrs,
      })),
    restart: async () => {
      await running.stop();
      running = await start();
    },
    withoutPermissions: async (missing) => {
      writeUser(missing);
      const before = programStart(await ask('/v1/status/IcingaApplication'));
      sendSignal(running.pid, 'SIGHUP');
      await waitFor(
        'Icinga to have reloaded',
        () =>
          ask('/v1/status/IcingaApplication').then(
            (reply) => {
              const now = programStart(reply);
              return (now !== 0 && now !== before) || undefined;
            },
            () => undefined,
          ),
        { timeoutMs: 60_000 },
      );
    },
    log: () => readFileSync(logFile, 'utf8'),
    close: () => running.stop(),
  };
}

function programStart(reply: unknown): number {
  return Number(/"program_start":([\d.]+)/.exec(JSON.stringify(reply))?.[1]);
}

function mainConfiguration(handler: string): string {
  return `const NodeName = "${nodeName}"
const ZoneName = "master"
const PluginDir = "/usr/lib/nagios/plugins"
globals.KickerHandler = "${handler}"
include <itl>
include <plugins>
object Endpoint "${nodeName}" { host = "127.0.0.1", port = "${String(port)}" }
object Zone "master" { endpoints = [ "${nodeName}" ] }
object CheckerComponent "checker" {}
object NotificationComponent "notification" {}
object FileLogger "mainlog" { path = LogDir + "/icinga2.log", severity = "notice" }
object ApiListener "api" { bind_host = "127.0.0.1", bind_port = ${String(port)} }
object ApiUser "root" { password = "${rootPassword}", permissions = [ "*" ] }
include "kicker-*.conf"
`;
}

function askText(
  ca: string,
  path: string,
  body: Fields | undefined,
  asQuestion: boolean,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port,
        servername: nodeName,
        ca,
        method: body === undefined ? 'GET' : 'POST',
        path,
        auth: `root:${rootPassword}`,
        agent: false,
        timeout: 10_000,
        headers: {
          accept: 'application/json',
          ...(asQuestion ? { 'x-http-method-override': 'GET' } : {}),
        },
      },
      (reply) => {
        let text = '';
        reply.setEncoding('utf8');
        reply.on('data', (part: string) => (text += part));
        reply.on('error', reject);
        reply.on('end', () => resolve({ status: reply.statusCode ?? 0, text }));
      },
    );
    asked.on('timeout', () => asked.destroy(new Error('no answer')));
    asked.on('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
