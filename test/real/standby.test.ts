/**
 * A Puppet that was loaded ahead, on real parts: Apache is killed, a kick heals it from the catalog that this host has
 * applied last, and an ordinary run of the same process follows.
 */
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Kick, Run } from '@kickd/protocol';
import t, { type Test } from 'tap';
import { issueForNagios } from './lab/certs.ts';
import { mustRun, plainEnvironment } from './lab/command.ts';
import {
  auditorName,
  runsFolder,
  standbyFolder,
  startKickd,
  type Kickd,
} from './lab/kickd.ts';
import { startLab, type Lab } from './lab/lab.ts';
import { puppetPaths, stateFolder } from './lab/places.ts';
import { writeSite, writeSlowPolicy } from './lab/policy.ts';
import { sendSignal, startProcess, type LabProcess } from './lab/processes.ts';
import { disableAgent, enableAgent, runAgent } from './lab/puppet.ts';
import {
  askStandby,
  readyStandby,
  socketOf,
  type StandbyAnswer,
} from './lab/standby.ts';
import { waitFor } from './lab/wait.ts';

const becauseOf = (service: string): NonNullable<Kick['because']> => ({
  monitor: 'nagios',
  host: 'web1',
  service,
});
const because = becauseOf('HTTP');
const apache = 'Service[apache2]';
const store = join(puppetPaths.cache, 'state/transactionstore.yaml');
const library = join(puppetPaths.cache, 'lib');
const inState = (name: string): string => join(stateFolder, name);
const told = inState('standby.told');
const drifted = inState('standby.drifted');

interface Stage {
  lab: Lab;
  kickd: Kickd;
}

const ready = (): Promise<StandbyAnswer> => readyStandby(standbyFolder);

const wasHandedOver = ({ kickd }: Stage, { run }: Run): boolean =>
  kickd
    .log()
    .some((line) => line.event === 'run-handed-over' && line['run'] === run);

const waitHandedOver = ({ kickd }: Stage, run: string): Promise<unknown> =>
  kickd.waitLine(
    'that the run is handed over',
    (line) => line.event === 'run-handed-over' && line['run'] === run,
  );

const logOf = (run: string): string =>
  readFileSync(join(runsFolder, `${run}.log`), 'utf8');

const remembered = (): number =>
  readFileSync(store, 'utf8').match(/^ {2}\S.*\]:/gm)?.length ?? 0;

/** The standby that knows this policy: an ordinary run has applied it. */
async function applyPolicy(more: string): Promise<StandbyAnswer> {
  await writeSite(more);
  await runAgent();
  return ready();
}

const services = {
  HTTP: [apache],
  held: [
    `File[${inState('standby.scheduled')}]`,
    `File[${inState('standby.noop')}]`,
  ],
  secret: [`File[${inState('standby.secret')}]`],
  late: [`File[${inState('standby.late')}]`],
  served: [`File[${inState('standby.served')}]`],
  missing: ['Service[nobody]'],
};

await t.test('a Puppet that was loaded ahead', async (t) => {
  const lab = await startLab({ ca: 'own' });
  t.teardown(() => lab.close());
  const auditorFiles = await issueForNagios(auditorName);
  const kickd = await startKickd({
    agentFiles: lab.agentFiles,
    auditorFiles,
    standby: services,
  });
  t.teardown(() => kickd.close());
  const stage: Stage = { lab, kickd };
  const rows: [string, (t: Test, stage: Stage) => Promise<void>][] = [
    ['heals first, then runs as ever', heals],
    ['who is told of the service is told once', subscriber],
    ['a kick without a service: an ordinary run', ordinary],
    ['a provider that comes with that run', plugin],
    ['noop, tags: not by the standby', cold],
    ['what cannot be healed ahead is named', unfit],
    ['a schedule and a noop of the policy count', heldBack],
    ['disabled', disabled],
    ['behind another run of Puppet', behindAnother],
    ['another catalog while it waited for the lock', overtaken],
    ['noop in puppet.conf', noopByConfig],
    ['a prerun command that fails', prerun],
    ['what makes it stale', stale],
    ['killed before it has the run', killedBefore],
    ['killed in the middle', killed],
  ];
  for (const [name, check] of rows) {
    await t.test(name, (t) => check(t, stage));
  }
});

