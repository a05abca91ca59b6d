/**
 * A real Zabbix 6.0 on loopback: PostgreSQL, the server, and the frontend's API by `php -S`, in a folder of the test's own.
 * The web service is checked by the server itself, so no agent is needed.
 */
import {
  appendFileSync,
  chmodSync,
  cpSync,
  globSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { mustRun, plainEnvironment, runCommand } from './command.ts';
import { startProcess, type LabProcess } from './processes.ts';
import { waitFor } from './wait.ts';

const zabbixPorts = { server: 29_251, postgres: 29_252, api: 29_253 };

export interface Zabbix {
  api: string;
  call<Result = Record<string, string[]>>(
    method: string,
    params: unknown,
  ): Promise<Result>;
  restartServer(): Promise<void>;
  close(): Promise<void>;
}

/** What of Debian's packages is not here. */
export function missingZabbix(): string[] {
  const wanted = {
    '/usr/sbin/zabbix_server': 'zabbix-server-pgsql',
    '/usr/share/zabbix/api_jsonrpc.php': 'zabbix-frontend-php',
    '/usr/bin/php':
      'php-cli php-pgsql php-gd php-bcmath php-mbstring php-xml php-curl',
    '/usr/lib/postgresql/*/bin/postgres': 'postgresql',
  };
  return Object.entries(wanted)
    .filter(([file]) => globSync(file).length === 0)
    .map(([, name]) => name);
}

/** @param dir an empty folder */
export async function startZabbix(dir: string): Promise<Zabbix> {
  const started: LabProcess[] = [];
  const bin = globSync('/usr/lib/postgresql/*/bin').toSorted().at(-1) ?? '';
  const start = (name: string, user: string, command: string[]): LabProcess => {
    const process = startProcess(
      name,
      ['/usr/bin/setpriv', ...asUser(user), ...command],
      { env: { ...plainEnvironment, PHP_CLI_SERVER_WORKERS: '3' } },
    );
    started.push(process);
    return process;
  };
  const close = async (): Promise<void> => {
    for (const process of started.toReversed()) {
      // php -S does not take its workers with it
      const isPhp = process.log.endsWith('zabbix-api.log');
      await process.stop({ graceMs: isPhp ? 0 : 20_000 });
      await runCommand('/usr/bin/pkill', ['-KILL', '-g', String(process.pid)]);
    }
  };
  try {
    chmodSync(dir, 0o755);
    await startDatabase(dir, bin, start);
    const server = writeServerConfig(dir);
    await mustRun('/usr/bin/chown', ['-R', 'zabbix:zabbix', join(dir, 'run')]);
    const startServer = () =>
      start('zabbix-server', 'zabbix', [
        '/usr/sbin/zabbix_server',
        '-f',
        '-c',
        server,
      ]);
    let running = startServer();
    writeFrontend(dir);
    start('zabbix-api', 'zabbix', [
      ...[
        '/usr/bin/php',
        '-d',
        'max_execution_time=300',
        '-d',
        'post_max_size=16M',
      ],
      ...[
        '-d',
        'max_input_time=300',
        '-d',
        'memory_limit=256M',
        '-d',
        'date.timezone=UTC',
      ],
      ...['-S', `127.0.0.1:${String(zabbixPorts.api)}`, '-t', join(dir, 'www')],
    ]);
    const api = `http://127.0.0.1:${String(zabbixPorts.api)}`;
    let auth: string | undefined;
    const call: Zabbix['call'] = async (method, params) => {
      const reply = await fetch(`${api}/api_jsonrpc.php`, {
        method: 'POST',
        headers: { 'content-type': 'application/json-rpc' },
        body: JSON.stringify({
          jsonrpc: '2.0',
          method,
          params,
          id: 1,
          ...(auth === undefined ? {} : { auth }),
        }),
      });
      const { result, error } = (await reply.json()) as {
        result: never;
        error?: unknown;
      };
      if (error !== undefined) {
        throw new Error(`${method}: ${JSON.stringify(error)}`);
      }
      return result;
    };
    await waitFor(
      'the API of Zabbix',
      () => call('apiinfo.version', {}).catch(() => undefined),
      { timeoutMs: 60_000 },
    );
    auth = await call<string>('user.login', {
      username: 'Admin',
      password: 'zabbix',
    });
    return {
      api,
      call,
      restartServer: async () => {
        await running.stop({ signal: 'SIGKILL' });
        running = startServer();
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function asUser(user: string): string[] {
  return [`--reuid=${user}`, `--regid=${user}`, '--init-groups'];
}

async function startDatabase(
  dir: string,
  bin: string,
  start: (name: string, user: string, command: string[]) => LabProcess,
): Promise<void> {
  const data = join(dir, 'pg');
  mkdirSync(data, { mode: 0o700 });
  await mustRun('/usr/bin/chown', ['postgres:postgres', data]);
  const as = (...command: string[]) =>
    mustRun('/usr/bin/setpriv', [...asUser('postgres'), ...command]);
  await as(
    `${bin}/initdb`,
    '-D',
    data,
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--locale=C.UTF-8',
  );
  appendFileSync(
    join(data, 'postgresql.conf'),
    `listen_addresses='127.0.0.1'\nport=${String(zabbixPorts.postgres)}\nunix_socket_directories=''\nfsync=off\nsynchronous_commit=off\nmax_connections=60\n`,
  );
  start('zabbix-postgres', 'postgres', [`${bin}/postgres`, '-D', data]);
  const at = ['-h', '127.0.0.1', '-p', String(zabbixPorts.postgres)];
  await waitFor(
    'PostgreSQL',
    async () => {
      const { exitCode } = await runCommand(`${bin}/pg_isready`, ['-q', ...at]);
      return exitCode === 0 ? true : undefined;
    },
    { timeoutMs: 60_000 },
  );
  const psql = [`${bin}/psql`, '-q', ...at];
  await as(
    ...psql,
    'postgres',
    ...['-c', 'create role zabbix login'],
    ...['-c', 'create database zabbix owner zabbix'],
  );
  for (const name of ['schema', 'images', 'data', 'double']) {
    const sql = join(dir, `${name}.sql`);
    const { output } = await runCommand('/usr/bin/zcat', [
      `/usr/share/zabbix-server-pgsql/${name}.sql.gz`,
    ]);
    writeFileSync(sql, output);
    await as(
      ...psql,
      '-U',
      'zabbix',
      '-v',
      'ON_ERROR_STOP=1',
      '-f',
      sql,
      'zabbix',
    );
  }
}

function writeServerConfig(dir: string): string {
  for (const name of ['run', 'www']) mkdirSync(join(dir, name));
  const file = join(dir, 'run', 'server.conf');
  writeFileSync(
    file,
    `ListenIP=127.0.0.1
ListenPort=${String(zabbixPorts.server)}
LogFile=${dir}/run/server.log
LogFileSize=0
PidFile=${dir}/run/server.pid
SocketDir=${dir}/run
DBHost=127.0.0.1
DBPort=${String(zabbixPorts.postgres)}
DBName=zabbix
DBUser=zabbix
StartPollers=2
StartDiscoverers=0
StartAlerters=2
StartReportWriters=0
CacheSize=16M
CacheUpdateFrequency=2
HousekeepingFrequency=0
Timeout=4
FpingLocation=/bin/true
`,
  );
  return file;
}

function writeFrontend(dir: string): void {
  cpSync('/usr/share/zabbix', join(dir, 'www'), {
    recursive: true,
    dereference: true,
    // links into /etc that only root may follow
    filter: (source) => !source.endsWith('/conf/certs'),
  });
  const file = join(dir, 'www/include/classes/core/CConfigFile.php');
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace(
      /const CONFIG_FILE_PATH = .*/,
      `const CONFIG_FILE_PATH = '${dir}/zabbix.conf.php';`,
    ),
  );
  writeFileSync(
    join(dir, 'zabbix.conf.php'),
    `<?php
$DB['TYPE'] = 'POSTGRESQL'; $DB['SERVER'] = '127.0.0.1'; $DB['PORT'] = '${String(zabbixPorts.postgres)}'; $DB['DATABASE'] = 'zabbix';
$DB['USER'] = 'zabbix'; $DB['PASSWORD'] = ''; $DB['SCHEMA'] = ''; $DB['ENCRYPTION'] = false; $DB['DOUBLE_IEEE754'] = true;
$ZBX_SERVER = '127.0.0.1'; $ZBX_SERVER_PORT = '${String(zabbixPorts.server)}'; $ZBX_SERVER_NAME = 'lab'; $IMAGE_FORMAT_DEFAULT = IMAGE_FORMAT_PNG;
`,
  );
}
