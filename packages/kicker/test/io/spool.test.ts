import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { execaSync } from 'execa';
import t from 'tap';
import { openSpool } from '../../src/io/spool.ts';
import { errors } from '../../src/errors.ts';

/** when `put` writes, unless it is told an age */
const nowMs = 1_772_323_200_000;
const uid = process.getuid?.() ?? 0;

function textOf(...args: string[]): string {
  return ['kicker-event-1', 'nagios', ...args, '.']
    .map((field) => `${field}\0`)
    .join('');
}

/** @returns the name of an event in `place`, written `ageSeconds` ago */
function put(
  directory: string,
  text: string,
  { place = 'new', ageSeconds = 0, name = '' } = {},
): string {
  const kept = name === '' ? randomUUID() : name;
  const path = join(directory, place, kept);
  writeFileSync(path, text);
  const at = new Date(nowMs - ageSeconds * 1000);
  utimesSync(path, at, at);
  return kept;
}

t.test('events, oldest first, until they are removed', (t) => {
  const directory = join(t.testdir(), 'spool');
  const spool = openSpool(directory, uid);
  const late = put(directory, textOf('--host=b', ''));
  const early = put(directory, textOf('--host=a\n;'), { ageSeconds: 5 });
  for (const _ of [1, 2]) {
    const { events, rejected } = spool.scan(nowMs);
    t.match(events, [
      { name: early, monitor: 'nagios', args: ['--host=a\n;'] },
      { name: late, args: ['--host=b', ''] },
    ]);
    t.strictSame(rejected, []);
  }
  t.equal(
    spool.scan(nowMs).events[1]?.at.toISOString(),
    '2026-03-01T00:00:00.000Z',
  );
  spool.remove(early);
  spool.remove(early);
  t.match(spool.scan(nowMs).events, [{ name: late }]);
  t.match(spool.reject(late, 'MACRO_BAD'), /\/bad\/[0-9a-f-]{36}\.MACRO_BAD$/);
  t.strictSame(spool.scan(nowMs), { events: [], rejected: [] });
  t.match(spool.countBad(), {
    count: 1,
    dropped: 0,
    newest: { reason: 'MACRO_BAD' },
  });
  t.end();
});

t.test('only whole, owned, regular files of their own', (t) => {
  const directory = join(t.testdir({ secret: textOf('--host=x') }), 'spool');
  const spool = openSpool(directory, uid);
  const fresh = (name: string) => join(directory, 'new', name);
  const ids = Array.from({ length: 7 }, () => randomUUID());
  const [half, big, link, fifo, folder, hard, foreign] = ids as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  put(directory, textOf('--host=x').slice(0, -1), {
    name: half,
    ageSeconds: 90,
  });
  put(directory, textOf('x'.repeat(1_100_000)), { name: big });
  symlinkSync(join(directory, '..', 'secret'), fresh(link));
  execaSync('mkfifo', [fresh(fifo)]);
  mkdirSync(fresh(folder));
  linkSync(join(directory, '..', 'secret'), fresh(hard));
  if (uid === 0) {
    put(directory, textOf('--host=x'), { name: foreign });
    chownSync(fresh(foreign), 12_345, 12_345);
  }
  writeFileSync(Buffer.from(`${directory}/new/\xff\n$(x)`, 'latin1'), textOf());
  put(directory, textOf(), { name: '..data' });
  const good = put(directory, textOf('--host=web1'));

  const { events, rejected } = spool.scan(nowMs);
  t.strictSame(
    events.map(({ name }) => name),
    [good],
  );
  const flaws = new Map(rejected.map(({ name, flaw }) => [name, flaw]));
  for (const [name, flaw] of [
    [half, 'not-whole'],
    [big, 'too-large'],
    [link, 'not-a-file'],
    [fifo, 'not-a-file'],
    [folder, 'not-a-file'],
    [hard, 'linked'],
    ...(uid === 0 ? [[foreign, 'other-owner'] as const] : []),
    ['..data', 'bad-name'],
    ['\xff\n$(x)', 'bad-name'],
  ] as const) {
    t.equal(flaws.get(name), flaw, flaw);
  }
  t.strictSame(readdirSync(join(directory, 'new')), [good]);
  t.equal(readdirSync(join(directory, 'bad')).length, rejected.length);
  for (const name of readdirSync(join(directory, 'bad'))) {
    t.match(name, /^[0-9a-f-]{36}\.[a-z-]+$/, 'no name of a stranger');
  }
  t.match(readFileSync(join(directory, '..', 'secret'), 'utf8'), /host=x/);
  t.end();
});

