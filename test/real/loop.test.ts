import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import { revoke } from './lab/certs.ts';
import {
  closeLoop,
  countLines,
  crashAndHeal,
  firstEndedSince,
  knownRuns,
  runsSince,
  settle,
  startLoop,
  withoutHandlers,
  type Loop,
} from './lab/loop.ts';
import { monitorHost, puppetPaths } from './lab/places.ts';
import { writePolicy, writeSlowPolicy } from './lab/policy.ts';
import { sendSignal } from './lab/processes.ts';
import {
  disableAgent,
  enableAgent,
  forgetReports,
  readLastReport,
  runAgent,
} from './lab/puppet.ts';
import { waitFor } from './lab/wait.ts';

await t.test('a single self-signed CA', async (t) => {
  const loop = await startLoop('own');
  t.teardown(() => closeLoop(loop));

  await t.test('Apache is killed: one corrective run heals it', (t) =>
    healsOnce(t, loop),
  );
  await t.test('puppetserver is down: the cached catalog heals it', (t) =>
    healsFromCache(t, loop),
  );
  await t.test('the agent is disabled: refused, with the words', (t) =>
    refusesWhileDisabled(t, loop),
  );
  await t.test('a periodic run holds the lock: waited for', (t) =>
    withoutHandlers(loop, () => waitsForTheLock(t, loop)),
  );
  await t.test('lock files that nobody holds stop nothing', (t) =>
    withoutHandlers(loop, () => ignoresStaleLocks(t, loop)),
  );
  await t.test('puppet gets TERM in mid-run: no success', (t) =>
    withoutHandlers(loop, () => doesNotBelieveTerm(t, loop)),
  );
  await t.test('the certificate of the kicker is revoked', (t) =>
    refusesRevoked(t, loop),
  );
});

await t.test('root and intermediate CA', async (t) => {
  const loop = await startLoop('setup');
  t.teardown(() => closeLoop(loop));

  await t.test('Apache is killed: one corrective run heals it', (t) =>
    healsOnce(t, loop),
  );
  await t.test('the certificate of the kicker is revoked', (t) =>
    refusesRevoked(t, loop),
  );
});

async function healsOnce(t: Test, loop: Loop): Promise<void> {
  const { run, calls } = await crashAndHeal(loop);
  t.equal(run.outcome?.kind, 'corrected');
  t.match(run.outcome?.corrected, [
    {
      resource: 'Service[apache2]',
      from: 'stopped',
      to: 'running',
      corrective: true,
    },
  ]);
  t.match(readLastReport(), {
    jobId: run.run,
    status: 'changed',
    corrective: ['Service[apache2]'],
  });
  t.match(calls[0], { state: 'CRITICAL', stateType: 'SOFT', attempt: 1 });
  t.ok(
    run.kicks.every(({ by }) => by === monitorHost.name),
    'nobody else asked',
  );
  t.ok(await loop.lab.apache.isUp());
}

async function healsFromCache(t: Test, loop: Loop): Promise<void> {
  await loop.lab.puppetserver.stop();
  try {
    const { run } = await crashAndHeal(loop);
    t.match(run.outcome, { kind: 'corrected', cachedCatalog: true });
    t.match(readLastReport(), {
      jobId: run.run,
      cachedCatalogStatus: 'on_failure',
      corrective: ['Service[apache2]'],
    });
  } finally {
    await loop.lab.puppetserver.start();
  }
}

async function refusesWhileDisabled(t: Test, loop: Loop): Promise<void> {
  const { lab, kickd, nagios } = loop;
  const before = await knownRuns(loop);
  await disableAgent('maintenance by ops');
  try {
    t.equal((await kickd.status()).cm.disabled, 'maintenance by ops');
    await lab.apache.crash();
    await nagios.waitState('CRITICAL', {
      timeoutMs: 60_000,
      stateType: 'HARD',
    });
    const refused = await firstEndedSince(loop, before);
    t.match(refused.outcome, {
      kind: 'refused',
      code: 'disabled',
      reason: 'maintenance by ops',
    });
    t.notOk(await lab.apache.isUp(), 'no run went past the administrator');
  } finally {
    await enableAgent();
  }
  await kickd.kick();
  t.ok(await lab.apache.isUp(), 'enabled again, a kick repairs');
  await settle(loop);
}

