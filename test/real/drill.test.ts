/**
 * `kicker drill` with the real Nagios, Puppet and Apache of Debian 12: a profile of kickd kills Apache, Nagios sees it,
 * kicker serve decides, Puppet repairs, and the drill tells how long each step took.
 */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { issueForNagios } from './lab/certs.ts';
import { auditorName, startKickd } from './lab/kickd.ts';
import { runKicker, writeKickerConfig } from './lab/kicker.ts';
import { startLab } from './lab/lab.ts';
import type { Loop } from './lab/loop.ts';
import { startNagios } from './lab/nagios.ts';
import { stateFolder, webHost } from './lab/places.ts';
import { startResident, type Resident } from './lab/resident.ts';

const service = 'HTTP';
/** The interval between two kicks of a host is the default: the kick that breaks must not count for it. */
const rules = `rules:
  - name: lab
    match: { host: '*' }
    coolDownSeconds: 0
    futility: { runs: 10, relapseSeconds: 0 }
guards:
  flapping: { low: 98, high: 99 }
drill:
  - match: { host: ${webHost.name}, service: ${service} }
    window: { days: [mon, tue, wed, thu, fri, sat, sun], from: '00:00', to: '24:00' }
    intervalSeconds: 0
`;

interface Stage extends Loop {
  resident: Resident;
  drill(...args: string[]): ReturnType<typeof runKicker>;
}

await t.test('a drill', async (t) => {
  const stage = await startStage(t);

  await t.test('whoever may heal may not break', (t) => refuses(t, stage));
  await t.test('from the breakage to green', (t) => passes(t, stage));
  await t.test('no alert: it mends what it broke', (t) => mends(t, stage));
});

async function startStage(t: Test): Promise<Stage> {
  const closers: (() => Promise<void>)[] = [];
  t.teardown(async () => {
    for (const close of closers.toReversed()) await close();
  });
  const lab = await startLab({ ca: 'own' });
  closers.push(() => lab.close());
  const kickd = await startKickd({
    agentFiles: lab.agentFiles,
    auditorFiles: await issueForNagios(auditorName),
    drill: [
      '      type: drill',
      `      argv: [${writeBreakage()}]`,
      "      exitCodes: { '0': corrected }",
      `      breaks: [${service}]`,
    ],
  });
  closers.push(() => kickd.close());
  const env = await writeKickerConfig(lab.kickerFiles, { rules });
  const nagios = await startNagios({ env });
  closers.push(() => nagios.close());
  const resident = await startResident(env.KICKER_CONFIG);
  closers.push(() => resident.close());
  await nagios.waitState('OK', { timeoutMs: 30_000, stateType: 'HARD' });
  const named = `--config=${env.KICKER_CONFIG}`;
  const drill = (...args: string[]) =>
    runKicker(['drill', webHost.name, service, named, ...args]);
  return { lab, kickd, nagios, resident, drill };
}

/** Kills the Apache of the lab and its workers, and nobody else's. */
function writeBreakage(): string {
  const file = join(stateFolder, 'break-apache');
  writeFileSync(
    file,
    `#!/bin/sh
pid=$(cat /run/apache2/apache2.pid) || exit 1
kill -STOP "$pid" && kill -KILL $(pgrep -P "$pid") "$pid"
`,
  );
  chmodSync(file, 0o755);
  return file;
}

async function refuses(t: Test, { kickd, lab }: Stage): Promise<void> {
  const because = { service, state: 'drill' };
  await t.rejects(kickd.ask({ cm: 'drill', because }), {
    message: /403 .*"ACL_DENIED"/,
  });
  t.ok(await lab.apache.isUp());
}

async function passes(
  t: Test,
  { kickd, lab, resident, drill }: Stage,
): Promise<void> {
  const fine = await drill('--dry-run');
  t.equal(fine.exitCode, 0, fine.output);
  const { exitCode, output } = await drill(
    ...['--json', '--timeout=3m', '--by=ada', '--reason=of the month'],
  );
  t.equal(exitCode, 0, output);
  const records = output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { record: string });
  t.match(records[0], { record: 'begun', certname: webHost.name });
  const report = records.at(-1) as unknown as {
    steps: { step: string; offsetSeconds: number; tookSeconds: number }[];
    seconds: number;
    kick: string;
    healedBy: string;
  };
  t.match(report, {
    record: 'report',
    result: 'passed',
    corrected: ['Service[apache2]'],
    exit: 0,
  });
  t.strictSame(
    report.steps.map(({ step }) => step),
    ['alert', 'decide', 'send', 'run', 'green'],
  );
  for (const { step, offsetSeconds, tookSeconds } of report.steps) {
    t.comment(`${step}: +${offsetSeconds} s, took ${tookSeconds} s`);
  }
  const [alert, , , , green] = report.steps;
  t.ok((alert?.offsetSeconds ?? 0) > 0, 'Nagios needs a moment to see it');
  t.equal(green?.offsetSeconds, report.seconds);
  t.ok(await lab.apache.isUp());

  const runs = await kickd.runs();
  const breaking = runs.find(({ cm }) => cm === 'drill');
  t.match(breaking, {
    outcome: { kind: 'corrected', code: 'drill' },
    kicks: [{ kick: report.kick }],
  });
  const healing = runs.filter(({ kicks }) =>
    kicks.some(({ kick }) => kick === report.healedBy),
  );
  t.match(healing, [{ cm: 'puppet-agent', outcome: { kind: 'corrected' } }]);
  t.match(
    await resident.ask('why', webHost.name, service),
    /DRILL: ada breaks this on purpose[^]*CRITICAL[^]*healed[^]*DRILL passed/,
  );
}

async function mends(
  t: Test,
  { lab, nagios, kickd, drill }: Stage,
): Promise<void> {
  await nagios.waitState('OK', { timeoutMs: 30_000, stateType: 'HARD' });
  await nagios.setHandlers(false);
  const before = (await kickd.runs()).length;
  // kicked a moment ago: by the rules an alert would have to wait, so that the drill would not begin
  const early = await drill();
  t.equal(early.exitCode, 1);
  t.match(early.output, /DRILL_NO_KICK: .*host-interval/);
  writeQuickRules();
  const { exitCode, output } = await drill('--timeout=15s');
  t.equal(exitCode, 1, output);
  t.match(output, /drill failed: no alert came within 15 s/);
  t.match(output, /fix: kicker doctor --monitor nagios/);
  t.match(output, /a run by hand was asked for, to mend it: run /);
  await lab.apache.waitUp({ timeoutMs: 60_000 });
  t.equal((await kickd.runs()).length, before + 2, 'one broke, one mended');
  await nagios.setHandlers(true);
}

/** Without the interval between two kicks of a host. */
function writeQuickRules(): void {
  writeFileSync(
    join(stateFolder, 'kicker/rules.yaml'),
    rules.replace('guards:', 'guards:\n  hostIntervalSeconds: 0'),
  );
}
