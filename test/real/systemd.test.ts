import { randomBytes } from 'node:crypto';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createUuid7, type Run, type Status } from '@kickd/protocol';
import { createPki, writeSsl } from '@kickd/testkit';
import { startBox, whyNoBox, type SystemdBox } from './lab/box.ts';
import { monitorHost, webHost } from './lab/places.ts';
import { waitFor as waitUpTo } from './lab/wait.ts';

const configuration = (
  timeoutSeconds: number,
): string => `listen: { address: 127.0.0.1, port: 8139 }
certname: ${webHost.name}
tls:
  cert: /etc/kickd/ssl/cert.pem
  key: /etc/kickd/ssl/key.pem
  ca: /etc/kickd/ssl/ca.pem
  crl: /etc/kickd/ssl/crl.pem
acl: { file: /etc/kickd/auth.conf }
cm:
  default: repair
  profiles:
    repair:
      type: command
      argv: [/etc/kickd/repair, '$HOME', '\${PATH}', '%n', '$$', 'a b', '"', '\\n', ';']
      exitCodes: { '0': unchanged, '2': corrected, '3': partly }
run: { timeoutSeconds: ${timeoutSeconds}, graceSeconds: 1, minIntervalSeconds: 0 }
`;

const acl = [
  'path /run\nmethod save, find, destroy',
  'path /status\nmethod find',
]
  .map((rule) => `${rule}\nallow ${monitorHost.name}\n`)
  .join('\n');

const status = (box: SystemdBox): Promise<Status> =>
  request<Status>(box, 'GET', '/status');

const unitOf = (run: string): string => `kickd-run-${run}.service`;
const logFile = (run: string): string => `/var/lib/kickd/runs/${run}.log`;
const logOf = async (box: SystemdBox, run: string): Promise<string> =>
  (await box.run('cat', logFile(run))).output;
const isActive = async (box: SystemdBox, unit: string): Promise<boolean> =>
  (await box.run('systemctl', 'is-active', '--quiet', unit)).exitCode === 0;
const count = async (box: SystemdBox, words: string): Promise<number> =>
  Number((await box.run('pgrep', '-c', '-f', `^${words}`)).output);

/** All units of runs that systemd still knows, failed ones too; '' when there are none. */
const unitsLeft = (box: SystemdBox): Promise<string> =>
  box.must(
    ...(['systemctl', 'list-units', '--all', '--no-legend'] as const),
    'kickd-run-*',
  );

const obstacle = await whyNoBox();
if (obstacle !== undefined) {
  process.stderr.write(`SKIPPED: ${obstacle}\n`);
  t.plan(0, obstacle);
} else {
  await t.test('runs are transient units', async (t) => {
    const box = await startBox();
    t.teardown(() => box.close());
    await installKickd(box);
    await t.test('which launcher', (t) => tellsItsLauncher(t, box));
    await t.test('a kick heals', (t) => healsAKick(t, box));
    await t.test('literal environment', (t) => seesNothingElse(t, box));
    await t.test('not started', (t) => tellsWhyNotStarted(t, box));
    await t.test('a short run', (t) => runsAShortOne(t, box));
    await t.test('a signal', (t) => tellsOfASignal(t, box));
    await t.test('a daemon of the run', (t) => leavesDaemons(t, box));
    await t.test('ended without kickd', (t) => survivesKill(t, box));
    await t.test('restarted in mid-run', (t) => survivesRestart(t, box));
    await t.test('killed, then cancelled', (t) => cancelsAdopted(t, box));
    await t.test('time-out', (t) => leavesNoSurvivor(t, box));
  });
}

async function tellsItsLauncher(t: Test, box: SystemdBox): Promise<void> {
  t.equal((await status(box)).launcher, 'unit');
  const { output } = await box.run('/usr/bin/kickd', 'check');
  t.match(output, /ok +runs: transient systemd units/);
}

async function healsAKick(t: Test, box: SystemdBox): Promise<void> {
  await box.must('systemctl', 'stop', 'web');
  const run = await kick(
    box,
    `systemctl is-active --quiet web || systemctl start web; echo out; echo err >&2; exit 2`,
  );
  t.match(run.outcome, { kind: 'corrected', exitCode: 2 });
  t.equal(await isActive(box, 'web'), true, 'and lives on in its own unit');
  t.equal(await logOf(box, run.run), 'out\nerr\n');
  const mode = ['stat', '-c', '%a', logFile(run.run)] as const;
  t.equal((await box.must(...mode)).trim(), '600');
  t.equal(await unitsLeft(box), '', 'no unit stays behind');
}

