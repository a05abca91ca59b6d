import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientTlsOptions, readMaterialSync } from '@kickd/mtls';
import type { Run } from '@kickd/protocol';
import { createFakeCm, createPki, rawRequest, writeSsl } from '@kickd/testkit';
import t, { type Test } from 'tap';
import { listen } from '../../src/commands/listen.ts';
import { runRunner } from '../../src/commands/run-runner.ts';
import type { Started } from '../../src/commands/start-service.ts';
import { readRunCounts } from '../../src/io/run-counts-file.ts';
import { startRunnerProcess } from '../../src/runner-process.ts';
import { loadSettings } from '../../src/io/load-settings.ts';
import type { Narrator } from '../../src/ports.ts';
import type { Told } from '../../src/told.ts';
import { kickOf, monitor, web } from '../fixture.ts';
import { socketPath } from '../socket-path.ts';

/** A host as the two units find it. */
function createHost(t: Test, more = '') {
  const dir = t.testdir({ cm: {} });
  const cm = createFakeCm(join(dir, 'cm'));
  const pki = createPki({ tier: 'two', key: 'ec' });
  const { ca, crl } = pki;
  const own = writeSsl(join(dir, 'ssl'), {
    ...pki.issue({ certname: web }),
    ca,
    crl,
  });
  const { cert, key } = own;
  const client = writeSsl(join(dir, 'client'), {
    ...pki.issue({ certname: monitor }),
    ca,
    crl,
  });
  const configFile = join(dir, 'kickd.yaml');
  writeFileSync(join(dir, 'auth.conf'), `path /\nallow ${monitor}\n`);
  writeFileSync(
    configFile,
    `listen: {address: 127.0.0.1, port: 0}
certname: ${web}
tls: {cert: ${cert}, key: ${key}, ca: ${own.ca}, crl: ${own.crl}}
acl: {file: ${dir}/auth.conf}
cm: {default: tool, profiles: {tool: {type: command, argv: [${cm.file}], exitCodes: {'2': corrected}}}}
run: {minIntervalSeconds: 0, freezeFile: ${dir}/freeze}
state: ${dir}/state
${more}`,
  );
  return {
    dir,
    cm,
    configFile,
    tls: clientTlsOptions(readMaterialSync(client), { certname: web }),
  };
}

function narratorOf(told: Told[]): Narrator {
  return { tell: (event) => void told.push(event) };
}

async function running(t: Test, started: Promise<Started>) {
  const result = await started;
  if (result.kind === 'refused') throw new Error(result.faults[0]?.message);
  t.teardown(() => result.service.close());
  return result.service;
}

t.test('listener and runner, each by its command', async (t) => {
  const { cm, configFile, tls } = createHost(t);
  const socket = socketPath(t);
  const told: Told[] = [];
  const common = {
    configFile,
    narrator: narratorOf(told),
    environment: {},
    pid: 1,
  };
  const runner = await running(
    t,
    runRunner({ ...common, socket, leave: () => t.fail('leaves') }),
  );
  const leave = (): void => void t.fail('leaves');
  await running(t, listen({ ...common, leave, runner: socket }));
  const listening = told.find((event) => event.event === 'listening');
  t.ok(told.some((event) => event.event === 'runner-ready'));
  if (listening?.event !== 'listening') throw new Error('does not listen');
  const ask = (head: string, body = '') =>
    rawRequest(listening.port, tls, [
      `${head} HTTP/1.1\r\nHost: ${web}\r\nContent-Type: application/json\r\nContent-Length: ${String(body.length)}\r\n\r\n${body}`,
    ]);
  cm.plan('gate; exit 2');
  const reply = await ask('POST /run', JSON.stringify(kickOf(1)));
  t.equal(reply.status, 202, reply.text);
  const { run } = JSON.parse(reply.text.split('\r\n\r\n')[1] ?? '') as Run;
  while (runner.runningId === undefined)
    await new Promise((resolve) => setImmediate(resolve));
  t.equal(runner.runningId, run);
  await cm.release();
  const end = await ask(`GET /run/${run}?wait=20`);
  t.match(end.text, /"kind":"corrected"/);
});

t.test('what is wrong comes back, from either', async (t) => {
  const { dir, configFile } = createHost(t);
  const common = { narrator: narratorOf([]), environment: {}, pid: 1 };
  const leave = (): void => void t.fail('leaves');
  const missing = join(dir, 'none.yaml');
  const socket = socketPath(t);
  const refused = (started: Started): string | undefined =>
    started.kind === 'refused' ? started.faults[0]?.code : 'running';
  t.equal(
    refused(
      await listen({ ...common, leave, configFile: missing, runner: socket }),
    ),
    'CONFIG_UNREADABLE',
  );
  t.equal(
    refused(
      await runRunner({
        ...common,
        configFile: missing,
        socket,
        leave: () => {},
      }),
    ),
    'CONFIG_UNREADABLE',
  );
  const nowhere = join(dir, 'no', 'folder', 's');
  t.equal(
    refused(
      await runRunner({
        ...common,
        configFile,
        socket: nowhere,
        leave: () => {},
      }),
    ),
    'RUNNER_SOCKET',
  );
  const two = { LISTEN_PID: '1', LISTEN_FDS: '2' };
  t.equal(
    refused(
      await listen({
        ...common,
        leave,
        environment: two,
        configFile,
        runner: socket,
      }),
    ),
    'SOCKET_COUNT',
  );
  t.equal(
    refused(
      await runRunner({
        ...common,
        environment: two,
        configFile,
        socket,
        leave: () => {},
      }),
    ),
    'SOCKET_COUNT',
  );
});

t.test('a runner with nothing to do leaves, and its counts stay', async (t) => {
  const { configFile } = createHost(t);
  const loaded = await loadSettings(configFile, 'never');
  if (loaded.kind === 'faults') throw new Error(loaded.faults[0]?.message);
  const path = socketPath(t);
  const told: Told[] = [];
  const left = Promise.withResolvers<void>();
  const runner = await startRunnerProcess(loaded.settings, {
    narrator: narratorOf(told),
    fd: undefined,
    path,
    onIdle: { afterMs: 1, leave: left.resolve },
  });
  t.teardown(() => runner.close());
  await left.promise;
  t.match(told.at(-1), { event: 'runner-leaves' });
  t.equal(runner.runningId, undefined);
  t.ok(readRunCounts(`${path.slice(0, path.lastIndexOf('/'))}/counts.json`));
});
