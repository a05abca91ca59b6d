import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { writeSsl, type Pki } from '@kickd/testkit';
import {
  configuration,
  installKickd,
  isActive,
  kick,
  kickdUnits,
  restartKickd,
  status,
  waitFor,
} from './lab/box-kickd.ts';
import { startBox, whyNoBox, type SystemdBox } from './lab/box.ts';
import { monitorHost, webHost } from './lab/places.ts';

/** A healthy host runs no process of ours: systemd holds the port, and what has to be told is told all the same. */

const dayMs = 24 * 60 * 60 * 1000;
const settings = configuration(60).replace(
  'listen: {',
  'listen: { idleExitSeconds: 1,',
);

const obstacle = await whyNoBox();
if (obstacle !== undefined) {
  process.stderr.write(`SKIPPED: ${obstacle}\n`);
  t.plan(0, obstacle);
} else {
  await t.test('a host at rest', async (t) => {
    const box = await startBox();
    t.teardown(() => box.close());
    const pki = await installKickd(box);
    writeFileSync(join(box.folder, 'kickd.yaml'), settings);
    await restartKickd(box);
    await t.test('no process of ours', (t) => runsNothing(t, box));
    await t.test('the first kick', (t) => servesFirstKick(t, box));
    await t.test('a revocation', (t) => refusesRevoked(t, box, pki));
    await t.test('a flood', (t) => startsOne(t, box));
    await t.test('it cannot start', (t) => keepsPortOpen(t, box));
    await t.test('no runner', (t) => answersWithoutRunner(t, box));
    await t.test('systemd cannot', (t) => sparesSystemd(t, box));
    await t.test('a certificate near its end', (t) => tellsDaily(t, box, pki));
    await t.test('a new certificate', (t) => judgesAtOnce(t, box, pki));
    await t.test('a closed port', (t) => staysClosed(t, box, pki));
  });
}

async function untilAtRest(box: SystemdBox): Promise<void> {
  await waitFor('the listener and the runner to leave', async () => {
    const { output } = await box.run('systemctl', 'is-active', ...kickdUnits);
    return output === 'inactive\ninactive\n' || undefined;
  });
}

function log(box: SystemdBox): Promise<string> {
  return box.must('journalctl', '--unit=kickd', '--output=cat', '--no-pager');
}

function countOf(text: string, event: string): number {
  return text.split(`"event":"${event}"`).length - 1;
}

/** how many listeners there have been */
async function starts(box: SystemdBox): Promise<number> {
  return countOf(await log(box), 'listening');
}

async function runsNothing(t: Test, box: SystemdBox): Promise<void> {
  await untilAtRest(box);
  const left = await box.run(
    'pgrep',
    '--full',
    '--list-full',
    '/usr/lib/kickd',
  );
  t.equal(left.output, '', 'no process');
  for (const unit of ['kickd.socket', 'kickd-runner.socket', 'kickd.timer'])
    t.equal(await isActive(box, unit), true, unit);
}

async function servesFirstKick(t: Test, box: SystemdBox): Promise<void> {
  await box.must('systemctl', 'stop', 'web');
  const before = await starts(box);
  const run = await kick(box, 'systemctl start web; exit 2');
  t.match(run.outcome, { kind: 'corrected', exitCode: 2 });
  t.equal(await isActive(box, 'web'), true);
  t.ok((await starts(box)) > before, 'by a new listener');
}

async function refusesRevoked(
  t: Test,
  box: SystemdBox,
  pki: Pki,
): Promise<void> {
  const leaf = pki.issue({ certname: monitorHost.name });
  const trust = { ca: pki.ca, crl: pki.crl };
  writeSsl(join(box.folder, 'other'), { ...leaf, ...trust });
  const askAsOther = () =>
    box.run(
      '/checkout/node_modules/.bin/node',
      '/checkout/test/real/lab/ask.ts',
      ...['/etc/kickd/other', 'GET', '/status'],
    );
  t.equal((await askAsOther()).exitCode, 0, 'served before');
  await untilAtRest(box);
  pki.revoke(leaf.cert);
  writeFileSync(join(box.folder, 'ssl', 'crl.pem'), pki.crl);
  const first = await askAsOther();
  t.equal(first.exitCode, 1, 'the first connection after it');
  t.match(first.output, /PEER_REVOKED/);
  t.ok(await status(box), 'the others are served');
}