async function heals(t: Test, { lab, kickd }: Stage): Promise<void> {
  await ready();
  const before = remembered();
  await lab.apache.crash();
  const { run } = await kickd.ask({ because });
  const ended = await kickd.waitEnd(run);
  const service = {
    resource: apache,
    property: 'ensure',
    from: 'stopped',
    to: 'running',
    corrective: true,
  };
  t.strictSame(ended.healed?.corrected, [service]);
  t.match(ended.outcome, { kind: 'corrected', matched: true, exitCode: 2 });
  t.strictSame(ended.outcome?.corrected, [service]);
  t.ok(await lab.apache.isUp());
  t.ok(wasHandedOver({ lab, kickd }, ended));
  t.equal(remembered(), before, 'Puppet remembers as many resources as before');
  t.notOk(existsSync(puppetPaths.lock), 'and holds no lock');
}

async function subscriber(t: Test, { lab, kickd }: Stage): Promise<void> {
  await applyPolicy(`
  exec { 'told': command => '/bin/sh -c "echo told >> ${told}"', refreshonly => true, subscribe => Service['apache2'] }
  file { '${drifted}': ensure => file, content => 'as it should be' }
`);
  rmSync(told, { force: true });
  await lab.apache.crash();
  writeFileSync(drifted, 'drift');
  const run = await kickd.kick({ because });
  t.ok(run.healed !== undefined);
  t.equal(readFileSync(told, 'utf8'), 'told\n', 'once, by the first step');
  t.equal(run.outcome?.kind, 'corrected');
  t.strictSame(
    run.outcome?.corrected.map(({ resource, corrective }) => [
      resource,
      corrective,
    ]),
    [
      [apache, true],
      ['Exec[told]', false],
      [`File[${drifted}]`, true],
    ],
    'what drifted elsewhere is still called corrective',
  );
  await applyPolicy('');
}

async function ordinary(t: Test, stage: Stage): Promise<void> {
  await ready();
  await stage.lab.apache.crash();
  const run = await stage.kickd.kick();
  t.ok(wasHandedOver(stage, run));
  t.equal(run.healed, undefined);
  t.match(run.outcome, {
    kind: 'corrected',
    exitCode: 2,
    corrected: [{ resource: apache, corrective: true }],
  });
}

/** A run that has just been started takes it; so must one whose providers were loaded before it came. */
async function plugin(t: Test, stage: Stage): Promise<void> {
  const provider = join(
    puppetPaths.code,
    'environments/production/modules/httpd/lib/puppet/provider/service/kickdlab.rb',
  );
  await ready();
  mkdirSync(dirname(provider), { recursive: true });
  writeFileSync(
    provider,
    `Puppet::Type.type(:service).provide(:kickdlab, parent: :debian) do
  defaultfor kernel: 'Linux', 'os.family' => 'Debian', 'os.name' => 'Debian'
  def status
    Puppet.notice 'kickdlab is used'
    super
  end
end
`,
  );
  await mustRun('chmod', ['-R', 'a+rX', puppetPaths.code]);
  try {
    const run = await stage.kickd.kick();
    t.ok(wasHandedOver(stage, run));
    t.match(logOf(run.run), 'kickdlab is used');
  } finally {
    rmSync(provider);
    await runAgent();
  }
}

async function cold(t: Test, stage: Stage): Promise<void> {
  await ready();
  for (const more of [{ noop: true }, { tags: ['httpd'] }]) {
    const run = await stage.kickd.kick({ because, ...more });
    t.notOk(wasHandedOver(stage, run));
    t.equal(run.outcome?.kind, 'unchanged');
  }
}

async function unfit(t: Test): Promise<void> {
  const server = join(
    puppetPaths.code,
    'environments/production/modules/httpd/files',
  );
  mkdirSync(server, { recursive: true });
  writeFileSync(join(server, 'served'), 'served\n');
  const answer = await applyPolicy(`
  file { '${inState('standby.secret')}': content => Sensitive('geheim') }
  file { '${inState('standby.late')}': content => Deferred('sprintf', ['%s', 'late']) }
  file { '${inState('standby.served')}': source => 'puppet:///modules/httpd/served' }
`);
  t.strictSame(answer.resources, [apache]);
  const whyOf = (name: keyof typeof services): string | undefined =>
    answer.unfit[services[name][0] ?? ''];
  t.match(whyOf('secret'), 'a value that is sensitive');
  t.match(whyOf('late'), 'a value that waits for the run');
  t.match(whyOf('served'), 'a file of the server');
  t.match(whyOf('missing'), 'is not in the catalog');
  t.notMatch(JSON.stringify(answer), 'geheim');
  await applyPolicy('');
}

