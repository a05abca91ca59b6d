/**
 * One managed host for the test of a CM profile: a real kickd (`kickd serve`, mutual TLS, a
 * throw-away PKI) on 127.0.0.1, and a real web service that can be crashed.
 *
 * The service and the way it is started are those of the demo: `webctl start` ends with 0 when it
 * runs, with 2 when it has been started. All lies in one folder of the test's own; nothing of the
 * system is borrowed.
 */
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  constants,
  cpSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import {
  acceptOutcome,
  createUuid7,
  type Kick,
  type Run,
} from '@kickd/protocol';
import { createPki, writeSsl } from '@kickd/testkit';
import { execa } from 'execa';
import { inEnvironment, plainEnvironment, runCommand } from './command.ts';
import { checkout } from './places.ts';
import { sendSignal, startTimeOf } from './processes.ts';
import { waitFor } from './wait.ts';

const web = 'web1.example.com';
const monitor = 'monitor.example.com';

export interface CmHost {
  /** where its kickd listens, on 127.0.0.1 */
  readonly port: number;
  /** the certificate that may kick it */
  readonly client: ReturnType<typeof writeSsl>;
  /** asks for a run, as kicker does, and waits for its outcome */
  kick(
    scope?: Pick<Kick, 'tags' | 'noop' | 'environment' | 'because'>,
  ): Promise<Run>;
  /** the tool's output of a run */
  log(run: string): Promise<string>;
  /** kills the web service with -9; its pid file stays */
  crash(): Promise<void>;
  /** false: `webctl start` starts nothing, and says that all is well */
  setToolWorks(works: boolean): void;
  /** starts it, as a person would */
  start(): Promise<void>;
  isUp(): Promise<boolean>;
  close(): Promise<void>;
}

/** Where the tool is, or undefined: not installed here. */
export function findTool(file: string): string | undefined {
  try {
    accessSync(file, constants.X_OK);
    return file;
  } catch {
    return undefined;
  }
}

/** Below the ports that the system gives to whoever asks for any: after a crash nobody else answers there. */
export const webPort = 8149;

/**
 * Starts service and kickd.
 * @param dir an empty folder
 * @param profile the YAML of the one profile, in one line
 * @throws Error with kickd's output when it does not listen within 30 s
 */