/** Connections of another address that say nothing; back when all of them were open. */
async function connect(box: SystemdBox, count: number): Promise<void> {
  const script = `const { connect } = require('node:net');
const to = { host: '127.0.0.1', port: 8139, localAddress: '127.0.0.9' };
let left = ${String(count)};
for (let i = left; i > 0; i--)
  connect(to, () => --left || process.exit()).on('error', () => process.exit(1));`;
  await box.must('/usr/lib/kickd/node', '-e', script);
}

async function startsOne(t: Test, box: SystemdBox): Promise<void> {
  await untilAtRest(box);
  const before = await starts(box);
  await connect(box, 500);
  t.ok(await status(box), 'whoever comes after them is served');
  t.equal(await starts(box), before + 1, 'by the one that they started');
  await untilAtRest(box);
  t.equal(await isActive(box, 'kickd.socket'), true);
}

async function keepsPortOpen(t: Test, box: SystemdBox): Promise<void> {
  await untilAtRest(box);
  const yaml = join(box.folder, 'kickd.yaml');
  writeFileSync(yaml, 'nonsense: true\n');
  const since = (await box.must('date', '+@%s')).trim();
  await connect(box, 500);
  const times = await waitFor('some that fail', async () => {
    const found = await startTimes(box, since);
    return found.length > 3 ? found : undefined;
  });
  const tooSoon = times.slice(1).filter((time, at) => time - times[at]! < 1e6);
  t.same(tooSoon, [], 'one a second at most, however many ask');
  t.equal(await isActive(box, 'kickd.socket'), true);
  writeFileSync(yaml, settings);
  t.ok(await status(box), 'put right, it serves without a word of systemctl');
}

/** when systemd started listeners, in microseconds */
async function startTimes(box: SystemdBox, since: string): Promise<number[]> {
  const text = await box.must(
    ...(['journalctl', '--output=json', '--no-pager'] as const),
    ...[`--since=${since}`, 'UNIT=kickd.service'],
  );
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, string>)
    .filter(({ MESSAGE = '' }) => MESSAGE.startsWith('Started '))
    .map(({ __MONOTONIC_TIMESTAMP: time }) => Number(time));
}

/** The socket of the runner cannot be made, and the listener is asked. */
async function answersWithoutRunner(t: Test, box: SystemdBox): Promise<void> {
  await untilAtRest(box);
  await breakRunnerSocket(box);
  await t.rejects(status(box), /RUNNER_UNAVAILABLE/, 'it says what is wrong');
  t.equal(await isActive(box, 'kickd.socket'), true);
  await mendRunnerSocket(box);
  t.ok(await status(box));
}

/** systemd cannot even try to start the listener: whoever asked still waits, so it would try again at once, for ever. */
async function sparesSystemd(t: Test, box: SystemdBox): Promise<void> {
  await untilAtRest(box);
  const since = (await box.must('date', '+@%s')).trim();
  await dropIn(box, 'kickd.service', '[Unit]\\nRequires=kickd-runner.socket');
  await breakRunnerSocket(box);
  await connect(box, 5);
  await waitFor('systemd to give up', async () =>
    (await box.run('systemctl', 'is-failed', 'kickd.socket')).exitCode === 0
      ? true
      : undefined,
  );
  const said = await box.must('journalctl', `--since=${since}`, '--output=cat');
  const tries = said.split('Dependency failed for kickd.service').length - 1;
  t.ok(tries > 0 && tries <= 201, `${String(tries)} tries`);
  await box.must('rm', '-r', '/run/systemd/system/kickd.service.d');
  await mendRunnerSocket(box);
  // what kickd.timer does
  await box.must('systemctl', 'start', 'kickd.service');
  t.equal(await isActive(box, 'kickd.socket'), true, 'the port is open again');
  t.ok(await status(box));
}