async function heldBack(t: Test, { kickd }: Stage): Promise<void> {
  const [scheduled, noop] = ['scheduled', 'noop'].map((name) =>
    inState(`standby.${name}`),
  ) as [string, string];
  await applyPolicy(`
  schedule { 'past': range => '00:00 - 00:01', weekday => '${otherWeekday()}' }
  file { '${scheduled}': content => 'right', schedule => 'past' }
  file { '${noop}': content => 'right', noop => true }
`);
  writeFileSync(scheduled, 'drift');
  writeFileSync(noop, 'drift');
  const run = await kickd.kick({ because: becauseOf('held') });
  t.ok(existsSync(join(runsFolder, `${run.run}.heal.yaml`)), 'it tried');
  t.equal(run.healed, undefined, 'and put nothing back');
  t.equal(run.outcome?.kind, 'unchanged');
  t.equal(readFileSync(scheduled, 'utf8'), 'drift');
  t.equal(readFileSync(noop, 'utf8'), 'drift');
  await applyPolicy('');
}

/** Neither today nor the day before or after it. */
function otherWeekday(): string {
  const names = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
  return names[(new Date().getDay() + 3) % 7] ?? 'Sun';
}

async function disabled(t: Test, { lab, kickd }: Stage): Promise<void> {
  await ready();
  await disableAgent('window');
  try {
    await lab.apache.crash();
    const run = await kickd.kick({ because });
    t.match(run.outcome, {
      kind: 'refused',
      code: 'disabled',
      reason: /window/,
    });
    t.notOk(await lab.apache.isUp());
  } finally {
    await enableAgent();
    await lab.apache.start();
  }
}

/** A process that Puppet takes for another Puppet, with its lock. */
function holdLock(): LabProcess {
  const program = inState('puppet');
  copyFileSync('/bin/sleep', program);
  const holder = startProcess('lock-holder', [program, '600'], {
    env: plainEnvironment,
  });
  writeFileSync(puppetPaths.lock, String(holder.pid));
  return holder;
}

/**
 * A run that begins while another Puppet holds the lock.
 * @param meanwhile what happens while it waits
 */
async function runBehindLock(
  stage: Stage,
  meanwhile: () => Promise<void> | void,
): Promise<Run> {
  const { lab, kickd } = stage;
  await ready();
  const holder = holdLock();
  await lab.apache.crash();
  const { run } = await kickd.ask({ because });
  await waitHandedOver(stage, run);
  await meanwhile();
  rmSync(puppetPaths.lock, { force: true });
  const ended = await kickd.waitEnd(run);
  await holder.stop();
  return ended;
}

async function behindAnother(t: Test, stage: Stage): Promise<void> {
  const ended = await runBehindLock(stage, async () => {
    t.notOk(await stage.lab.apache.isUp());
  });
  t.match(ended.healed?.corrected, [{ resource: apache }]);
  t.equal(ended.outcome?.kind, 'corrected');
}

async function overtaken(t: Test, stage: Stage): Promise<void> {
  const ended = await runBehindLock(stage, replaceCatalog);
  t.equal(ended.healed, undefined);
  t.match(
    logOf(ended.run),
    /nothing is healed ahead: .*catalog.* is not what it was/,
  );
  t.match(ended.outcome, { kind: 'corrected', matched: true });
}

function replaceCatalog(): void {
  copyFileSync(puppetPaths.catalog, `${puppetPaths.catalog}.new`);
  renameSync(`${puppetPaths.catalog}.new`, puppetPaths.catalog);
}

async function withConfig(more: string, check: () => Promise<void>) {
  const before = readFileSync(puppetPaths.config, 'utf8');
  appendFileSync(puppetPaths.config, more);
  try {
    await check();
  } finally {
    writeFileSync(puppetPaths.config, before);
  }
}

async function noopByConfig(t: Test, { lab, kickd }: Stage): Promise<void> {
  await withConfig('\n[agent]\nnoop = true\n', async () => {
    await ready();
    await lab.apache.crash();
    const run = await kickd.kick({ because });
    t.ok(existsSync(join(runsFolder, `${run.run}.heal.yaml`)), 'it looked');
    t.equal(run.healed, undefined);
    t.notOk(await lab.apache.isUp());
  });
  await lab.apache.start();
}

async function prerun(t: Test, { lab, kickd }: Stage): Promise<void> {
  await withConfig('\n[agent]\nprerun_command = /bin/false\n', async () => {
    await ready();
    await lab.apache.crash();
    const run = await kickd.kick({ because });
    t.equal(run.healed, undefined);
    t.equal(run.outcome?.kind, 'failed');
    t.notOk(await lab.apache.isUp());
  });
  await lab.apache.start();
}