async function seesNothingElse(t: Test, box: SystemdBox): Promise<void> {
  await box.must('systemctl', 'set-environment', 'A_SECRET=canary', 'B=x y');
  const run = await kick(box, `env; printf '%s|' "$@"; pwd; umask; exit 0`);
  await box.must('systemctl', 'unset-environment', 'A_SECRET', 'B');
  const said = await logOf(box, run.run);
  const names = [...said.matchAll(/^(\w+)=/gm)].map(([, name]) => name!);
  t.same(
    names.filter((name) => !/^(PWD|SHLVL|_)$/.test(name)).toSorted(),
    [
      'INVOCATION_ID',
      'KICKD_ENVIRONMENT',
      'KICKD_NOOP',
      'KICKD_RUN',
      'KICKD_TAGS',
      'LANG',
      'HOME',
      'PATH',
      'SYSTEMD_EXEC_PID',
    ].toSorted(),
    'ours, and what systemd adds to each service',
  );
  t.match(said, `KICKD_RUN=${run.run}\n`);
  t.ok(said.includes('$HOME|${PATH}|%n|$$|a b|"|\\n|;|/\n'), said);
}

async function tellsWhyNotStarted(t: Test, box: SystemdBox): Promise<void> {
  const repair = join(box.folder, 'repair');
  writeFileSync(repair, 'no program\n');
  const noProgram = await waitEnd(box, (await ask(box)).run);
  t.match(noProgram.outcome, { kind: 'not-started', reason: /status 203/ });
  rmSync(repair);
  const missing = await waitEnd(box, (await ask(box)).run);
  t.match(missing.outcome, { kind: 'not-started', reason: /No such file/ });
  writeRepair(box);
  t.equal(await unitsLeft(box), '');
}

async function runsAShortOne(t: Test, box: SystemdBox): Promise<void> {
  for (let round = 0; round < 10; round++) {
    const run = await kick(box, 'exit 2');
    t.match(run.outcome, { kind: 'corrected', exitCode: 2 });
  }
  const unlisted = await kick(box, 'sleep 0.2; exit 203');
  t.match(unlisted.outcome, { kind: 'failed', exitCode: 203 });
}

async function tellsOfASignal(t: Test, box: SystemdBox): Promise<void> {
  const run = await kick(box, 'kill -SEGV $$');
  t.match(run.outcome, { kind: 'failed', code: 'killed', reason: /SIGSEGV/ });
}

async function leavesDaemons(t: Test, box: SystemdBox): Promise<void> {
  const run = await kick(box, 'setsid sleep 4321 & exit 2');
  t.match(run.outcome, { kind: 'corrected', exitCode: 2 });
  t.equal(await count(box, 'sleep 4321'), 1, 'a repair is not undone');
  await box.must('pkill', '-f', 'sleep 4321');
  await waitFor('systemd to forget the unit', async () =>
    (await unitsLeft(box)) === '' ? true : undefined,
  );
  t.pass('and its unit goes with the daemon');
}

async function survivesKill(t: Test, box: SystemdBox): Promise<void> {
  const run = await askAndReach(box, 'exit 2');
  await box.must('systemctl', 'kill', '--signal=KILL', 'kickd');
  await waitFor('kickd to be dead', async () =>
    (await isActive(box, 'kickd')) ? undefined : true,
  );
  t.equal(await isActive(box, unitOf(run)), true, 'the run goes on');
  release(box);
  await waitFor('the run to end', async () =>
    (await isActive(box, unitOf(run))) ? undefined : true,
  );
  // a `start` would wait for RestartSec
  await startKickd(box, 'restart');
  const ended = await waitEnd(box, run);
  t.match(ended.outcome, { kind: 'corrected', exitCode: 2 }, 'told truly');
}

async function survivesRestart(t: Test, box: SystemdBox): Promise<void> {
  const run = await askAndReach(box, 'exit 3');
  for (let round = 0; round < 3; round++) await startKickd(box, 'restart');
  t.equal((await status(box)).current?.run, run);
  release(box);
  const ended = await waitEnd(box, run);
  t.match(ended.outcome, { kind: 'partly', exitCode: 3 });
  t.equal(ended.run, run);
}

