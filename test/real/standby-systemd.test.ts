/** Under systemd a standby waits in a unit of its own, beyond the runner that started it, and is the run that it is handed. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Run } from '@kickd/protocol';
import {
  ask,
  configuration,
  installKickd,
  isActive,
  kickdUnits,
  status,
  waitEnd,
  waitFor,
} from './lab/box-kickd.ts';
import { startBox, whyNoBox, type SystemdBox } from './lab/box.ts';
import { waitFor as waitUpTo } from './lab/wait.ts';

const because = { monitor: 'nagios', host: 'web1', service: 'HTTP' };

const obstacle = await whyNoBox();
if (obstacle !== undefined) {
  process.stderr.write(`SKIPPED: ${obstacle}\n`);
  t.plan(0, obstacle);
} else {
  await t.test('under systemd', async (t) => {
    const box = await startBox();
    t.teardown(() => box.close());
    await installKickd(box);
    writeConfiguration(box);
    await box.must('systemctl', 'restart', ...kickdUnits);
    await t.test('a standby', (t) => standsBy(t, box));
    await t.test('a standby that is stopped by hand', (t) => stopped(t, box));
  });
}

/** The listener leaves after a second; a profile of `puppet apply` has a standby. */
function writeConfiguration(box: SystemdBox): void {
  writeFileSync(
    join(box.folder, 'site.pp'),
    `service { 'web': ensure => running }
file { '/tmp/marker': content => 'right' }
`,
  );
  writeFileSync(
    join(box.folder, 'kickd.yaml'),
    configuration(60)
      .replace('listen: { ', 'listen: { idleExitSeconds: 1, ')
      .replace(
        '  profiles:\n',
        `  profiles:
    apply:
      type: puppet-apply
      manifest: /etc/kickd/site.pp
      standby: true
      services: { HTTP: ['Service[web]'] }
`,
      ),
  );
}

/** Neither half runs; systemd holds the port. */
async function untilAtRest(box: SystemdBox): Promise<void> {
  for (const unit of kickdUnits) {
    await waitFor(`${unit} to leave`, async () =>
      (await isActive(box, unit)) ? undefined : true,
    );
  }
}

async function standbyUnits(box: SystemdBox): Promise<string[]> {
  const listed = await box.must(
    'systemctl',
    'list-units',
    '--plain',
    '--no-legend',
    '--state=active',
    'kickd-standby-*',
  );
  return listed.split('\n').flatMap((line) => line.split(' ')[0] || []);
}

/** Its socket is there once it has loaded. @returns its unit */
async function untilStandby(box: SystemdBox): Promise<string> {
  await waitUpTo(
    'a standby',
    async () =>
      (await box.run('sh', '-c', 'ls /run/kickd/standby/*.sock')).exitCode === 0
        ? true
        : undefined,
    // it is loaded at a low priority
    { timeoutMs: 180_000 },
  );
  const [unit = 'none', ...more] = await standbyUnits(box);
  if (more.length > 0)
    throw new Error(`two standbys: ${unit} ${more.join(' ')}`);
  return unit;
}

async function standsBy(t: Test, box: SystemdBox): Promise<void> {
  await status(box);
  const unit = await untilStandby(box);
  await untilAtRest(box);
  t.equal(await untilStandby(box), unit, 'it outlives the runner');
  // as the package's own launcher starts it: that of the box is the checkout's
  const checked = await box.run(
    '/usr/lib/kickd/node',
    '/usr/lib/kickd/kickd.mjs',
    'check',
  );
  t.match(checked.output, /apply: process \d+ is ready/);
  await box.must('systemctl', 'stop', 'web');
  const { run } = await ask(box, { cm: 'apply', because });
  const ended: Run = await waitEnd(box, run);
  t.match(ended.healed?.corrected, [{ resource: 'Service[web]' }]);
  t.match(ended.outcome, { kind: 'corrected', exitCode: 2, matched: true });
  t.equal(await isActive(box, 'web'), true);
  t.equal(await isActive(box, unit), false, 'its unit ended with the run');
  t.not(await untilStandby(box), unit, 'and the next one is loaded');
}

async function stopped(t: Test, box: SystemdBox): Promise<void> {
  await box.must('systemctl', 'stop', await untilStandby(box));
  await box.must('systemctl', 'stop', 'web');
  const { run } = await ask(box, { cm: 'apply', because });
  const ended = await waitEnd(box, run);
  t.equal(ended.healed, undefined);
  t.match(ended.outcome, { kind: 'corrected', matched: true }, 'a cold run');
  t.match(await untilStandby(box), /^kickd-standby-/);
}