async function breakRunnerSocket(box: SystemdBox): Promise<void> {
  const text = '[Socket]\\nSocketUser=nobody-there';
  await dropIn(box, 'kickd-runner.socket', text);
  await box.run('systemctl', 'stop', 'kickd-runner.socket');
}

async function mendRunnerSocket(box: SystemdBox): Promise<void> {
  await box.must('rm', '-r', '/run/systemd/system/kickd-runner.socket.d');
  await box.must('systemctl', 'daemon-reload');
  await box.run('systemctl', 'reset-failed', 'kickd-runner.socket');
  await box.must('systemctl', 'start', 'kickd-runner.socket');
}

async function dropIn(
  box: SystemdBox,
  unit: string,
  text: string,
): Promise<void> {
  const folder = `/run/systemd/system/${unit}.d`;
  await box.must(
    ...(['sh', '-ec'] as const),
    `mkdir -p ${folder}; printf '${text}\\n' >${folder}/x.conf; systemctl daemon-reload`,
  );
}

async function tellsDaily(t: Test, box: SystemdBox, pki: Pki): Promise<void> {
  await untilAtRest(box);
  // the watch on the certificate is another matter
  await box.must('systemctl', 'stop', 'kickd-credentials.path');
  const notAfter = new Date(Date.now() + 5 * dayMs);
  giveCertificate(box, pki, { notAfter });
  const before = await log(box);
  await dropIn(
    box,
    'kickd.timer',
    '[Timer]\\nOnCalendar=\\nOnActiveSec=0\\nRandomizedDelaySec=0',
  );
  await box.must('systemctl', 'restart', 'kickd.timer');
  await waitFor('the listener to leave again', async () => {
    const leaving = countOf(await log(box), 'listener-leaves');
    return leaving > countOf(before, 'listener-leaves') || undefined;
  });
  const said = (await log(box)).slice(before.length);
  t.match(said, /"code":"CERT_EXPIRES/, 'it tells what comes to its end');
  await untilAtRest(box);
  await box.must('systemctl', 'start', 'kickd-credentials.path');
}

async function judgesAtOnce(t: Test, box: SystemdBox, pki: Pki): Promise<void> {
  await untilAtRest(box);
  const before = (await log(box)).length;
  const told = (words: RegExp) =>
    waitFor(String(words), async () =>
      words.test((await log(box)).slice(before)) ? true : undefined,
    );
  giveCertificate(box, pki, {
    notBefore: new Date(Date.now() - 2 * dayMs),
    notAfter: new Date(Date.now() - dayMs),
  });
  await told(/CERT_EXPIRED/);
  t.pass('nobody has to ask for a run to learn that it is no good');
  giveCertificate(box, pki, {});
  await told(/"event":"listener-leaves"/);
  t.ok(await status(box));
}

async function staysClosed(t: Test, box: SystemdBox, pki: Pki): Promise<void> {
  await untilAtRest(box);
  await box.must('systemctl', 'stop', 'kickd.socket');
  t.equal(await isActive(box, 'kickd.timer'), false, 'no daily start');
  const before = await starts(box);
  giveCertificate(box, pki, {});
  await waitFor('the watch to have looked', async () => {
    const result = await box.must(
      ...(['systemctl', 'show', '--property=Result', '--value'] as const),
      'kickd-credentials.service',
    );
    return result.trim() === 'exec-condition' || undefined;
  });
  t.equal(await isActive(box, 'kickd.socket'), false, 'it stays closed');
  t.equal(await starts(box), before);
}

function giveCertificate(
  { folder }: SystemdBox,
  pki: Pki,
  options: { notBefore?: Date; notAfter?: Date },
): void {
  const leaf = pki.issue({ certname: webHost.name, ...options });
  writeSsl(join(folder, 'ssl'), { ...leaf, ca: pki.ca, crl: pki.crl });
}
