import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createPki, type KeyKind, type Pki } from '@kickd/certs-dev';
import { execa } from 'execa';

export const managedHost = 'web1.example.com';
const monitorHost = 'monitor.example.com';

/** One managed host and one monitoring host on 127.0.0.1, with certificates of their own. */
export interface Site {
  kickerConfig: string;
  /** cert.pem, key.pem, ca.pem and crl.pem of the monitoring host are here */
  monitorSsl: string;
  port: number;
  /** the process that listens */
  kickd: Kickd;
  /** the process that starts runs, where it is another */
  runner: Kickd | undefined;
  /** Resolves at the next `run-ended` that nobody has waited for yet, with its durationMs. */
  nextRunEnded(): Promise<number>;
  /** the command line of the run that was started last */
  lastCommand(): readonly string[];
  close(): Promise<void>;
}

export interface SiteOptions {
  /** an empty directory */
  dir: string;
  /** how to start kickd, e.g. `['/…/dist/bin/kickd']`; `serve --config=…` is added */
  kickd: readonly string[];
  /** start `listen` and `runner` in place of `serve` */
  isSplit?: boolean;
  key: KeyKind;
  /** the CM profile as YAML, e.g. `{type: command, argv: [/bin/true], exitCodes: {'0': unchanged}}` */
  profile: string;
  /** the puppet.conf that kickd goes by, where it is not the machine's */
  puppetConf?: string;
}

/**
 * Starts a built kickd with a throw-away PKI and writes the configuration of a kicker that may kick it.
 * @throws with kickd's own words when it ends before it listens
 */
export async function startSite(options: SiteOptions): Promise<Site> {
  const { dir, kickd: command, key, profile } = options;
  const pki = createPki({ tier: 'two', key });
  for (const host of [managedHost, monitorHost]) writeSsl(dir, pki, host);
  writeFileSync(
    join(dir, 'auth.conf'),
    `path /run\nmethod save\nallow ${monitorHost}\n`,
  );
  const kickdConfig = join(dir, 'kickd.yaml');
  writeFileSync(
    kickdConfig,
    `listen: {address: 127.0.0.1, port: 0, perSource: {connections: 10000, perSecond: 100000}}
certname: ${managedHost}
${tlsYaml(dir, managedHost)}
acl: {file: ${dir}/auth.conf}
cm: {default: site, profiles: {site: ${profile}}}
run: {minIntervalSeconds: 0, kicksPerMinute: 1000000, freezeFile: ${dir}/freeze}
state: ${dir}/state
${options.puppetConf === undefined ? '' : `puppetConf: ${options.puppetConf}\n`}`,
  );
  const errors = join(dir, 'kickd.err');
  writeFileSync(errors, '');
  const start = (...words: string[]): Kickd =>
    startKickd([...command, ...words, `--config=${kickdConfig}`], dir, errors);
  const socket = `--socket=${join(dir, 'runner.sock')}`;
  const runner = options.isSplit ? start('runner', socket) : undefined;
  const kickd = runner === undefined ? start('serve') : start('listen', socket);
  const story = followLog(kickd, errors);
  if (runner !== undefined) story.follow(runner);
  const port = await story.port;
  // The listener asks for its runner with the first request, and neither waits for the other: so the site does.
  if (runner !== undefined) await story.runnerReady;
  const kickerConfig = join(dir, 'kicker.yaml');
  writeFileSync(
    kickerConfig,
    `certname: ${monitorHost}
${tlsYaml(dir, monitorHost)}
hosts: {${managedHost}: {address: 127.0.0.1, port: ${String(port)}}}
ledger: ${dir}/ledger.sqlite
`,
  );
  return {
    kickerConfig,
    monitorSsl: join(dir, monitorHost),
    port,
    kickd,
    runner,
    nextRunEnded: () => story.nextRunEnded(),
    lastCommand: () => story.lastCommand(),
    close: async () => {
      await end(kickd);
      if (runner !== undefined) await end(runner);
    },
  };
}

