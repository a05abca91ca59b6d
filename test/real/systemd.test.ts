import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Run } from '@kickd/protocol';
import {
  ask,
  askAndReach,
  configuration,
  installKickd,
  isActive,
  kick,
  logFile,
  logOf,
  release,
  request,
  restartKickd,
  status,
  unitOf,
  waitEnd,
  waitFor,
  writeRepair,
} from './lab/box-kickd.ts';
import { startBox, whyNoBox, type SystemdBox } from './lab/box.ts';

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
    await t.test('a probe', (t) => asksTheHost(t, box));
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

async function asksTheHost(t: Test, box: SystemdBox): Promise<void> {
  const probe = join(box.folder, 'probe');
  const askAbout = (plan: string): Promise<Run> => {
    writeFileSync(probe, `#!/bin/bash\n${plan}\n`);
    chmodSync(probe, 0o755);
    return kick(box, 'exit 2', { because: { service: 'HTTP' } });
  };
  const left = (): Promise<string> =>
    box.must(
      ...(['systemctl', 'list-units', '--all', '--no-legend'] as const),
      'kickd-probe-*',
    );
  // ask.ts does not say that it knows not-needed
  const green = await askAbout(
    `echo $(id -un) $(grep -E 'NoNewPrivs|CapBnd' /proc/self/status); exit 0`,
  );
  t.match(green.outcome, {
    kind: 'unchanged',
    code: 'not-needed',
    reason: /nobody CapBnd: 0+ NoNewPrivs: 1$/,
  });
  const red = await askAbout('setsid sleep 8765 & exit 2');
  t.match(red.outcome, { kind: 'corrected', verified: false });
  const hanging = await askAbout('setsid sleep 8765 & sleep 8765');
  t.match(hanging.outcome, { kind: 'corrected', verified: false });
  const killed = await askAbout('kill -TERM $$');
  t.match(killed.outcome, { kind: 'corrected', verified: false });
  t.equal(await count(box, 'sleep 8765'), 0, 'nothing of it is left');
  t.equal(await left(), '');
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
  await box.must('systemctl', 'kill', '--signal=KILL', 'kickd-runner');
  t.equal(await isActive(box, unitOf(run)), true, 'the run goes on');
  release(box);
  await waitFor('the run to end', async () =>
    (await isActive(box, unitOf(run))) ? undefined : true,
  );
  await restartKickd(box);
  const ended = await waitEnd(box, run);
  t.match(ended.outcome, { kind: 'corrected', exitCode: 2 }, 'told truly');
}

async function survivesRestart(t: Test, box: SystemdBox): Promise<void> {
  const run = await askAndReach(box, 'exit 3');
  for (let round = 0; round < 3; round++) await restartKickd(box);
  t.equal((await status(box)).current?.run, run);
  release(box);
  const ended = await waitEnd(box, run);
  t.match(ended.outcome, { kind: 'partly', exitCode: 3 });
  t.equal(ended.run, run);
}

async function leavesNoSurvivor(t: Test, box: SystemdBox): Promise<void> {
  writeFileSync(join(box.folder, 'kickd.yaml'), configuration(1));
  await restartKickd(box);
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
  await box.must('systemctl', 'kill', '--signal=KILL', 'kickd-runner');
  await restartKickd(box);
  const cancelled = await request<Run>(box, 'DELETE', `/run/${run}`);
  t.match(cancelled.outcome, { kind: 'cancelled' });
  t.equal(await count(box, 'sleep 9876'), 0);
  t.equal(await unitsLeft(box), '');
}
