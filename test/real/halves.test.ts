import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import t, { type Test } from 'tap';
import type { Run, RunList } from '@kickd/protocol';
import { writeSsl, type Pki } from '@kickd/testkit';
import {
  askAndReach,
  configuration,
  installKickd,
  isActive,
  kick,
  kickdUnits,
  mainPid,
  release,
  request,
  restartKickd,
  status,
  unitOf,
  waitEnd,
  waitFor,
} from './lab/box-kickd.ts';
import { startBox, whyNoBox, type SystemdBox } from './lab/box.ts';
import { checkout, monitorHost, webHost } from './lab/places.ts';

/** `--restarts 500`: how often the listener is restarted under load. */
const { restarts } = parseArgs({
  options: { restarts: { type: 'string', default: '20' } },
  strict: false,
}).values;

const obstacle = await whyNoBox();
if (obstacle !== undefined) {
  process.stderr.write(`SKIPPED: ${obstacle}\n`);
  t.plan(0, obstacle);
} else {
  await t.test('two processes', async (t) => {
    const box = await startBox();
    t.teardown(() => box.close());
    const pki = await installKickd(box);
    await t.test('a kick heals', (t) => heals(t, box));
    await t.test('who runs as what', (t) => runsAsWhat(t, box));
    await t.test('no root process while idle', (t) => leavesNoRoot(t, box));
    await t.test('restarts under load', (t) => refusesNobody(t, box));
    await t.test('an upgrade in mid-run', (t) => survivesUpgrade(t, box));
    await t.test('a new certificate', (t) => takesNewKey(t, box, pki));
    await t.test('a revocation', (t) => takesRevocation(t, box, pki));
    await t.test('an intruder', (t) => stopsIntruder(t, box));
    await t.test('its own machine code', (t) => stopsNativeCode(t, box));
    await t.test('a flood of kicks', (t) => stopsFlood(t, box));
  });
}

async function heals(t: Test, box: SystemdBox): Promise<void> {
  const run = await kick(
    box,
    'systemctl start web; echo > /etc/kickd/proof; exit 2',
  );
  t.match(run.outcome, { kind: 'corrected', exitCode: 2 });
  t.equal(await isActive(box, 'web'), true);
  t.ok(readFileSync(join(box.folder, 'proof')), 'the run may write anywhere');
}

async function runsAsWhat(t: Test, box: SystemdBox): Promise<void> {
  await status(box);
  const facts = async (unit: string): Promise<string[]> => {
    const pid = await mainPid(box, unit);
    const text = await box.must('cat', `/proc/${String(pid)}/status`);
    const maps = await box.must('cat', `/proc/${String(pid)}/maps`);
    t.ok(maps.includes('node'), `the memory of ${unit} can be read`);
    t.notMatch(
      maps,
      /^\S+ .w?xp?/m,
      `${unit}: nothing writable and executable`,
    );
    return ['Uid', 'CapEff', 'CapBnd', 'NoNewPrivs', 'Seccomp'].map((name) =>
      (new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(text)?.[1] ?? '').replace(
        /^0+(?=.)/,
        '',
      ),
    );
  };
  const uid = (await box.must('id', '-u', 'kickd')).trim();
  t.same(await facts('kickd'), [uid, '0', '0', '1', '2']);
  t.same(await facts('kickd-runner'), ['0', '0', '0', '1', '2']);
  const socket = await box.must(
    'stat',
    '-c',
    '%U %a',
    '/run/kickd/runner.sock',
  );
  t.equal(socket.trim(), 'kickd 600');
}

async function leavesNoRoot(t: Test, box: SystemdBox): Promise<void> {
  await waitFor('the runner to leave', async () =>
    (await isActive(box, 'kickd-runner')) ? undefined : true,
  );
  const left = await box.run('pgrep', '--uid', '0', '--full', '/usr/lib/kickd');
  t.equal(left.output.trim(), '', 'no process of root');
  const failed = await box.run('systemctl', 'is-failed', 'kickd-runner');
  t.match(failed.output, /inactive/, 'it left of its own accord');
  t.equal((await status(box)).launcher, 'unit', 'and comes back when asked');
}