/** Each of these makes it leave, with nothing touched, and another one is loaded. */
async function stale(t: Test, stage: Stage): Promise<void> {
  const { lab, kickd } = stage;
  const touch = (file: string): void => {
    const now = new Date();
    utimesSync(file, now, now);
  };
  const added = join(library, 'facter/kickd_lab.rb');
  const zone = statSync('/etc/localtime');
  const changes: Record<string, { file: string; change: () => unknown }> = {
    'puppet.conf': {
      file: puppetPaths.config,
      change: () => touch(puppetPaths.config),
    },
    'a plugin more': {
      // its folder may be new as well
      file: dirname(added),
      change: () => {
        mkdirSync(dirname(added), { recursive: true });
        writeFileSync(added, '');
      },
    },
    'a plugin that changes': { file: added, change: () => touch(added) },
    'a plugin less': { file: added, change: () => rmSync(added) },
    'Puppet itself': {
      file: '/usr/lib/ruby/vendor_ruby/puppet/version.rb',
      change: () => touch('/usr/lib/ruby/vendor_ruby/puppet/version.rb'),
    },
    'the time zone': {
      file: '/etc/localtime',
      change: () => touch('/etc/localtime'),
    },
    'another catalog': { file: puppetPaths.catalog, change: replaceCatalog },
  };
  for (const [name, { file, change }] of Object.entries(changes)) {
    const { pid } = await ready();
    const before = socketOf(standbyFolder);
    await change();
    const answer = await askStandby(standbyFolder);
    // it may have seen it by itself, and be gone
    if (answer !== undefined) {
      t.match(
        answer.because,
        new RegExp(`^${dirname(file)}`),
        `${name}: stale`,
      );
    }
    t.equal((await ready()).pid, pid, `${name}: the same process`);
    t.not(socketOf(standbyFolder), before, `${name}: has loaded anew`);
  }
  utimesSync('/etc/localtime', zone.atime, zone.mtime);

  await t.test('a cold run heals, while another one loads', async (t) => {
    await ready();
    const { waitReached, release } = await writeSlowPolicy('after');
    const other = runAgent();
    await waitReached({ timeoutMs: 60_000 });
    await lab.apache.crash();
    const { run } = await kickd.ask({ because });
    release();
    await other;
    const ended = await kickd.waitEnd(run);
    t.notOk(wasHandedOver(stage, ended));
    t.match(ended.outcome, { kind: 'corrected', matched: true });
    await applyPolicy('');
  });
  await t.test('a catalog of long ago', async (t) => {
    await ready();
    const before = new Date(Date.now() - 2 * 60 * 60 * 1000);
    utimesSync(puppetPaths.catalog, before, before);
    const { resources, unfit } = await waitFor(
      'a standby without a catalog',
      async () => {
        const answer = await ready();
        return answer.resources.length === 0 ? answer : undefined;
      },
      { timeoutMs: 60_000 },
    );
    t.strictSame(resources, []);
    t.match(unfit[apache], 'no catalog that is new enough');
    await runAgent();
  });
}

async function killedBefore(t: Test, { lab, kickd }: Stage): Promise<void> {
  const { pid } = await ready();
  sendSignal(pid, 'SIGKILL');
  await lab.apache.crash();
  const run = await kickd.kick({ because });
  t.equal(run.outcome?.kind, 'corrected', 'by a cold run');
}

async function killed(t: Test, stage: Stage): Promise<void> {
  const { lab, kickd } = stage;
  const { waitReached } = await slowHeal();
  const { pid } = await ready();
  await lab.apache.crash();
  const { run } = await kickd.ask({ because });
  await waitReached({ timeoutMs: 60_000 });
  sendSignal(pid, 'SIGKILL');
  const ended = await kickd.waitEnd(run);
  t.equal(ended.outcome?.kind, 'failed');
  t.equal(ended.healed, undefined);
  const before = remembered();
  await writeSite('');
  await runAgent();
  t.ok(before > 0);
  t.ok(await lab.apache.isUp(), 'the next run takes the lock, and heals');
}

/** Apache stands on a resource that holds each run, the first step too. */
async function slowHeal(): Promise<
  Awaited<ReturnType<typeof writeSlowPolicy>>
> {
  const slow = await writeSlowPolicy('before');
  const ordinary = runAgent();
  await slow.waitReached({ timeoutMs: 60_000 });
  slow.release();
  await ordinary;
  await ready();
  slow.hold();
  return slow;
}
