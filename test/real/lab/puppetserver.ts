/**
 * Debian's puppetserver started by hand on 127.0.0.1:8140, with a CA made afresh.
 *
 * The package has only a systemd unit; this does what the unit does: java as user puppet,
 * umask 027, a restart file. Its configuration, CA, var, run and log folders lie in the lab's
 * folder; agents' certificates lie where Debian puts them (/var/lib/puppet/ssl).
 *
 * Two kinds of CA, since their files differ: a server that starts without one makes a single
 * self-signed CA (`own`); `puppetserver ca setup` makes root and intermediate, so that ca.pem
 * and crl.pem hold two entries each (`setup`).
 */
import {
  appendFileSync,
  chmodSync,
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { mustRun, plainEnvironment } from './command.ts';
import {
  monitorHost,
  puppetHost,
  puppetPaths,
  stateFolder,
  webHost,
} from './places.ts';
import { startProcess, type LabProcess } from './processes.ts';
import { waitFor } from './wait.ts';

export type CaKind = 'own' | 'setup';

export interface Puppetserver {
  /** starts it again after `stop()`, with the same CA; resolves when it answers */
  start(): Promise<void>;
  /** ends it and waits until it is gone: connections are refused from then on */
  stop(): Promise<void>;
  close(): Promise<void>;
}

const home = join(stateFolder, 'puppetserver');
/** JRuby and one compiler fit into this; the package's default of 1 GiB is for fleets. */
const heap = '640m';

/**
 * A running puppetserver with a fresh CA; all certificates of earlier labs are forgotten.
 * @throws Error with the end of its log when it is not ready within three minutes
 */
export async function startPuppetserver(options: {
  ca: CaKind;
  signal?: AbortSignal;
}): Promise<Puppetserver> {
  rmSync(home, { recursive: true, force: true });
  rmSync(puppetPaths.ssl, { recursive: true, force: true });
  await mustRun('install', [
    '-d',
    '-o',
    'puppet',
    '-g',
    'puppet',
    '-m',
    '0771',
    puppetPaths.ssl,
  ]);
  nameHosts();
  await writeConfiguration();
  if (options.ca === 'setup')
    await mustRun('puppetserver', [
      'ca',
      'setup',
      '--config',
      puppetPaths.config,
    ]);

  let server: LabProcess | undefined;
  const start = async (): Promise<void> => {
    const running = startProcess('puppetserver', javaCommand(), {
      env: plainEnvironment,
    });
    server = running;
    await waitFor(
      'puppetserver to be ready',
      async () => {
        if (!running.isRunning())
          throw new Error(`puppetserver ended:\n${logEnd(running.log)}`);
        return (await answersRunning()) || undefined;
      },
      {
        timeoutMs: 180_000,
        ...(options.signal && { signal: options.signal }),
        explain: () => logEnd(running.log),
      },
    );
  };
  const stop = async (): Promise<void> => {
    await server?.stop({ graceMs: 60_000 });
    server = undefined;
  };
  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return { start, stop, close: stop };
}

/** Puppet connects by name and checks that name, so the names must resolve. */
function nameHosts(): void {
  const lines = [
    [puppetHost, 'puppet'],
    [webHost, 'web1'],
    [monitorHost, 'monitor'],
  ] as const;
  const text = lines
    .map(([host, alias]) => `${host.address} ${host.name} ${alias} # kickd lab`)
    .join('\n');
  appendFileSync('/etc/hosts', `${text}\n`);
}

async function writeConfiguration(): Promise<void> {
  writeFileSync(
    puppetPaths.config,
    `[main]
server = ${puppetHost.name}
cadir = ${home}/ca
[server]
certname = ${puppetHost.name}
dns_alt_names = puppet,${puppetHost.name}
[agent]
certname = ${webHost.name}
dns_alt_names = web1,${webHost.name}
http_connect_timeout = 10s
`,
  );
  mkdirSync(home, { recursive: true });
  chmodSync(stateFolder, 0o755);
  cpSync('/etc/puppet/puppetserver/conf.d', join(home, 'conf.d'), {
    recursive: true,
  });
  writeFileSync(
    join(home, 'conf.d/webserver.conf'),
    `webserver: {
    client-auth: want
    ssl-host: ${puppetHost.address}
    ssl-port: 8140
}
`,
  );
  // Without this the CA refuses a request that carries a subjectAltName.
  writeFileSync(
    join(home, 'conf.d/ca.conf'),
    'certificate-authority: {\n    allow-subject-alt-names: true\n}\n',
  );
  // One compiler is enough for one host, and each JRuby costs seconds and 100 MiB.
  const server = readFileSync(join(home, 'conf.d/puppetserver.conf'), 'utf8');
  writeFileSync(
    join(home, 'conf.d/puppetserver.conf'),
    server
      .replace(/#?max-active-instances: \d+/, 'max-active-instances: 1')
      .replace(
        'server-var-dir: /var/lib/puppetserver',
        `server-var-dir: ${home}/var`,
      )
      .replace(
        'server-run-dir: /run/puppetserver',
        `server-run-dir: ${home}/run`,
      )
      .replace(
        'server-log-dir: /var/log/puppetserver',
        `server-log-dir: ${home}/log`,
      )
      .replace('${jruby-puppet.gem-home}', '/var/lib/puppetserver/jruby-gems'),
  );
  writeFileSync(
    join(home, 'logback.xml'),
    `<configuration>
  <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%d %-5p [%t] [%c{2}] %m%n</pattern></encoder>
  </appender>
  <root level="info"><appender-ref ref="OUT"/></root>
</configuration>
`,
  );
  writeFileSync(
    join(home, 'conf.d/global.conf'),
    `global: {\n    logging-config: ${home}/logback.xml\n}\n`,
  );
  for (const folder of ['var', 'run', 'log', 'ca'])
    mkdirSync(join(home, folder), { recursive: true });
  writeFileSync(join(home, 'run/restart'), '0');
  await mustRun('chown', ['-R', 'puppet:puppet', home]);
}

/** setpriv, not runuser: no PAM session, and the process itself becomes java. */
function javaCommand(): [string, ...string[]] {
  return [
    'sh',
    '-c',
    'umask 027; exec "$@"',
    'puppetserver',
    'setpriv',
    '--reuid=puppet',
    '--regid=puppet',
    '--init-groups',
    '--reset-env',
    '/usr/bin/java',
    `-Xms${heap}`,
    `-Xmx${heap}`,
    '-Djruby.logger.class=com.puppetlabs.jruby_utils.jruby.Slf4jLogger',
    '-Djruby.lib=/usr/share/jruby/lib',
    '-XX:+CrashOnOutOfMemoryError',
    '-jar',
    '/usr/share/puppetserver/puppetserver.jar',
    '--config',
    `${home}/conf.d`,
    '--bootstrap-config',
    '/etc/puppet/puppetserver/services.d',
    '--restart-file',
    `${home}/run/restart`,
  ];
}

/** The only address that needs no client certificate; the CA is not known to us yet, so no check of it. */
function answersRunning(): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(
      {
        host: puppetHost.address,
        port: 8140,
        path: '/status/v1/simple',
        rejectUnauthorized: false,
        agent: false,
        timeout: 2000,
      },
      (reply) => {
        let body = '';
        reply.setEncoding('utf8');
        reply.on('data', (text: string) => (body += text));
        reply.on('end', () => resolve(body.trim() === 'running'));
        reply.on('error', () => resolve(false));
      },
    );
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
    asked.end();
  });
}

function logEnd(file: string): string {
  return readFileSync(file, 'utf8').split('\n').slice(-30).join('\n');
}
