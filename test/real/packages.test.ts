import { createHash } from 'node:crypto';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import {
  askAndReach,
  kick,
  mainPid,
  release,
  status,
  unitOf,
  isActive,
  untilItAnswers,
  waitEnd,
  writeSettings,
} from './lab/box-kickd.ts';
import { startBox, whyNoBox, type SystemdBox } from './lab/box.ts';
import { mustRun } from './lab/command.ts';
import {
  buildPrograms,
  debFolder,
  debNames,
  debOf,
  packDebs,
} from './lab/debs.ts';
import { stateFolder } from './lab/places.ts';

/** The packages, from the first installation to the purge, on a Debian that holds nothing else. */

const first = '0.1.0';
const second = '0.1.0-2';

const obstacle = await whyNoBox();
if (obstacle !== undefined) {
  process.stderr.write(`SKIPPED: ${obstacle}\n`);
  t.plan(0, obstacle);
} else {
  await t.test('packages', async (t) => {
    await t.test('built twice', buildsTheSame);
    await t.test('lintian', findsNoError);
    const box = await startBox();
    t.teardown(() => box.close());
    cpSync(debFolder, join(box.folder, 'debs'), { recursive: true });
    await t.test('an installation opens nothing', (t) => installs(t, box));
    await t.test('a kick heals', (t) => heals(t, box));
    await t.test('an upgrade in mid-run, under load', (t) => upgrades(t, box));
    await t.test('a removal leaves what is written', (t) => removes(t, box));
    await t.test('a purge leaves nothing', (t) => purges(t, box));
  });
}

async function buildsTheSame(t: Test): Promise<void> {
  rmSync(debFolder, { recursive: true, force: true });
  const again = join(stateFolder, 'packages-again');
  buildPrograms();
  packDebs(debFolder, { environment: { TZ: 'UTC', LC_ALL: 'C' } });
  packDebs(again, { environment: { TZ: 'Asia/Tokyo', LC_ALL: 'C.UTF-8' } });
  packDebs(debFolder, { revision: '2' });
  for (const name of debNames) {
    const sum = (dir: string, file: string): string =>
      createHash('sha256')
        .update(readFileSync(join(dir, file)))
        .digest('hex');
    const deb = debOf(name, first);
    t.equal(sum(debFolder, deb), sum(again, deb), `${deb}: the same bytes`);
    const bom = deb.replace('.deb', '.cdx.json');
    t.equal(sum(debFolder, bom), sum(again, bom), `${bom}: the same bytes`);
  }
  rmSync(again, { recursive: true });
}

async function findsNoError(t: Test): Promise<void> {
  const debs = debNames.map((name) => join(debFolder, debOf(name, first)));
  // as root lintian wants to be asked twice
  await mustRun('lintian', ['--fail-on=error', '--allow-root', ...debs]);
  t.pass('no error');
}

function install(box: SystemdBox, ...debs: string[]): Promise<string> {
  return box.must(
    ...(['env', 'DEBIAN_FRONTEND=noninteractive', 'dpkg'] as const),
    ...['--force-confold', '--install'],
    ...debs.map((deb) => `/etc/kickd/debs/${deb}`),
  );
}

async function installs(t: Test, box: SystemdBox): Promise<void> {
  await install(box, debOf('kickd', first), debOf('kicker', first));
  const units = ['kickd.socket', 'kickd', 'kickd-runner.socket', 'kickd.timer'];
  for (const unit of [...units, 'kicker'])
    t.equal(await isActive(box, unit), false, `${unit} waits for the operator`);
  t.match(await box.must('kickd', '--version'), /^kickd 0\.1\.0$/m);
  t.match(await box.must('kicker', '--version'), /^kicker 0\.1\.0$/m);
  const which = await box.run('sh', '-c', 'command -v node');
  t.not(which.exitCode, 0, 'and the host has no Node of its own');
  t.match(await box.must('id', 'kickd'), /uid=\d+\(kickd\)/);
}

async function heals(t: Test, box: SystemdBox): Promise<void> {
  const yaml = readFileSync(join(box.folder, 'kickd.yaml'), 'utf8');
  t.match(yaml, /every key may be left out/, 'a configuration to begin with');
  t.match(yaml, /^state: \/var\/lib\/kickd$/m);
  writeSettings(box);
  const own = readFileSync(join(box.folder, 'kickd.yaml'), 'utf8');
  writeFileSync(
    join(box.folder, 'kickd.yaml'),
    // a run lasts as long as an upgrade under load
    `${own.replace('timeoutSeconds: 60', 'timeoutSeconds: 900')}state: /var/lib/kickd\n`,
  );
  await box.must('cp', '/etc/kickd/web.service', '/etc/systemd/system/');
  await box.must('systemctl', 'daemon-reload');
  await box.must('systemctl', 'enable', '--now', 'kickd.socket', 'kickd');
  await untilItAnswers(box);
  t.match((await status(box)).version, first);
  t.equal(await isActive(box, 'kickd.timer'), true, 'with the port');
  const run = await kick(box, 'systemctl start web; exit 2');
  t.match(run.outcome, { kind: 'corrected' });
  t.equal(await isActive(box, 'web'), true);
}