t.test('what cannot be moved away hides nothing', (t) => {
  const directory = join(t.testdir(), 'spool');
  const spool = openSpool(directory, uid);
  // Not even root can move a thing into what is no directory.
  rmdirSync(join(directory, 'bad'));
  writeFileSync(join(directory, 'bad'), '');
  for (let count = 0; count < 1200; count += 1)
    put(directory, 'half', { ageSeconds: 90 });
  const good = put(directory, textOf('--host=web1'));
  let found: string[] = [];
  for (let scans = 0; scans < 3 && found.length === 0; scans += 1) {
    found = spool.scan(nowMs).events.map(({ name }) => name);
  }
  t.strictSame(found, [good]);
  t.end();
});

t.test('a flood of what is no event fills no disk', (t) => {
  const directory = join(t.testdir(), 'spool');
  const spool = openSpool(directory, uid);
  for (let count = 0; count < 1100; count += 1) {
    put(directory, textOf(), { name: `no-event-${count}` });
  }
  const rejected = [1, 2].flatMap(() => spool.scan(nowMs).rejected);
  t.equal(rejected.length, 1100);
  const { count, dropped } = spool.countBad();
  t.equal(readdirSync(join(directory, 'bad')).length, count);
  t.ok(count <= 1000, `${count} are kept`);
  t.equal(count + dropped, 1100);
  t.end();
});

t.test('a scan looks at a thousand', (t) => {
  const directory = join(t.testdir(), 'spool');
  const spool = openSpool(directory, uid);
  for (let count = 0; count < 2500; count += 1) put(directory, textOf('x'));
  const sizes: number[] = [];
  for (;;) {
    const { events } = spool.scan(nowMs);
    if (events.length === 0) break;
    sizes.push(events.length);
    for (const { name } of events) spool.remove(name);
  }
  t.strictSame(sizes, [1000, 1000, 500]);
  t.end();
});

t.test('a file that is being written, and one that was left so', (t) => {
  const directory = join(t.testdir(), 'spool');
  const spool = openSpool(directory, uid);
  put(directory, textOf('c').slice(0, 9), { ageSeconds: 5 });
  put(directory, '', { ageSeconds: 5 });
  const left = put(directory, textOf('d').slice(0, 9), { ageSeconds: 90 });
  t.match(spool.scan(nowMs), {
    events: [],
    rejected: [{ name: left, flaw: 'not-whole' }],
  });
  t.equal(readdirSync(join(directory, 'new')).length, 2);
  t.match(readdirSync(join(directory, 'bad')), [/\.not-whole$/]);
  t.end();
});

t.test('another kicker takes an event while it is listed: no trouble', (t) => {
  const directory = join(t.testdir(), 'spool');
  const spool = openSpool(directory, uid);
  put(directory, textOf('a').slice(0, 9), { ageSeconds: 9 });
  const taken = put(directory, textOf('b'), { ageSeconds: 5 });
  const left = put(directory, textOf('c'));
  // The time is asked for at the file that is not whole: behind the listing, before the next is read.
  const now = {
    valueOf: () => {
      unlinkSync(join(directory, 'new', taken));
      return nowMs;
    },
  } as unknown as number;
  const { events, rejected } = spool.scan(now);
  t.strictSame(
    events.map(({ name }) => name),
    [left],
  );
  t.strictSame(rejected, []);
  t.end();
});

t.test('a spool that is not safe, or none', (t) => {
  const dir = t.testdir({ file: '', open: {} });
  const unsafe = join(dir, 'open');
  chmodSync(unsafe, 0o777);
  t.throws(() => openSpool(unsafe, uid), {
    code: 'SPOOL_UNSAFE',
    remedy: errors.spoolUnsafe(unsafe).remedy,
  });
  t.throws(() => openSpool(join(dir, 'file'), uid), { code: 'SPOOL_UNUSABLE' });
  t.throws(() => openSpool(join(dir, 'file', 'x'), uid), {
    code: 'SPOOL_UNUSABLE',
    message: /ENOTDIR/,
  });
  t.end();
});