export async function startCmHost(
  dir: string,
  profile: string,
): Promise<CmHost> {
  for (const name of ['web-service.ts', 'webctl']) {
    cpSync(join(checkout, 'scripts/demo', name), join(dir, name));
  }
  writeFileSync(join(dir, 'web.conf'), `${process.execPath} ${webPort}\n`);
  await runCommand(join(dir, 'webctl'), ['start', dir]);

  const pki = createPki({ tier: 'two', key: 'ec' });
  const [tls, client] = [web, monitor].map((certname) =>
    writeSsl(join(dir, certname), {
      ...pki.issue({ certname }),
      ca: pki.ca,
      crl: pki.crl,
    }),
  );
  writeFileSync(join(dir, 'auth.conf'), acl);
  const config = join(dir, 'kickd.yaml');
  writeFileSync(
    config,
    `listen: {address: 127.0.0.1, port: 0}
certname: ${web}
tls: ${JSON.stringify(tls)}
acl: {file: ${dir}/auth.conf}
cm: {default: tool, profiles: {tool: ${profile}}}
run: {minIntervalSeconds: 0, timeoutSeconds: 120, freezeFile: ${dir}/freeze}
state: ${dir}/state
`,
  );
  const logFile = join(dir, 'kickd.log');
  const output = openSync(logFile, 'w');
  const kickd = execa(
    ...inEnvironment(plainEnvironment, [
      join(checkout, 'packages/agent/bin/kickd'),
      'serve',
      '--config',
      config,
    ]),
    {
      cwd: dir,
      // execa hands on any descriptor as it is; its types name only 3 to 9
      stdio: ['ignore', output as 3, output as 3],
      reject: false,
      forceKillAfterDelay: false,
    },
  );
  let hasEnded = false;
  void kickd.then(() => (hasEnded = true));
  const close = async (): Promise<void> => {
    kickd.kill();
    await kickd;
    killService(dir);
  };
  try {
    const port = await waitForPort(() => hasEnded, logFile);
    const ask = (method: 'GET' | 'POST', path: string, body?: unknown) =>
      askText(port, client, method, path, body);
    if (client === undefined) throw new Error('no certificate');
    return {
      port,
      client,
      kick: async (scope = {}) => {
        const kick = createUuid7(Date.now(), randomBytes(10));
        const body = { kick, certname: web, ...scope };
        let run = JSON.parse(await ask('POST', '/run', body)) as Run;
        while (run.state !== 'ended') {
          run = JSON.parse(await ask('GET', `/run/${run.run}?wait=30`)) as Run;
        }
        return run;
      },
      log: (run) => ask('GET', `/run/${run}/log`),
      crash: async () => {
        const pid = killService(dir);
        await waitFor(
          'the service to be gone',
          // a zombie still answers `kill -0`, by which webctl looks whether it runs
          () => pid === undefined || startTimeOf(pid) === '' || undefined,
          { timeoutMs: 30_000 },
        );
      },
      setToolWorks: (works) => {
        const tool = join(dir, 'webctl');
        const source = join(checkout, 'scripts/demo/webctl');
        if (works) cpSync(source, tool);
        else writeFileSync(tool, '#!/bin/sh\nexit 0\n');
      },
      start: async () =>
        void (await runCommand(join(dir, 'webctl'), ['start', dir])),
      isUp: () => takesConnection(webPort),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const acl = `path /run
method save, find
allow ${monitor}

path ~ ^/run/[^/]+/log$
method find
allow ${monitor}
`;

function waitForPort(
  hasEnded: () => boolean,
  logFile: string,
): Promise<number> {
  return waitFor(
    'kickd to listen',
    () => {
      const text = readFileSync(logFile, 'utf8');
      const line = /^\{.*"event":"listening".*\}$/m.exec(text)?.[0];
      if (line !== undefined)
        return (JSON.parse(line) as { port: number }).port;
      if (hasEnded()) throw new Error(`kickd ended:\n${text}`);
      return undefined;
    },
    {
      timeoutMs: 30_000,
      watch: [logFile],
      explain: () => readFileSync(logFile, 'utf8'),
    },
  );
}

/** @returns its pid, where there is one to kill */
function killService(dir: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(dir, 'web.pid'), 'utf8'));
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    // the pid file outlives a crash, and its number may belong to another program by then
    if (!command.includes(join(dir, 'web.pid'))) return undefined;
    sendSignal(pid, 'SIGKILL');
    return pid;
  } catch {
    return undefined;
  }
}

function takesConnection(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const answer = (isUp: boolean): void => {
      socket.destroy();
      resolve(isUp);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
  });
}

function askText(
  port: number,
  files: ReturnType<typeof writeSsl> | undefined,
  method: 'GET' | 'POST',
  path: string,
  body: unknown,
): Promise<string> {
  if (files === undefined) throw new Error('the monitor has no certificate');
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port,
        servername: web,
        method,
        path,
        agent: false,
        ca: readFileSync(files.ca),
        cert: readFileSync(files.cert),
        key: readFileSync(files.key),
        headers: {
          [acceptOutcome.header]: acceptOutcome.all,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
      },
      (reply) => {
        let text = '';
        reply.setEncoding('utf8');
        reply.on('data', (part: string) => (text += part));
        reply.on('error', reject);
        reply.on('end', () => {
          if ((reply.statusCode ?? 0) < 300) resolve(text);
          else
            reject(new Error(`${method} ${path}: ${reply.statusCode} ${text}`));
        });
      },
    );
    asked.on('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
