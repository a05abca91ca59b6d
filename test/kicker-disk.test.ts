import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { execa, execaSync } from 'execa';
import t, { type Test } from 'tap';
import { createPki, writeSsl } from '@kickd/testkit';
import { disks, type Disk } from './crash/disks.ts';

const handler = join(import.meta.dirname, '../deploy/nagios/handle_puppetrun');
const kicker = join(import.meta.dirname, '../packages/kicker/bin/kicker');

/** A full disk is a small file system: a limit on the size of files ends the shell with a signal instead. */
const [, createSmallDisk] = disks;
const whyNot = 'nothing may be mounted here: type: sudo npm test';

/** Where event handlers and kicker write, each on a disk of its own. */
interface Place {
  spool: string;
  ledger: string;
  config: string;
  /** @returns exit code and what was said; `kicker`: kicker is started where nobody serves */
  event(
    fallback: 'none' | 'kicker',
    id: string,
  ): { status: number | undefined; said: string };
  spooled(): string[];
  /** events and decisions in the ledger */
  counts(): { events: number; decisions: number };
}

function createPlace(t: Test, spool: string, ledgerDir: string): Place {
  const dir = t.testdir();
  const pki = createPki();
  const tls = writeSsl(join(dir, 'ssl'), {
    ...pki.issue({ certname: 'monitor.example.com' }),
    ca: pki.ca,
    crl: pki.crl,
  });
  const ledger = join(ledgerDir, 'ledger.sqlite');
  const config = join(dir, 'kicker.yaml');
  mkdirSync(join(spool, 'new'), { recursive: true, mode: 0o750 });
  writeFileSync(config, JSON.stringify({ tls, ledger, spool }));
  return {
    spool,
    ledger,
    config,
    event: (fallback, id) => {
      const { exitCode, stdout, stderr } = execaSync(
        handler,
        [
          ...['--host=web1', '--address=127.0.0.1', '--service=HTTP'],
          ...['--state=CRITICAL', '--state-type=SOFT', '--attempt=1'],
          ...['--max-attempts=4', `--problem-id=${id}`, '--host-state=UP'],
        ],
        {
          env: {
            PATH: '/usr/bin:/bin',
            KICKER: fallback === 'none' ? '/bin/false' : kicker,
            KICKER_CONFIG: config,
            KICKER_SPOOL: spool,
          },
          extendEnv: false,
          stripFinalNewline: false,
          reject: false,
        },
      );
      return { status: exitCode, said: stdout + stderr };
    },
    spooled: () => readdirSync(join(spool, 'new')),
    counts: () => {
      if (!existsSync(ledger)) return { events: 0, decisions: 0 };
      const database = new DatabaseSync(ledger, { readOnly: true });
      const count = (kind: string): number =>
        Number(
          database
            .prepare('select count(*) as n from entry where kind = ?')
            .get(kind)?.['n'],
        );
      try {
        return { events: count('event'), decisions: count('decision') };
      } finally {
        database.close();
      }
    },
  };
}

function startServe(t: Test, { config, spool }: Place) {
  const child = execa(kicker, ['serve', `--config=${config}`], {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
    extendEnv: false,
    stdin: 'ignore',
    stderr: 'inherit',
    buffer: false,
    reject: false,
    forceKillAfterDelay: false,
  });
  t.teardown(() => child.kill('SIGKILL'));
  let said = '';
  child.stdout.on('data', (part) => (said += String(part)));
  return {
    pid: child.pid ?? 0,
    serving: () => until(() => existsSync(join(spool, 'serving'))),
    log: () =>
      said
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    stop: async (): Promise<unknown> => {
      child.kill('SIGTERM');
      return (await child).exitCode;
    },
  };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(20);
}

function mountDisk(t: Test, name: string): Disk | undefined {
  const disk = createSmallDisk?.(join(t.testdirName, '..', `disk-${name}`));
  if (disk !== undefined) t.teardown(() => disk.close());
  return disk;
}

