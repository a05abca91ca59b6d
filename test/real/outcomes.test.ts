import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import type { Kick, Outcome } from '@kickd/protocol';
import t, { type Test } from 'tap';
import { findMarked } from '../../packages/agent/src/io/proc.ts';
import { issueForNagios } from './lab/certs.ts';
import { auditorName, startKickd, type Kickd } from './lab/kickd.ts';
import { startLab } from './lab/lab.ts';
import { puppetHost, puppetPaths, stateFolder } from './lab/places.ts';
import { writeSite, writeSlowPolicy } from './lab/policy.ts';
import { sendSignal } from './lab/processes.ts';

/** What real Puppet does, each in the word that kickd has for it. */
interface Row {
  name: string;
  /** Puppet code beside class httpd */
  site?: string;
  kick?: Partial<Kick>;
  before?: () => Promise<void> | void;
  after?: () => Promise<void> | void;
  outcome: Partial<Omit<Outcome, 'reason'>> & { reason?: RegExp };
}

const touched = join(stateFolder, 'outcomes.touched');
const fresh = (): void => rmSync(touched, { force: true });
const drift = `file { '${touched}': ensure => file, content => 'secret=hunter2' }`;
const failing = `exec { '/bin/false': }`;
const corrected = [{ resource: `File[${touched}]`, to: 'file' }];
const forgetCatalog = (): void => rmSync(puppetPaths.catalog, { force: true });
const privateKey = join(puppetPaths.ssl, 'private_keys/web1.example.com.pem');
const certificate = join(puppetPaths.ssl, 'certs/web1.example.com.pem');

const rows: Row[] = [
  { name: 'nothing to do', outcome: { kind: 'unchanged', exitCode: 0 } },
  {
    name: 'a file is put back',
    site: drift,
    before: fresh,
    outcome: { kind: 'corrected', exitCode: 2 },
  },
  {
    name: 'a resource fails',
    site: failing,
    outcome: {
      kind: 'failed',
      code: 'resources',
      exitCode: 4,
      failed: ['Exec[/bin/false]'],
    },
  },
  {
    name: 'one is put back, one fails',
    site: `${drift} ${failing}`,
    before: fresh,
    outcome: { kind: 'partly', code: 'resources', exitCode: 6 },
  },
  {
    name: 'dependants of what failed are skipped',
    site: `${failing} -> ${drift}`,
    before: fresh,
    outcome: { kind: 'failed', code: 'resources', corrected: [] },
  },
  {
    name: 'noop with drift changes nothing and says what it would do',
    site: drift,
    before: fresh,
    kick: { noop: true },
    after: () => {
      if (existsSync(touched)) throw new Error('noop has changed something');
    },
    outcome: { kind: 'unchanged', exitCode: 0, corrected: [] },
  },
  {
    name: 'tags that match nothing',
    site: drift,
    before: fresh,
    kick: { tags: ['no_such_tag'] },
    outcome: { kind: 'unchanged', exitCode: 0 },
  },
  {
    name: 'an environment that the server does not know falls back',
    kick: { environment: 'nowhere' },
    outcome: { kind: 'unchanged', exitCode: 0 },
  },
  {
    name: 'the catalog does not compile, and the cached one is applied',
    site: `fail('broken policy')`,
    outcome: { kind: 'unchanged', cachedCatalog: true },
  },
  {
    name: 'the catalog does not compile, and there is none in the cache',
    site: `fail('broken policy')`,
    before: forgetCatalog,
    outcome: {
      kind: 'failed',
      code: 'catalog',
      exitCode: 1,
      reason: /broken policy/,
    },
  },
  {
    name: 'the host has lost its certificate',
    before: () => {
      renameSync(certificate, `${certificate}.away`);
      renameSync(privateKey, `${privateKey}.away`);
    },
    after: () => {
      renameSync(`${certificate}.away`, certificate);
      renameSync(`${privateKey}.away`, privateKey);
    },
    outcome: { kind: 'failed', exitCode: 1 },
  },
];

await t.test('every way in which a run of Puppet ends', async (t) => {
  const lab = await startLab({ ca: 'own' });
  t.teardown(() => lab.close());
  const auditorFiles = await issueForNagios(auditorName);
  const { agentFiles } = lab;
  let kickd: Kickd = await startKickd({ agentFiles, auditorFiles });
  t.teardown(() => kickd.close());

  for (const { name, site = '', kick, before, after, outcome } of rows) {
    await t.test(name, async (t) => {
      await writeSite(site);
      await before?.();
      try {
        const run = await kickd.kick(kick);
        t.match(run.outcome, outcome, JSON.stringify(run.outcome));
        t.notMatch(JSON.stringify(run), /hunter2/, 'no content of a file');
        if (outcome.kind === 'corrected') t.match(run.outcome, { corrected });
        if (kick?.noop) t.match(run.outcome, { pending: corrected });
      } finally {
        await after?.();
      }
    });
  }
  await writeSite('');
  await kickd.kick();

  await t.test('a run that is killed is told as failed', (t) =>
    runKilled(t, kickd),
  );
  await t.test(
    'the server is down and there is no catalog in the cache',
    async (t) => {
      await lab.puppetserver.stop();
      forgetCatalog();
      const run = await kickd.kick();
      t.match(run.outcome, { kind: 'failed', code: 'catalog', exitCode: 1 });
    },
  );
  await t.test(
    'a server that hangs costs what kickd allows, and no more',
    async (t) => {
      await kickd.close();
      kickd = await startKickd({ agentFiles, auditorFiles, timeoutSeconds: 8 });
      await withHangingServer(async () => {
        const run = await kickd.kick();
        t.match(run.outcome, { kind: 'timed-out', code: 'timeout' });
        t.ok((run.durationMs ?? 0) < 20_000, `${String(run.durationMs)} ms`);
        t.same(findMarked('KICKD_RUN', run.run), [], 'nothing survives');
      });
    },
  );
});

async function runKilled(t: Test, kickd: Kickd): Promise<void> {
  const slow = await writeSlowPolicy('before');
  try {
    const { run } = await kickd.ask();
    await slow.waitReached({ timeoutMs: 60_000 });
    const puppet = Number(readFileSync(puppetPaths.lock, 'utf8'));
    sendSignal(puppet, 'SIGKILL');
    const { outcome } = await kickd.waitEnd(run);
    t.match(outcome, { kind: 'failed', code: 'killed', reason: /SIGKILL/ });
  } finally {
    slow.release();
    await writeSite('');
  }
}

/** puppetserver is down, and something accepts in its place and never says a word. */
async function withHangingServer(work: () => Promise<void>): Promise<void> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(8140, puppetHost.address, resolve);
  });
  try {
    await work();
  } finally {
    server.close();
  }
}