/** What a program of ours gets of the environment: nothing that changes Node, trust or locale. */
export const plainEnvironment = {
  PATH: '/usr/bin:/bin',
  LANG: 'C.UTF-8',
  HOME: '/nonexistent',
};

function writeSsl(dir: string, pki: Pki, certname: string): void {
  const ssl = join(dir, certname);
  mkdirSync(ssl, { recursive: true, mode: 0o700 });
  const { cert, key } = pki.issue({ certname });
  const texts = { cert, key, ca: pki.ca, crl: pki.crl };
  for (const [name, text] of Object.entries(texts)) {
    writeFileSync(join(ssl, `${name}.pem`), text, { mode: 0o600 });
  }
}

function tlsYaml(dir: string, certname: string): string {
  const files = ['cert', 'key', 'ca', 'crl']
    .map((name) => `${name}: ${dir}/${certname}/${name}.pem`)
    .join(', ');
  return `tls: {${files}}`;
}

type Kickd = ReturnType<typeof startKickd>;

/** @param errors the file that keeps what `serve` and `runner` say on standard error */
function startKickd(
  [file = '', ...args]: readonly string[],
  dir: string,
  errors: string,
) {
  return execa(file, args, {
    cwd: dir,
    env: plainEnvironment,
    extendEnv: false,
    stdin: 'ignore',
    // the listener's standard output is kept for the audit file: its log is on standard error
    ...(args.includes('listen')
      ? ({ stdout: 'ignore' } as const)
      : { stderr: { file: errors, append: true } }),
    buffer: false,
    reject: false,
    forceKillAfterDelay: false,
  });
}

function followLog(
  kickd: Kickd,
  errors: string,
): {
  port: Promise<number>;
  runnerReady: Promise<void>;
  /** another process that tells of the same runs */
  follow(child: Kickd): void;
  nextRunEnded(): Promise<number>;
  lastCommand(): readonly string[];
} {
  const port = Promise.withResolvers<number>();
  const ready = Promise.withResolvers<void>();
  const ended: number[] = [];
  let command: readonly string[] = [];
  const waiting: ((durationMs: number) => void)[] = [];
  const rejectAtEnd = (
    child: Kickd,
    awaited: Pick<PromiseWithResolvers<unknown>, 'promise' | 'reject'>,
  ): void => {
    // where it was ready long ago nobody waits
    awaited.promise.catch(() => undefined);
    void child.then(({ exitCode, signal, code }) => {
      const how = String(exitCode ?? signal ?? code);
      const why = readFileSync(errors, 'utf8');
      awaited.reject(new Error(`kickd ended with ${how}: ${why}`));
    });
  };
  rejectAtEnd(kickd, port);
  const onLine = (line: string): void => {
    if (!line.startsWith('{')) {
      appendFileSync(errors, `${line}\n`);
      return;
    }
    // Our own program's log: its shape is told by packages/agent/src/told.ts.
    const told = JSON.parse(line) as {
      event?: string;
      port?: number;
      durationMs?: number;
      command?: string[];
    };
    if (told.event === 'listening') port.resolve(told.port ?? 0);
    if (told.event === 'runner-ready') ready.resolve();
    if (told.event === 'run-started') command = told.command ?? [];
    if (told.event !== 'run-ended') return;
    const next = waiting.shift();
    if (next === undefined) ended.push(told.durationMs ?? 0);
    else next(told.durationMs ?? 0);
  };
  const follow = (child: Kickd): void => {
    const log = child.stdout ?? child.stderr;
    if (log === null) throw new Error('kickd has no output');
    createInterface(log).on('line', onLine);
  };
  follow(kickd);
  return {
    port: port.promise,
    runnerReady: ready.promise,
    follow: (runner) => {
      rejectAtEnd(runner, ready);
      follow(runner);
    },
    lastCommand: () => command,
    nextRunEnded: () => {
      const first = ended.shift();
      if (first !== undefined) return Promise.resolve(first);
      return new Promise((resolve) => waiting.push(resolve));
    },
  };
}

async function end(child: Kickd): Promise<void> {
  child.kill('SIGTERM');
  await child;
}