async function waitsForTheLock(t: Test, loop: Loop): Promise<void> {
  const { lab, kickd } = loop;
  const slow = await writeSlowPolicy('after');
  const periodic = runAgent();
  let endedAt: number | undefined;
  try {
    await slow.waitReached({ timeoutMs: 30_000 });
    await writePolicy();
    await lab.apache.crash();
    const asked = await kickd.ask();
    t.not(asked.state, 'ended', 'taken, not refused');
    t.equal((await kickd.status()).cm.locked, true);
    t.notOk(await lab.apache.isUp(), 'down while the other run holds the lock');
    slow.release();
    const other = await periodic;
    endedAt = Date.now();
    t.match(other.exitCode, /^(0|2)$/, 'the periodic run was left alone');
    const run = await kickd.waitEnd(asked.run);
    t.match(run.outcome, { kind: 'corrected' });
    t.ok(Date.parse(run.endedAt ?? '') >= endedAt, 'after the periodic run');
    t.match(readLastReport(), { jobId: run.run });
  } finally {
    slow.release();
    await periodic;
    await writePolicy();
  }
  await settle(loop);
}

async function ignoresStaleLocks(t: Test, loop: Loop): Promise<void> {
  const { lab, kickd } = loop;
  const dead = execa('/bin/true');
  await dead;
  for (const [name, content] of [
    ['of a dead process', String(dead.pid)],
    ['that is empty', ''],
    ['of a living process that is not Puppet', String(process.pid)],
  ] as const) {
    await lab.apache.crash();
    writeFileSync(puppetPaths.lock, content);
    const run = await kickd.kick();
    t.equal(run.outcome?.kind, 'corrected', `a lock ${name}`);
    t.ok(await lab.apache.isUp());
    rmSync(puppetPaths.lock, { force: true });
  }
  await settle(loop);
}

async function doesNotBelieveTerm(t: Test, loop: Loop): Promise<void> {
  const { lab, kickd } = loop;
  const slow = await writeSlowPolicy('before');
  try {
    await lab.apache.crash();
    forgetReports();
    const asked = await kickd.ask();
    await slow.waitReached({ timeoutMs: 30_000 });
    const puppet = Number(readFileSync(puppetPaths.lock, 'utf8'));
    sendSignal(puppet, 'SIGTERM');
    const run = await kickd.waitEnd(asked.run);
    t.equal(run.outcome?.exitCode, 0, 'puppet itself ends with 0');
    t.match(run.outcome?.kind, /^(failed|partly|cancelled)$/);
    t.notOk(await lab.apache.isUp());
  } finally {
    slow.release();
    await writePolicy();
  }
  const again = await kickd.kick();
  t.match(again.outcome, { kind: 'corrected' }, 'the next run is not hindered');
  await settle(loop);
}

async function refusesRevoked(t: Test, loop: Loop): Promise<void> {
  const { lab, kickd, nagios } = loop;
  const before = await knownRuns(loop);
  const reloads = countLines(kickd, 'reloaded');
  await revoke(monitorHost.name);
  await waitFor(
    'kickd to read the new CRL',
    () => countLines(kickd, 'reloaded') > reloads || undefined,
    { timeoutMs: 30_000 },
  );
  const refusedBefore = countLines(kickd, 'handshake-refused');
  await lab.apache.crash();
  await nagios.waitState('CRITICAL', { timeoutMs: 60_000, stateType: 'HARD' });
  await waitFor(
    'kickd to refuse the revoked certificate',
    () => countLines(kickd, 'handshake-refused') > refusedBefore || undefined,
    { timeoutMs: 30_000 },
  );
  const refusal = kickd
    .log()
    .findLast(({ event }) => event === 'handshake-refused');
  t.match(refusal, { certname: monitorHost.name, code: /REVOKED/ });
  t.same(await runsSince(loop, before), [], 'no run');
  t.notOk(await lab.apache.isUp());
  const run = await kickd.kick();
  t.equal(run.outcome?.kind, 'corrected', 'another certificate still serves');
}