async function upgrades(t: Test, box: SystemdBox): Promise<void> {
  const settings = readFileSync(join(box.folder, 'kickd.yaml'), 'utf8');
  const run = await askAndReach(box, 'exit 2');
  const pid = await mainPid(box, 'kickd');
  const stop = join(box.folder, 'stop');
  rmSync(stop, { force: true });
  const load = box.must(
    '/checkout/node_modules/.bin/node',
    '/checkout/test/real/lab/load.ts',
    '/etc/kickd/client',
    '/etc/kickd/stop',
  );
  try {
    await install(box, debOf('kickd', second), debOf('kicker', second));
    await status(box);
  } finally {
    writeFileSync(stop, '');
  }
  const result = JSON.parse(await load) as Record<string, number>;
  t.comment(JSON.stringify(result));
  t.ok((result['answered'] ?? 0) > 10, 'there was a load');
  t.equal(result['refused'], 0, 'nobody found the port closed');
  t.equal(result['lost'], 0, 'and everybody was answered');
  t.not(await mainPid(box, 'kickd'), pid, 'another process listens');
  t.equal(await isActive(box, unitOf(run)), true, 'the run goes on');
  t.equal(readFileSync(join(box.folder, 'kickd.yaml'), 'utf8'), settings);
  release(box);
  t.match((await waitEnd(box, run)).outcome, { kind: 'corrected' });
  t.match(await box.must('kickd', 'audit', 'verify'), /./);
}

async function removes(t: Test, box: SystemdBox): Promise<void> {
  const run = await askAndReach(box, 'touch /etc/kickd/ended; exit 2');
  await startStandby(box);
  await box.must('dpkg', '--remove', 'kickd', 'kicker');
  t.equal(await isActive(box, 'kickd-standby-x'), false, 'a standby leaves');
  t.equal(await isActive(box, 'kickd.socket'), false, 'the port is closed');
  t.equal(await isActive(box, 'kickd.timer'), false, 'and stays so');
  t.equal(await isActive(box, unitOf(run)), true, 'a run in progress goes on');
  release(box);
  await box.must(
    ...(['sh', '-c'] as const),
    'until [ -e /etc/kickd/ended ]; do sleep 0.1; done',
  );
  for (const kept of [
    '/var/lib/kickd/journal.sqlite',
    '/var/log/kickd/audit.log',
    '/etc/kickd/kickd.yaml',
  ])
    t.equal((await box.run('test', '-e', kept)).exitCode, 0, `${kept} stays`);
}

/** Stands in for one that has loaded Puppet: it ends by itself when it is told to leave, in these words. */
async function startStandby(box: SystemdBox): Promise<void> {
  const socket = '/run/kickd/standby/x.sock';
  await box.must('mkdir', '-p', '/run/kickd/standby');
  await box.must(
    ...(['systemd-run', '--unit=kickd-standby-x'] as const),
    ...['/checkout/node_modules/.bin/node', '-e'],
    `require('node:net').createServer((peer) => peer.on('data', (words) => {
  if (String(words) === '{"ask":"leave"}\\n') process.exit();
})).listen('${socket}')`,
  );
  await box.must('sh', '-c', `until [ -S ${socket} ]; do sleep 0.1; done`);
}

async function purges(t: Test, box: SystemdBox): Promise<void> {
  await box.must('dpkg', '--purge', 'kickd', 'kicker');
  const left = await box.must(
    ...(['sh', '-c'] as const),
    'find / -xdev -path /proc -prune -o -path /checkout -prune -o \\( -name "kickd*" -o -name "kicker*" \\) -print',
  );
  t.same(
    left
      .split('\n')
      .filter((path) => path !== '' && !path.startsWith('/etc/kickd')),
    [],
    'no file of theirs',
  );
  t.equal((await box.run('test', '-e', '/etc/kickd/kickd.yaml')).exitCode, 1);
  t.equal(
    (await box.run('test', '-e', '/etc/kickd/auth.conf')).exitCode,
    0,
    'what the operator wrote is the operator’s',
  );
  t.match(
    (await box.run('systemctl', '--failed', '--no-legend')).output,
    /^\s*$/,
  );
}