t.test(
  'the spool is full: the handler says so, and it goes on when there is room',
  async (t) => {
    const disk = mountDisk(t, 'spool');
    if (disk === undefined) return t.comment(`SKIPPED: ${whyNot}`);
    const at = join(t.testdirName, '..', 'disk-spool');
    const place = createPlace(t, join(at, 'spool'), t.testdirName);
    const served = startServe(t, place);
    await served.serving();

    disk.fill(0);
    const failed = place.event('none', '1');
    t.equal(
      failed.status,
      1,
      'whoever serves has not got it, and Nagios hears so',
    );
    t.strictSame(place.spooled(), [], 'no part of it is left');
    t.match(place.event('kicker', '2'), {
      status: 2,
      said: /^kicker: SPOOL_UNUSABLE: .* \(fix: make room.*\)\n$/,
    });
    t.strictSame(place.counts(), { events: 0, decisions: 0 });

    disk.free(0);
    t.strictSame(place.event('none', '3'), { status: 0, said: '' });
    await until(() => place.counts().events === 1);
    t.equal(await served.stop(), 0);
  },
);

t.test(
  'the ledger is full: told with the remedy; nothing is lost, and it goes on',
  async (t) => {
    const disk = mountDisk(t, 'ledger');
    if (disk === undefined) return t.comment(`SKIPPED: ${whyNot}`);
    const at = join(t.testdirName, '..', 'disk-ledger');
    const place = createPlace(t, join(t.testdirName, 'spool'), at);
    const served = startServe(t, place);
    await served.serving();
    t.equal(place.event('none', '1').status, 0);
    await until(() => place.counts().events === 1);

    disk.fill(served.pid);
    const ids = Array.from({ length: 60 }, (_, n) => String(n + 2));
    const handed = ids.map((id) => place.event('none', id));
    t.strictSame(
      handed.filter(({ status, said }) => status !== 0 || said !== ''),
      [],
    );
    const troubles = () =>
      served
        .log()
        .filter(({ event, what }) => event === 'trouble' && what === 'spool');
    await until(() => troubles().length > 0);
    t.match(troubles()[0], {
      code: 'LEDGER_UNWRITABLE',
      message: /full/,
      remedy: /^make room: df -h/,
    });
    const checked = execaSync(kicker, ['check', `--config=${place.config}`], {
      env: { PATH: '/usr/bin:/bin' },
      extendEnv: false,
      reject: false,
    });
    t.equal(checked.exitCode, 2, 'kicker check is red');
    t.match(checked.stdout, /FAIL ledger: .* is full/);

    disk.free(served.pid);
    await until(() => place.spooled().length === 0);
    t.strictSame(place.counts(), { events: 61, decisions: 61 });
    await until(() =>
      served
        .log()
        .some(
          ({ event, what }) => event === 'trouble-over' && what === 'spool',
        ),
    );
    t.equal(await served.stop(), 0);
  },
);

t.test(
  'both are full: the handler fails, in one line that says why',
  async (t) => {
    const disk = mountDisk(t, 'both');
    if (disk === undefined) return t.comment(`SKIPPED: ${whyNot}`);
    const at = join(t.testdirName, '..', 'disk-both');
    const place = createPlace(t, join(at, 'spool'), at);
    place.event('none', '1');
    const first = execaSync(
      kicker,
      ['serve', '--until-idle', `--config=${place.config}`],
      { env: { PATH: '/usr/bin:/bin' }, extendEnv: false, reject: false },
    );
    t.equal(first.exitCode, 0);
    disk.fill(0);
    const { status, said } = place.event('kicker', '2');
    t.equal(status, 2);
    t.equal(
      said
        .trim()
        .split('\n')
        .filter((line) => line.startsWith('kicker:')).length,
      1,
      said,
    );
    disk.free(0);
    t.strictSame(place.counts(), { events: 1, decisions: 1 });
  },
);
