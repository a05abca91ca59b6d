import { EventEmitter, once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { mock } from 'node:test';
import t, { type Test } from 'tap';
import { startFileTriggers, stampOf } from '../src/file-triggers.ts';
import type { TlsFiles } from '../src/material.ts';

/** Four files, each in a directory of its own. */
function setUp(t: Test): TlsFiles {
  const dir = t.testdir({
    a: { 'cert.pem': 'c' },
    b: { 'key.pem': 'k' },
    c: { 'ca.pem': 'ca' },
    d: { 'crl.pem': 'crl' },
  });
  return {
    cert: join(dir, 'a', 'cert.pem'),
    key: join(dir, 'b', 'key.pem'),
    ca: join(dir, 'c', 'ca.pem'),
    crl: join(dir, 'd', 'crl.pem'),
  };
}
const pathsOf = (files: TlsFiles): string[] => Object.values(files);
const statOf = (file: string) => statSync(file, { bigint: true });

t.test('the stamp of four files: which they are, and since when', async (t) => {
  const files = setUp(t);
  const parts = pathsOf(files).map((file) => {
    const { dev, ino, size, mtimeNs, ctimeNs } = statOf(file);
    return [dev, ino, size, mtimeNs, ctimeNs].join(':');
  });
  const { text } = await stampOf(files, new Date());
  t.equal(text, parts.join(' '));
});

t.test(
  'the stamp is another after each change, and else the same',
  async (t) => {
    const files = setUp(t);
    const now = new Date();
    const changes: [string, () => void][] = [
      ['another mode', () => chmodSync(files.key, 0o600)],
      ['another time', () => utimesSync(files.cert, 1, 1)],
      ['more in it', () => writeFileSync(files.ca, 'ca and more')],
      [
        'another file',
        () => {
          writeFileSync(`${files.crl}.new`, 'crl');
          renameSync(`${files.crl}.new`, files.crl);
        },
      ],
      ['a file gone', () => rmSync(files.crl)],
    ];
    let before = await stampOf(files, now);
    for (const [what, change] of changes) {
      t.equal((await stampOf(files, now)).text, before.text);
      change();
      const after = await stampOf(files, now);
      t.not(after.text, before.text, what);
      before = after;
    }
    t.match(before.text, /ENOENT/);
  },
);

t.test('settled where each file is two seconds old', async (t) => {
  const files = setUp(t);
  const youngest = Math.max(
    ...pathsOf(files).map((file) => Number(statOf(file).ctimeMs)),
  );
  const isSettledAt = async (ms: number): Promise<boolean> =>
    (await stampOf(files, new Date(ms))).isSettled;
  t.equal(await isSettledAt(youngest + 2000), true);
  t.equal(await isSettledAt(youngest + 1999), false);
  t.equal(await isSettledAt(youngest), false);
  t.equal(await isSettledAt(youngest - 1000), false, 'a clock put back');
  for (const file of pathsOf(files)) rmSync(file);
  t.equal(await isSettledAt(0), true, 'no file, nothing young');
});

interface Started {
  abort: AbortController;
  /** emits 'trigger' */
  events: EventEmitter;
  count: () => number;
  /** ends what was begun by the triggers so far */
  finish: () => Promise<void>;
}

/** With a clock that stands; each trigger takes until `finish`. */
function start(t: Test, files: TlsFiles): Started {
  const abort = new AbortController();
  const events = new EventEmitter();
  let count = 0;
  let open: (() => void)[] = [];
  t.teardown(() => abort.abort());
  startFileTriggers({
    files,
    signal: abort.signal,
    pollMs: 500,
    onTrigger: () => {
      count += 1;
      events.emit('trigger');
      return new Promise((resolve) => open.push(resolve));
    },
  });
  return {
    abort,
    events,
    count: () => count,
    finish: async () => {
      for (const end of open) end();
      open = [];
      await new Promise(setImmediate);
    },
  };
}
function stopClock(t: Test): void {
  mock.timers.enable({ apis: ['setInterval'] });
  // the triggers hold no process open
  const open = setTimeout(() => undefined, 60_000);
  t.teardown(() => {
    clearTimeout(open);
    mock.timers.reset();
  });
}
/** One event, of the directory of this file. */
function touch(file: string): void {
  mkdirSync(join(dirname(file), 'more'));
}

t.test('a look each poll, one at a time', async (t) => {
  stopClock(t);
  const { count, finish } = start(t, setUp(t));
  mock.timers.tick(499);
  t.equal(count(), 0);
  mock.timers.tick(1);
  t.equal(count(), 1);
  mock.timers.tick(5000);
  t.equal(count(), 1, 'the first is not over');
  await finish();
  mock.timers.tick(499);
  t.equal(count(), 1);
  mock.timers.tick(1);
  t.equal(count(), 2);
});

t.test('a look on an event of each directory', async (t) => {
  stopClock(t);
  const files = setUp(t);
  const { events, count, finish } = start(t, files);
  for (const file of pathsOf(files)) {
    const before = count();
    const triggered = once(events, 'trigger');
    touch(file);
    await triggered;
    t.equal(count(), before + 1, file);
    await finish();
  }
});

t.test('where a directory is missing the poll is left', async (t) => {
  stopClock(t);
  const files = setUp(t);
  rmSync(dirname(files.crl), { recursive: true });
  const { abort, events, count, finish } = start(t, files);
  mock.timers.tick(500);
  t.equal(count(), 1);
  await finish();
  const triggered = once(events, 'trigger');
  touch(files.cert);
  await triggered;
  t.doesNotThrow(() => abort.abort());
});

t.test(
  'nothing after the abort, and nothing where it came before',
  async (t) => {
    stopClock(t);
    const files = setUp(t);
    const over = start(t, files);
    over.abort.abort();
    let late = 0;
    startFileTriggers({
      files,
      signal: AbortSignal.abort(),
      pollMs: 500,
      onTrigger: async () => {
        late += 1;
      },
    });
    // began last, so it hears of everything last
    const live = start(t, files);
    for (const file of pathsOf(files)) {
      const triggered = once(live.events, 'trigger');
      writeFileSync(file, 'changed');
      await triggered;
      await live.finish();
    }
    mock.timers.tick(500);
    t.equal(live.count(), pathsOf(files).length + 1);
    t.equal(over.count(), 0);
    t.equal(late, 0);
  },
);

t.test('holds no process open', async (t) => {
  const files = setUp(t);
  const before = process.getActiveResourcesInfo().toSorted();
  start(t, files);
  t.strictSame(process.getActiveResourcesInfo().toSorted(), before);
});
