import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { createUuid7, type Kick } from '@kickd/protocol';
import { createClient, type Client, type Reply } from './crash/client.ts';
import { disks, type Disk } from './crash/disks.ts';
import { buildKickd, startKickd, type Kickd } from './crash/kickd.ts';
import { createSite, host, type Site } from './crash/site.ts';

/** A journal that cannot be written, on real disks, seen by a caller from outside. */
const dir = t.testdir();
const command = await buildKickd(join(dir, 'kickd'));

const kickOf = (n: number): Kick => ({
  kick: createUuid7(Date.parse('2026-01-01') + n, new Uint8Array(10)),
  certname: host,
});

interface Place {
  site: Site;
  disk: Disk;
  start(): Promise<{ kickd: Kickd; client: Client }>;
}

/** The same on every disk that this machine can pretend. */
function onEachDisk(
  what: string,
  test: (t: Test, place: Place) => Promise<void>,
): void {
  for (const [n, createDisk] of disks.entries()) {
    const place = join(dir, `${String(n)} ${what}`.replaceAll(' ', '-'));
    const disk = createDisk(join(place, 'state'));
    if (disk === undefined) continue;
    t.test(`${what}: ${disk.name}`, async (t) => {
      t.teardown(() => disk.close());
      const site = createSite(place);
      const start = async () => {
        const kickd = startKickd(command, site.configFile);
        t.teardown(async () => {
          kickd.kill('SIGKILL');
          await kickd.ended;
        });
        const port = await kickd.port;
        return { kickd, client: createClient(port ?? 0, site.tls) };
      };
      await test(t, { site, disk, start });
    });
  }
}

function runOf(reply: Reply): string {
  if (reply.kind !== 'run') throw new Error(JSON.stringify(reply));
  return reply.run.run;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const untilMs = performance.now() + 10_000;
  while (!(await isSo())) {
    if (performance.now() > untilMs)
      throw new Error(`in vain: ${String(isSo)}`);
    await sleep(20);
  }
}

onEachDisk('a full disk', async (t, { site, disk, start }) => {
  // A limit of the process holds for the record of requests as well, and whichever is found broken first refuses.
  const code =
    disk.name === 'a limit on the size of files'
      ? /^(JOURNAL|AUDIT)_BROKEN$/
      : 'JOURNAL_BROKEN';
  const { kickd, client } = await start();
  site.tool.plan(0.3, 2);
  const first = runOf(await client.post(kickOf(1)));
  await until(async () => site.tool.alive().length === 1);
  disk.fill(kickd.pid);

  t.match(await client.post(kickOf(2)), {
    status: 503,
    code,
  });
  t.match((await client.status()).journal, { ok: false, reason: /\w/ });
  await until(async () => site.tool.alive().length === 0);
  // until the next try to write it, and longer
  const told = await client.get(first, 2);
  t.match(
    told,
    { run: { state: 'running' } },
    'nothing is told before it is written',
  );
  t.match(await client.post(kickOf(2)), {
    status: 503,
    code,
  });
  t.match((await client.status()).journal, { ok: false });

  disk.free(kickd.pid);
  await until(async () => (await client.status()).journal?.ok === true);
  t.match(await client.get(first, 5), {
    run: { outcome: { kind: 'corrected' } },
  });
  const second = runOf(await client.post(kickOf(2)));
  t.match(await client.get(second, 5), {
    run: { outcome: { kind: 'corrected' } },
  });
  t.equal(site.tool.lines().length, 4, 'two runs, each from start to end');
});

onEachDisk('a read-only directory', async (t, { disk, start }) => {
  const first = await start();
  const run = runOf(await first.client.post(kickOf(1)));
  await first.client.get(run, 5);
  first.kickd.kill('SIGTERM');
  await first.kickd.ended;

  disk.setReadOnly(true);
  const second = await start();
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || disk.name === 'a small file system') {
    t.match(second.kickd.said(), /JOURNAL_UNUSABLE/);
    t.equal(await second.kickd.ended, 2);
  }
  second.kickd.kill('SIGTERM');
  await second.kickd.ended;

  disk.setReadOnly(false);
  const third = await start();
  t.equal(runOf(await third.client.post(kickOf(1))), run);
});

t.test(
  'a second kickd on one journal is refused, and the first goes on',
  async (t) => {
    const site = createSite(join(dir, 'two'));
    const kickd = startKickd(command, site.configFile);
    t.teardown(() => kickd.kill('SIGKILL'));
    const client = createClient((await kickd.port) ?? 0, site.tls);
    // with an audit file of its own it comes as far as the journal
    const text = readFileSync(site.configFile, 'utf8');
    const elsewhere = join(dir, 'two', 'second.yaml');
    writeFileSync(elsewhere, text.replace('/audit.log', '/second.log'));
    for (const [config, why] of [
      [site.configFile, /AUDIT_IN_USE/],
      [elsewhere, /JOURNAL_UNUSABLE.*locked/],
    ] as const) {
      const second = startKickd(command, config);
      t.equal(await second.port, undefined);
      t.equal(await second.ended, 2);
      t.match(second.said(), why);
    }
    const run = runOf(await client.post(kickOf(1)));
    t.match(await client.get(run, 5), {
      run: { outcome: { kind: 'unchanged' } },
    });
  },
);