async function refusesNobody(t: Test, box: SystemdBox): Promise<void> {
  // longer than all the restarts take
  writeFileSync(join(box.folder, 'kickd.yaml'), configuration(24 * 60 * 60));
  await restartKickd(box);
  const run = await askAndReach(box, 'exit 2');
  const stop = join(box.folder, 'stop');
  rmSync(stop, { force: true });
  const load = box.must(
    '/checkout/node_modules/.bin/node',
    '/checkout/test/real/lab/load.ts',
    '/etc/kickd/client',
    '/etc/kickd/stop',
  );
  try {
    for (let round = 0; round < Number(restarts); round += 1) {
      // the runner too, every fifth time
      const units = round % 5 === 4 ? kickdUnits : ['kickd'];
      await box.must('systemctl', 'restart', ...units);
      await status(box);
    }
  } finally {
    writeFileSync(stop, '');
  }
  const result = JSON.parse(await load) as {
    asked: number;
    answered: number;
    refused: number;
    broken: number;
    lost: number;
  };
  t.comment(JSON.stringify(result));
  t.ok(result.asked > Number(restarts), 'there was a load');
  t.equal(result.refused, 0, 'nobody found the port closed');
  // a request that waits for a runner which is restarted as well is cut off after the listener's grace
  t.equal(result.lost, 0, 'and everybody was answered, if not at once');
  release(box);
  t.match((await waitEnd(box, run)).outcome, { kind: 'corrected' });
}

async function survivesUpgrade(t: Test, box: SystemdBox): Promise<void> {
  const run = await askAndReach(box, 'exit 3');
  // as a package does it: other files under the same names, then a restart of what runs
  await box.must('cp', '-r', '/etc/kickd/build', '/usr/lib/kickd.new');
  await box.must('cp', '/usr/lib/kickd/node', '/usr/lib/kickd.new/node');
  await box.must('mv', '/usr/lib/kickd', '/usr/lib/kickd.old');
  await box.must('mv', '/usr/lib/kickd.new', '/usr/lib/kickd');
  await box.must('systemctl', 'daemon-reload');
  await box.must('systemctl', 'try-restart', ...kickdUnits);
  t.equal((await status(box)).current?.run, run);
  await box.must('systemctl', 'kill', '--signal=KILL', ...kickdUnits);
  t.equal(await isActive(box, unitOf(run)), true, 'the run goes on');
  release(box);
  t.match((await waitEnd(box, run)).outcome, { kind: 'partly', exitCode: 3 });
}

async function takesNewKey(t: Test, box: SystemdBox, pki: Pki): Promise<void> {
  const serial = async (): Promise<string> =>
    (await box.must('journalctl', '--unit=kickd', '--output=cat'))
      .match(/"event":"listening"/g)
      ?.length.toString() ?? '';
  const before = await serial();
  const pid = await mainPid(box, 'kickd');
  writeSsl(join(box.folder, 'ssl'), {
    ...pki.issue({ certname: webHost.name }),
    ca: pki.ca,
    crl: pki.crl,
  });
  await waitFor('the listener to be another', async () =>
    (await mainPid(box, 'kickd')) === pid ? undefined : true,
  );
  await status(box);
  t.not(await serial(), before, 'it listens with the new pair');
}

async function takesRevocation(
  t: Test,
  box: SystemdBox,
  pki: Pki,
): Promise<void> {
  const leaf = pki.issue({ certname: monitorHost.name });
  const other = join(box.folder, 'other');
  writeSsl(other, { ...leaf, ca: pki.ca, crl: pki.crl });
  const asOther = (): Promise<boolean> =>
    box
      .run(
        '/checkout/node_modules/.bin/node',
        '/checkout/test/real/lab/ask.ts',
        '/etc/kickd/other',
        'GET',
        '/status',
      )
      .then(({ exitCode }) => exitCode === 0);
  t.equal(await asOther(), true);
  const pid = await mainPid(box, 'kickd');
  pki.revoke(leaf.cert);
  writeFileSync(join(box.folder, 'ssl', 'crl.pem'), pki.crl);
  await waitFor('the revoked one to be refused', async () =>
    (await asOther()) ? undefined : true,
  );
  t.equal(await mainPid(box, 'kickd'), pid, 'without a restart');
  t.ok(await status(box), 'the others are served');
}

async function stopsIntruder(t: Test, box: SystemdBox): Promise<void> {
  const run = await askAndReach(box, 'exit 2');
  await bundle(box, 'intruder');
  const runner = await mainPid(box, 'kickd-runner');
  const results = await takeOver(
    box,
    'INTRUDER',
    `/usr/lib/kickd/node --jitless /usr/lib/kickd/intruder.mjs ${String(runner)}`,
  );
  expectAllBlocked(t, results, 35);
  release(box);
  await waitEnd(box, run);
}