async function leavesNoSurvivor(t: Test, box: SystemdBox): Promise<void> {
  writeFileSync(join(box.folder, 'kickd.yaml'), configuration(1));
  await startKickd(box, 'restart');
  await box.must('systemctl', 'stop', 'web');
  const run = await kick(
    box,
    `trap '' TERM
systemctl start web
setsid bash -c 'trap "" TERM; (setsid sleep 9876 &) ; sleep 9876' &
(setsid env -i setsid sleep 9876 &)
sleep 9876; sleep 9876`,
  );
  t.match(run.outcome, { kind: 'timed-out', code: 'timeout' });
  t.equal(await count(box, 'sleep 9876'), 0);
  t.equal(await unitsLeft(box), '');
  t.equal(await isActive(box, 'web'), true, 'what systemctl started is not');
  const obedient = await kick(
    box,
    `setsid bash -c 'trap "" TERM; sleep 9876; sleep 9876' & trap 'exit 0' TERM; sleep 9876 & wait`,
  );
  t.match(obedient.outcome, { kind: 'timed-out' }, 'exit 0 after our TERM');
  t.equal(await count(box, 'sleep 9876'), 0);
}

async function cancelsAdopted(t: Test, box: SystemdBox): Promise<void> {
  const run = await askAndReach(
    box,
    'exit 2',
    `setsid sleep 9876 & trap '' TERM`,
  );
  await box.must('systemctl', 'kill', '--signal=KILL', 'kickd');
  await startKickd(box, 'restart');
  const cancelled = await request<Run>(box, 'DELETE', `/run/${run}`);
  t.match(cancelled.outcome, { kind: 'cancelled' });
  t.equal(await count(box, 'sleep 9876'), 0);
  t.equal(await unitsLeft(box), '');
}

/** The unit of deploy/ and the checkout's kickd, with a `command` profile. */
async function installKickd(box: SystemdBox): Promise<void> {
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
  const system = '/etc/systemd/system';
  await box.must(
    'ln',
    '-s',
    '/checkout/packages/agent/bin/kickd',
    '/usr/bin/kickd',
  );
  await box.must('cp', '/checkout/deploy/systemd/kickd.service', system);
  await box.must('cp', '/etc/kickd/web.service', system);
  await box.must('systemctl', 'daemon-reload');
  await startKickd(box, 'start');
}

function writeRepair(box: SystemdBox): void {
  const repair = join(box.folder, 'repair');
  writeFileSync(repair, '#!/bin/bash\n. /etc/kickd/plan\n');
  chmodSync(repair, 0o755);
}

/** `start` or `restart`, and back when it answers. */
async function startKickd(box: SystemdBox, verb: string): Promise<void> {
  await box.must('systemctl', verb, 'kickd');
  try {
    await waitFor('kickd to answer', () => status(box).catch(() => undefined));
  } catch (cause) {
    const said = await box.must('journalctl', '--unit=kickd', '--output=cat');
    throw new Error(`kickd does not answer:\n${said}`, { cause });
  }
}

async function kick(box: SystemdBox, plan: string): Promise<Run> {
  writeFileSync(join(box.folder, 'plan'), plan);
  return waitEnd(box, (await ask(box)).run);
}

/** A run that says that it is there, and then waits for `release`. */
async function askAndReach(
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

function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined>,
): Promise<T> {
  return waitUpTo(what, probe, { timeoutMs: 30_000 });
}

function release(box: SystemdBox): void {
  writeFileSync(join(box.folder, 'go'), '');
}

function ask(box: SystemdBox): Promise<Run> {
  const body = {
    kick: createUuid7(Date.now(), randomBytes(10)),
    certname: webHost.name,
  };
  return request<Run>(box, 'POST', '/run', JSON.stringify(body));
}

async function waitEnd(box: SystemdBox, id: string): Promise<Run> {
  for (;;) {
    const run = await request<Run>(box, 'GET', `/run/${id}?wait=30`);
    if (run.state === 'ended') return run;
  }
}

async function request<T>(
  box: SystemdBox,
  method: string,
  path: string,
  ...body: string[]
): Promise<T> {
  const node = [
    '/checkout/node_modules/.bin/node',
    '/checkout/test/real/lab/ask.ts',
  ] as const;
  const reply = await box.must(
    ...node,
    '/etc/kickd/client',
    method,
    path,
    ...body,
  );
  return JSON.parse(reply) as T;
}
