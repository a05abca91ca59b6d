import { randomBytes } from 'node:crypto';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createUuid7, type Kick, type Run, type Status } from '@kickd/protocol';
import { createPki, writeSsl, type Pki } from '@kickd/testkit';
import { buildKickd } from '../../crash/kickd.ts';
import type { SystemdBox } from './box.ts';
import { monitorHost, webHost } from './places.ts';
import { waitFor as waitUpTo } from './wait.ts';

/** kickd as it is shipped, in a box: two units, each under its own name, and a tool that does as told. */
export const kickdUnits = ['kickd', 'kickd-runner'] as const;

const shipped = [
  'kickd.socket',
  'kickd.service',
  'kickd-runner.socket',
  'kickd-runner.service',
  'kickd-credentials.path',
  'kickd-credentials.service',
  'kickd.timer',
];

export const configuration = (
  timeoutSeconds: number,
  minIntervalSeconds = 0,
): string => `certname: ${webHost.name}
tls:
  ca: /etc/kickd/ssl/ca.pem
  crl: /etc/kickd/ssl/crl.pem
acl: { file: /etc/kickd/auth.conf }
listen: { perSource: { connections: 200, perSecond: 2000 } }
cm:
  default: repair
  profiles:
    repair:
      type: command
      argv: [/etc/kickd/repair, '$HOME', '\${PATH}', '%n', '$$', 'a b', '"', '\\n', ';']
      exitCodes: { '0': unchanged, '2': corrected, '3': partly }
      probes: { HTTP: { argv: [/etc/kickd/probe], timeoutSeconds: 2 } }
run:
  timeoutSeconds: ${timeoutSeconds}
  graceSeconds: 1
  minIntervalSeconds: ${minIntervalSeconds}
`;

const acl = [
  'path /run\nmethod save, find, destroy',
  'path /status\nmethod find',
  'path /runs\nmethod search',
]
  .map((rule) => `${rule}\nallow ${monitorHost.name}\n`)
  .join('\n');

export const status = (box: SystemdBox): Promise<Status> =>
  request<Status>(box, 'GET', '/status');

export const unitOf = (run: string): string => `kickd-run-${run}.service`;
export const logFile = (run: string): string =>
  `/var/lib/kickd/runs/${run}.log`;
export const logOf = async (box: SystemdBox, run: string): Promise<string> =>
  (await box.run('cat', logFile(run))).output;
export const isActive = async (
  box: SystemdBox,
  unit: string,
): Promise<boolean> =>
  (await box.run('systemctl', 'is-active', '--quiet', unit)).exitCode === 0;

export async function mainPid(box: SystemdBox, unit: string): Promise<number> {
  const show = ['show', '--property=MainPID', '--value', unit] as const;
  return Number(await box.must('systemctl', ...show));
}

/** What an operator writes: certificates, access rules, configuration, and a service that may be down. */
export function writeSettings(box: SystemdBox): Pki {
  const pki = createPki({ tier: 'two', key: 'ec' });
  const trust = { ca: pki.ca, crl: pki.crl };
  const write = (name: string, text: string): void =>
    writeFileSync(join(box.folder, name), text);
  const leaf = (certname: string) => ({ ...pki.issue({ certname }), ...trust });
  writeSsl(join(box.folder, 'ssl'), leaf(webHost.name));
  writeSsl(join(box.folder, 'client'), leaf(monitorHost.name));
  write('auth.conf', acl);
  write('kickd.yaml', configuration(60));
  write(
    'web.service',
    '[Service]\nExecStart=/bin/sleep infinity\nUnsetEnvironment=LANG\n',
  );
  writeRepair(box);
  return pki;
}

