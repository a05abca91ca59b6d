import {
  accessSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPki, type Pki } from '@kickd/certs-dev';
import { execaSync, ExecaSyncError } from 'execa';
import { startProgram, type Program } from './program.ts';
import { createTimeline, type Timeline } from './timeline.ts';
import { watch } from './watcher.ts';

const web = 'web1.example.com';
const monitor = 'monitor.example.com';
const here = import.meta.dirname;
const root = join(here, '..', '..');
const giveUpMs = 60 * 1000;

/**
 * The loop of the talk on one machine, as an ordinary user: a real web service, a watcher that
 * calls kicker as Nagios does, kickd in its foreground mode, and Puppet where it is installed.
 * @returns whether the service was healed
 */
export async function runEmbeddedDemo(): Promise<boolean> {
  const dir = mkdtempSync(join(tmpdir(), 'kickd-demo-'));
  const timeline = createTimeline();
  const life = new AbortController();
  const programs: Program[] = [];
  try {
    return await runIn(dir, timeline, life, programs);
  } finally {
    life.abort();
    await Promise.all(programs.map((program) => program.end()));
    killService(dir);
    rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function runIn(
  dir: string,
  timeline: Timeline,
  life: AbortController,
  programs: Program[],
): Promise<boolean> {
  const puppet = ['/opt/puppetlabs/bin/puppet', '/usr/bin/puppet'].find(
    isExecutable,
  );
  const pki = createPki({ tier: 'two', key: 'ec' });
  const webPort = await freePort();
  writeService(dir, webPort);
  writeHost(dir, pki, web);
  writeHost(dir, pki, monitor);
  timeline.say(
    'dim',
    'pki',
    'root, intermediate and two certificates, made now',
  );

  execService(dir);
  timeline.say(
    'dim',
    'service',
    `a web server on 127.0.0.1 port ${String(webPort)}`,
  );
  const kickdConfig = writeKickdConfig(dir, puppet);
  const standby = join(dir, 'kickd/standby');
  const start = (name: string, ...args: string[]): Program => {
    const file = join(root, 'node_modules/.bin', name);
    const program = startProgram({ name, file }, args, dir);
    programs.push(program);
    return program;
  };
  const kickd = start('kickd', 'foreground', `--config=${kickdConfig}`);
  const kickdPort = await followKickd(kickd, timeline);
  const tool =
    puppet === undefined
      ? 'the command profile (no puppet here)'
      : 'puppet apply';
  timeline.say(
    'dim',
    'kickd',
    `foreground, port ${String(kickdPort)}, runs ${tool}`,
  );

  const coldSeconds = puppet === undefined ? undefined : timeCold(puppet, dir);
  if (puppet !== undefined) {
    const isReady = await waitForStandby(standby);
    timeline.say(
      'dim',
      'standby',
      isReady
        ? 'a Puppet has loaded its code and the policy, and waits'
        : 'none has loaded in time: the run will be cold',
    );
  }

  const config = writeKickerConfig(dir, kickdPort);
  execaSync('mkfifo', [join(dir, 'nagios.cmd')]);
  const kicker = start('kicker', 'serve', `--config=${config}`);
  await followKicker(kicker, timeline, () => {
    kickedAt = timeline.seconds();
  });
  timeline.say('dim', 'kicker', 'serves the spool of the event handler');
  const healed = Promise.withResolvers<boolean>();
  let isBroken = false;
  let kickedAt = 0;
  const watching = watch({
    port: webPort,
    host: web,
    service: 'http',
    handler: join(root, 'deploy/nagios/handle_puppetrun'),
    handlerEnv: {
      ...kicker.env,
      KICKER: join(root, 'node_modules/.bin/kicker'),
      KICKER_CONFIG: config,
      KICKER_SPOOL: join(dir, 'spool'),
    },
    commandFile: join(dir, 'nagios.cmd'),
    signal: life.signal,
    onState: ({ state, type, attempt }) => {
      if (state === 'OK') {
        timeline.say(
          'green',
          'recovered',
          'the watcher sees the service again',
        );
        healed.resolve(isBroken);
      } else
        timeline.say('red', 'seen', `${state} ${type} ${String(attempt)} of 4`);
    },
    onHandlerFailed: (said) => {
      timeline.say('yellow', 'handler', said.split('\n').join(' | '));
    },
    onForcedCheck: () => {
      timeline.say('cyan', 'recheck', 'kicker asks the watcher to look now');
    },
  });
  timeline.start();
  timeline.say(
    'red',
    'crash',
    `kill -9 ${readFileSync(join(dir, 'web.pid'), 'utf8').trim()}`,
  );
  isBroken = true;
  killService(dir);
  const limit = setTimeout(() => {
    healed.resolve(false);
  }, giveUpMs);
  const isHealed = await healed.promise;
  clearTimeout(limit);
  const endedAt = timeline.seconds();
  life.abort();
  await watching;
  if (!isHealed) tellFailure(dir);
  process.stdout.write(
    isHealed
      ? `${wordsOf(kickedAt, endedAt, coldSeconds)}\n`
      : `not healed in ${endedAt.toFixed(1)} s\n`,
  );
  return isHealed;
}

/** The watcher's own patience, three attempts, comes before the kick, whatever heals. */
function wordsOf(
  kickedAt: number,
  endedAt: number,
  coldSeconds: number | undefined,
): string {
  const patience = `after ${kickedAt.toFixed(1)} s in which the watcher made sure`;
  const cold =
    coldSeconds === undefined
      ? ''
      : ` (cold would take about ${String(Math.max(1, Math.round(coldSeconds)))} s)`;
  return `healed in ${(endedAt - kickedAt).toFixed(1)} s${cold}, ${patience}`;
}

/** How long an ordinary run of the policy takes here, with nothing changed. */
function timeCold(puppet: string, dir: string): number {
  const startedMs = performance.now();
  execaSync(puppet, ['apply', '--noop', join(dir, 'site.pp')]);
  return (performance.now() - startedMs) / 1000;
}

/** @returns whether one has loaded: then its socket is there */
async function waitForStandby(dir: string): Promise<boolean> {
  for (const untilMs = performance.now() + giveUpMs; ;) {
    const names = existsSync(dir) ? readdirSync(dir) : [];
    if (names.some((name) => name.endsWith('.sock'))) return true;
    if (performance.now() > untilMs) return false;
    await sleep(100);
  }
}

function writeHost(dir: string, pki: Pki, certname: string): void {
  const ssl = join(dir, certname);
  mkdirSync(ssl, { mode: 0o700 });
  const { cert, key } = pki.issue({ certname });
  const write = (name: string, text: string): void => {
    writeFileSync(join(ssl, `${name}.pem`), text, { mode: 0o600 });
  };
  write('cert', cert);
  write('key', key);
  write('ca', pki.ca);
  write('crl', pki.crl);
}

function writeService(dir: string, port: number): void {
  cpSync(join(here, 'web-service.ts'), join(dir, 'web-service.ts'));
  cpSync(join(here, 'webctl'), join(dir, 'webctl'));
  writeFileSync(join(dir, 'web.conf'), `${process.execPath} ${String(port)}\n`);
}

function writeKickdConfig(dir: string, puppet: string | undefined): string {
  writeFileSync(
    join(dir, 'auth.conf'),
    `path /run\nmethod save\nallow ${monitor}\n`,
  );
  // The talk's policy: the service runs. Only how to start it differs from class httpd.
  writeFileSync(
    join(dir, 'site.pp'),
    `service { 'web':
  ensure   => running,
  provider => 'base',
  start    => '${dir}/webctl start ${dir}; true',
  status   => '${dir}/webctl status ${dir}',
}
`,
  );
  const profile =
    puppet === undefined
      ? `{type: command, argv: [${dir}/webctl, start, ${dir}], exitCodes: {'0': unchanged, '2': corrected}}`
      : `{type: puppet-apply, binary: ${puppet}, manifest: ${dir}/site.pp, standby: true, services: {http: ['Service[web]']}}`;
  const file = join(dir, 'kickd.yaml');
  writeFileSync(
    file,
    `listen: {address: 127.0.0.1, port: 0}
certname: ${web}
${tlsYaml(dir, web)}
acl: {file: ${dir}/auth.conf}
cm: {default: web, profiles: {web: ${profile}}}
state: ${dir}/kickd
`,
  );
  return file;
}

function writeKickerConfig(dir: string, port: number): string {
  const file = join(dir, 'kicker.yaml');
  writeFileSync(
    file,
    `certname: ${monitor}
${tlsYaml(dir, monitor)}
hosts: {${web}: {address: 127.0.0.1, port: ${String(port)}}}
nagios: {commandFile: ${dir}/nagios.cmd}
ledger: ${dir}/ledger.sqlite
spool: ${dir}/spool
`,
  );
  return file;
}

function tlsYaml(dir: string, certname: string): string {
  const files = ['cert', 'key', 'ca', 'crl']
    .map((name) => `${name}: ${dir}/${certname}/${name}.pem`)
    .join(', ');
  return `tls: {${files}}`;
}

/** Resolves with kickd's port; afterwards tells the runs in the timeline. */
function followKickd(kickd: Program, timeline: Timeline): Promise<number> {
  return kickd.follow((line) => {
    const port = /listens on .* port (\d+)/.exec(line)?.[1];
    const text = line.replace(/^\S+ \S+ /, '');
    if (/^kick /.test(text)) timeline.say('cyan', 'kicked', text);
    if (/^run \S+ (started|begins)/.test(text))
      timeline.say('cyan', 'run', text);
    if (/^run \S+ has healed/.test(text)) timeline.say('green', 'healed', text);
    if (/^run \S+: /.test(text)) timeline.say('green', 'corrected', text);
    return port === undefined ? undefined : Number(port);
  });
}

/** Resolves when kicker serves; afterwards tells its decisions in the timeline. */
function followKicker(
  kicker: Program,
  timeline: Timeline,
  onKick: () => void,
): Promise<true> {
  return kicker.follow((line) => {
    // one JSON object a line, as kicker's log is documented
    const { event, decision, code, reasons } = JSON.parse(line) as {
      event: string;
      decision?: string;
      code?: string;
      reasons?: string[];
    };
    if (event === 'decided') {
      if (decision === 'kick') onKick();
      const what = [decision, code].filter((word) => word !== undefined);
      const why = (reasons ?? []).join('; ');
      timeline.say('yellow', 'decided', `${what.join(' ')}: ${why}`);
    }
    return event === 'serving' ? true : undefined;
  });
}

function execService(dir: string): void {
  try {
    execaSync(join(dir, 'webctl'), ['start', dir]);
  } catch (error) {
    // 2: it was down and has been started
    if (!(error instanceof ExecaSyncError && error.exitCode === 2)) throw error;
  }
}

function killService(dir: string): void {
  try {
    process.kill(Number(readFileSync(join(dir, 'web.pid'), 'utf8')), 'SIGKILL');
  } catch {
    // not there, or gone already
  }
}

function tellFailure(dir: string): void {
  for (const name of ['kickd.err', 'kicker.err', 'web.log']) {
    try {
      const text = readFileSync(join(dir, name), 'utf8');
      process.stdout.write(`--- ${name}\n${text}\n`);
    } catch {
      // nothing was written
    }
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === 'object' && address ? address.port : 0);
      });
    });
  });
}
