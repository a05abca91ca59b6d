/**
 * A Puppet that was loaded ahead, on real parts: Apache is killed, a kick heals it from the catalog that this host has
 * applied last, and an ordinary run of the same process follows.
 */
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Kick, Run } from '@kickd/protocol';
import t, { type Test } from 'tap';
import { isAlive } from '../../packages/agent/src/io/proc.ts';
import { issueForNagios } from './lab/certs.ts';
import {
  auditorName,
  standbyFolder,
  startKickd,
  type Kickd,
} from './lab/kickd.ts';
import { startLab, type Lab } from './lab/lab.ts';
import { puppetPaths, stateFolder } from './lab/places.ts';
import { writeSite } from './lab/policy.ts';
import { sendSignal } from './lab/processes.ts';
import { disableAgent, enableAgent, runAgent } from './lab/puppet.ts';
import { waitFor } from './lab/wait.ts';

const because: NonNullable<Kick['because']> = {
  monitor: 'nagios',
  host: 'web1',
  service: 'HTTP',
};
const store = '/var/cache/puppet/state/transactionstore.yaml';
const told = join(stateFolder, 'standby.told');
const drifted = join(stateFolder, 'standby.drifted');

interface Stage {
  lab: Lab;
  kickd: Kickd;
}

/** Waits until one has loaded. @returns its process */
async function standbyReady(): Promise<number> {
  return waitFor(
    'a standby',
    () => {
      if (!existsSync(standbyFolder)) return undefined;
      const names = readdirSync(standbyFolder);
      const note = names.find((name) => name.endsWith('.json'));
      if (note === undefined || !names.some((name) => name.endsWith('.sock'))) {
        return undefined;
      }
      const { identity } = JSON.parse(
        readFileSync(join(standbyFolder, note), 'utf8'),
      ) as { identity: { pid: number } };
      return isAlive(identity.pid) ? identity.pid : undefined;
    },
    { timeoutMs: 120_000 },
  );
}

const wasHandedOver = ({ kickd }: Stage, { run }: Run): boolean =>
  kickd
    .log()
    .some((line) => line.event === 'run-handed-over' && line['run'] === run);

await t.test('a Puppet that was loaded ahead', async (t) => {
  const lab = await startLab({ ca: 'own' });
  t.teardown(() => lab.close());
  const auditorFiles = await issueForNagios(auditorName);
  const kickd = await startKickd({
    agentFiles: lab.agentFiles,
    auditorFiles,
    standby: true,
  });
  t.teardown(() => kickd.close());
  const stage: Stage = { lab, kickd };
  await t.test('heals first, then runs as ever', (t) => heals(t, stage));
  await t.test('who is told of the service is told once', (t) =>
    subscriber(t, stage),
  );
  await t.test('a kick without a service: an ordinary run', (t) =>
    ordinary(t, stage),
  );
  await t.test('noop and tags: not by the standby', (t) => cold(t, stage));
  await t.test('disabled meanwhile', (t) => disabled(t, stage));
  await t.test('what makes it stale', (t) => stale(t, stage));
  await t.test('killed in the middle', (t) => killed(t, stage));
});

async function heals(t: Test, { lab, kickd }: Stage): Promise<void> {
  await standbyReady();
  const remembered = readFileSync(store, 'utf8').match(
    /^ {2}\S.*\]:/gm,
  )?.length;
  await lab.apache.crash();
  const startedMs = performance.now();
  const { run } = await kickd.ask({ because });
  await lab.apache.waitUp({ timeoutMs: 30_000 });
  t.comment(`up after ${(performance.now() - startedMs).toFixed(0)} ms`);
  const ended = await kickd.waitEnd(run);
  t.comment(`over after ${(performance.now() - startedMs).toFixed(0)} ms`);
  t.match(ended, {
    healed: {
      corrected: [
        {
          resource: 'Service[apache2]',
          property: 'ensure',
          from: 'stopped',
          to: 'running',
          corrective: true,
        },
      ],
      failed: [],
    },
    outcome: {
      kind: 'corrected',
      matched: true,
      exitCode: 0,
      corrected: [{ resource: 'Service[apache2]', corrective: true }],
    },
  });
  t.ok(wasHandedOver({ lab, kickd }, ended));
  t.equal(ended.outcome?.corrected.length, 1);
  t.equal(
    readFileSync(store, 'utf8').match(/^ {2}\S.*\]:/gm)?.length,
    remembered,
    'Puppet remembers as many resources as before',
  );
  t.notOk(existsSync(puppetPaths.lock), 'and holds no lock');
}