/** The units of deploy/ and a kickd built from the checkout, with a `command` profile. */
export async function installKickd(box: SystemdBox): Promise<Pki> {
  const pki = writeSettings(box);
  await buildKickd(join(box.folder, 'build'));
  const system = '/etc/systemd/system';
  const systemd = '/checkout/deploy/systemd';
  await box.must('mkdir', '-p', '/usr/lib/kickd');
  await box.must('cp', '-r', '/etc/kickd/build/.', '/usr/lib/kickd');
  const node = await box.must(
    ...(['bash', '-c'] as const),
    'echo /checkout/node_modules/node-linux-*/bin/node',
  );
  await box.must('cp', node.trim(), '/usr/lib/kickd/node');
  await box.must(
    ...(['ln', '-s'] as const),
    '/checkout/packages/agent/bin/kickd',
    '/usr/bin/kickd',
  );
  await box.must(
    'cp',
    ...shipped.map((unit) => `${systemd}/${unit}`),
    '/etc/kickd/web.service',
    system,
  );
  await box.must('systemd-sysusers', `${systemd}/kickd.sysusers`);
  await box.must('systemd-tmpfiles', '--create', `${systemd}/kickd.tmpfiles`);
  await box.must('systemctl', 'daemon-reload');
  await box.must('systemctl', 'enable', 'kickd.service');
  const start = [
    'systemctl',
    'start',
    'kickd',
    'kickd-credentials.path',
  ] as const;
  await box.must(...start);
  await untilItAnswers(box);
  return pki;
}

export function writeRepair(box: SystemdBox): void {
  const repair = join(box.folder, 'repair');
  writeFileSync(repair, '#!/bin/bash\n. /etc/kickd/plan\n');
  chmodSync(repair, 0o755);
}

/** Both halves, and back when they answer. */
export async function restartKickd(box: SystemdBox): Promise<void> {
  await box.must('systemctl', 'restart', ...kickdUnits);
  await untilItAnswers(box);
}

export async function untilItAnswers(box: SystemdBox): Promise<void> {
  try {
    await waitFor('kickd to answer', () => status(box).catch(() => undefined));
  } catch (cause) {
    const said = await box.run('journalctl', '--no-pager', '--output=cat');
    throw new Error(`kickd does not answer:\n${said.output.slice(-5000)}`, {
      cause,
    });
  }
}

export async function kick(
  box: SystemdBox,
  plan: string,
  more: Partial<Kick> = {},
): Promise<Run> {
  writeFileSync(join(box.folder, 'plan'), plan);
  return waitEnd(box, (await ask(box, more)).run);
}

/** A run that says that it is there, and then waits for `release`. */
export async function askAndReach(
  box: SystemdBox,
  then: string,
  first = '',
): Promise<string> {
  rmSync(join(box.folder, 'go'), { force: true });
  const gate = `echo reached; until [ -e /etc/kickd/go ]; do sleep 0.05; done`;
  writeFileSync(join(box.folder, 'plan'), `${first}\n${gate}\n${then}\n`);
  const { run } = await ask(box);
  await waitFor(
    'the run to begin',
    async () => (await logOf(box, run)).includes('reached') || undefined,
  );
  return run;
}

export function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined>,
): Promise<T> {
  return waitUpTo(what, probe, { timeoutMs: 60_000 });
}

export function release(box: SystemdBox): void {
  writeFileSync(join(box.folder, 'go'), '');
}

export function ask(box: SystemdBox, more: Partial<Kick> = {}): Promise<Run> {
  const body = {
    kick: createUuid7(Date.now(), randomBytes(10)),
    certname: webHost.name,
    ...more,
  };
  return request<Run>(box, 'POST', '/run', JSON.stringify(body));
}

export async function waitEnd(box: SystemdBox, id: string): Promise<Run> {
  for (;;) {
    const run = await request<Run>(box, 'GET', `/run/${id}?wait=30`);
    if (run.state === 'ended') return run;
  }
}

export async function request<T>(
  box: SystemdBox,
  method: string,
  path: string,
  ...body: string[]
): Promise<T> {
  const reply = await box.must(
    '/checkout/node_modules/.bin/node',
    '/checkout/test/real/lab/ask.ts',
    '/etc/kickd/client',
    method,
    path,
    ...body,
  );
  return JSON.parse(reply) as T;
}