async function stopsNativeCode(t: Test, box: SystemdBox): Promise<void> {
  const { output } = await box.run('uname', '-m');
  if (output.trim() !== 'x86_64') {
    t.pass('the numbers of system calls are those of x86-64');
    return;
  }
  const listener = await mainPid(box, 'kickd');
  const results = await takeOver(
    box,
    'INTRUDER',
    `/usr/bin/perl /checkout/test/real/lab/native.pl ${String(listener)}`,
    'ExecPaths=/usr/bin/perl',
  );
  expectAllBlocked(t, results, 25);
}

function expectAllBlocked(
  t: Test,
  results: Record<string, unknown>,
  least: number,
): void {
  const tried = Object.entries(results);
  for (const [name, result] of tried) t.match(result, /^blocked: /, name);
  t.ok(tried.length >= least, `${String(tried.length)} were tried`);
}

async function stopsFlood(t: Test, box: SystemdBox): Promise<void> {
  const interval = 5;
  writeFileSync(join(box.folder, 'kickd.yaml'), configuration(60, interval));
  writeFileSync(join(box.folder, 'plan'), 'exit 0\n');
  await restartKickd(box);
  await bundle(box, 'flood');
  const startedMs = Date.now();
  const result = await takeOver(
    box,
    'FLOOD',
    '/usr/lib/kickd/node --jitless /usr/lib/kickd/flood.mjs 10000',
  );
  const seconds = (Date.now() - startedMs) / 1000;
  t.comment(JSON.stringify(result), `in ${seconds.toFixed(1)} s`);
  t.match(result, { asked: 10_000, garbage: 0 });
  const { runs } = await request<RunList>(box, 'GET', '/runs');
  const starts = runs
    .flatMap((run: Run) => run.startedAt ?? [])
    .map((at) => Date.parse(at))
    .toSorted((a, b) => a - b)
    .filter((at) => at >= startedMs - 1000);
  t.ok(starts.length <= seconds / interval + 2, `${starts.length} runs`);
  for (const [index, at] of starts.entries()) {
    const before = starts[index - 1];
    if (before !== undefined)
      t.ok(at - before > interval * 1000 - 100, 'one run an interval');
  }
  t.ok(await status(box), 'it still answers');
}

/** Starts a program in the listener's place, under its very unit. @returns the JSON behind its mark */
async function takeOver(
  box: SystemdBox,
  mark: string,
  command: string,
  more = '',
): Promise<Record<string, unknown>> {
  const unit = readFileSync(
    join(checkout, 'deploy/systemd/kickd.service'),
    'utf8',
  )
    .replace(/^ExecStart=.*$/m, `ExecStart=${command}`)
    .replace(/^Restart=.*$/m, 'Restart=no')
    .replace(/^Requires=.*$/m, '')
    .replace(/^UMask=/m, `${more}\nUMask=`)
    // its log is read back, and nobody else's
    .replace(/^StandardError=.*$/m, 'StandardError=append:/run/taken-over');
  writeFileSync(join(box.folder, 'kickd-taken.service'), unit);
  await box.must('cp', '/etc/kickd/kickd-taken.service', '/run/systemd/system');
  await box.must('rm', '-f', '/run/taken-over');
  await box.must('systemctl', 'daemon-reload');
  await box.must('systemctl', 'start', 'kickd-taken');
  const said = await waitFor(`${mark} to end`, async () => {
    if (await isActive(box, 'kickd-taken')) return undefined;
    return (await box.run('cat', '/run/taken-over')).output;
  });
  const line = new RegExp(`^${mark} (.*)$`, 'm').exec(said)?.[1];
  if (line === undefined) throw new Error(`no result: ${said}`);
  return JSON.parse(line) as Record<string, unknown>;
}

/** Puts a program of the lab beside kickd: without just-in-time compilation Node reads no TypeScript. */
async function bundle(box: SystemdBox, name: string): Promise<void> {
  await build({
    entryPoints: [join(checkout, 'test/real/lab', `${name}.ts`)],
    outfile: join(box.folder, `${name}.mjs`),
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    logLevel: 'warning',
  });
  await box.must('cp', `/etc/kickd/${name}.mjs`, '/usr/lib/kickd/');
}