async function subscriber(t: Test, { lab, kickd }: Stage): Promise<void> {
  await writeSite(`
  exec { 'told': command => '/bin/sh -c "echo told >> ${told}"', refreshonly => true, subscribe => Service['apache2'] }
  file { '${drifted}': ensure => file, content => 'as it should be' }
`);
  await runAgent();
  rmSync(told, { force: true });
  await standbyReady();
  await lab.apache.crash();
  writeFileSync(drifted, 'drift');
  const run = await kickd.kick({ because });
  t.ok(run.healed !== undefined);
  t.equal(readFileSync(told, 'utf8'), 'told\n', 'once, by the first step');
  t.match(run.outcome, {
    kind: 'corrected',
    corrected: [
      { resource: 'Service[apache2]' },
      { resource: `File[${drifted}]`, corrective: true },
    ],
  });
  await writeSite('');
  await kickd.kick();
}

async function ordinary(t: Test, stage: Stage): Promise<void> {
  await standbyReady();
  await stage.lab.apache.crash();
  const run = await stage.kickd.kick();
  t.ok(wasHandedOver(stage, run));
  t.equal(run.healed, undefined);
  t.match(run.outcome, {
    kind: 'corrected',
    exitCode: 2,
    corrected: [{ resource: 'Service[apache2]', corrective: true }],
  });
}

async function cold(t: Test, stage: Stage): Promise<void> {
  await standbyReady();
  for (const more of [{ noop: true }, { tags: ['httpd'] }]) {
    const run = await stage.kickd.kick({ because, ...more });
    t.notOk(wasHandedOver(stage, run));
    t.match(run.outcome, { kind: 'unchanged' });
  }
}

async function disabled(t: Test, { lab, kickd }: Stage): Promise<void> {
  await standbyReady();
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

/** Each of these makes it leave, with nothing touched; the run is cold, and heals. */
async function stale(t: Test, stage: Stage): Promise<void> {
  const { lab, kickd } = stage;
  const library = join(puppetPaths.cache, 'lib');
  const later = (file: string): void => {
    const now = new Date();
    utimesSync(file, now, now);
  };
  const plugin = join(library, 'facter/kickd_lab.rb');
  const changes: Record<string, () => void | Promise<unknown>> = {
    'puppet.conf is touched': () => later(puppetPaths.config),
    'a plugin is added': () => writeFileSync(plugin, ''),
    'Puppet itself is touched': () =>
      later('/usr/lib/ruby/vendor_ruby/puppet/version.rb'),
    'the catalog is replaced': () => {
      copyFileSync(puppetPaths.catalog, `${puppetPaths.catalog}.new`);
      renameSync(`${puppetPaths.catalog}.new`, puppetPaths.catalog);
    },
    'an ordinary run': () => runAgent(),
  };
  for (const [name, change] of Object.entries(changes)) {
    await t.test(name, async (t) => {
      await standbyReady();
      await change();
      await lab.apache.crash();
      const run = await kickd.kick({ because });
      t.notOk(wasHandedOver(stage, run));
      t.match(run.outcome, { kind: 'corrected', matched: true });
      t.ok(await lab.apache.isUp());
    });
  }
  rmSync(plugin, { force: true });
  appendFileSync(puppetPaths.config, '');
}

async function killed(t: Test, stage: Stage): Promise<void> {
  const { lab, kickd } = stage;
  const pid = await standbyReady();
  sendSignal(pid, 'SIGKILL');
  await lab.apache.crash();
  const run = await kickd.kick({ because });
  t.match(run.outcome, { kind: 'corrected' }, 'dead before: cold');
  const next = await standbyReady();
  await lab.apache.crash();
  const { run: id } = await kickd.ask({ because });
  await kickd.waitLine(
    'that it is handed over',
    (line) => line.event === 'run-handed-over' && line['run'] === id,
  );
  sendSignal(next, 'SIGKILL');
  const ended = await kickd.waitEnd(id);
  t.ok(
    ['failed', 'partly', 'lost'].includes(ended.outcome?.kind ?? ''),
    String(ended.outcome?.kind),
  );
  await runAgent();
  t.ok(await lab.apache.isUp(), 'the next run heals it');
}
