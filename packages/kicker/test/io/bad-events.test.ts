import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { countBadEvents, openBadDirectory } from '../../src/io/bad-events.ts';

function createSite(t: Test) {
  const dir = t.testdir({ bad: {}, new: {} });
  const bad = join(dir, 'bad');
  const put = (name: string, text = 'x'): string => {
    const path = join(dir, 'new', name);
    writeFileSync(path, text);
    return path;
  };
  return { dir, bad, put };
}

/** The numbers of the files that are left, as `put` counted them. */
function leftIn(bad: string): number[] {
  return readdirSync(bad)
    .map((name) => Number(name.split('.')[0]))
    .toSorted((a, b) => a - b);
}

t.test('at most so many files, the oldest go', (t) => {
  const { bad, put } = createSite(t);
  const directory = openBadDirectory(bad, { files: 10, bytes: 1e6 });
  t.strictSame(directory.count(), { count: 0, dropped: 0 });
  let most = 0;
  for (let number = 0; number < 25; number += 1) {
    const name = String(number);
    const to = directory.add(put(name), name, 'MACRO_BAD');
    t.equal(to, join(bad, `${name}.MACRO_BAD`));
    const left = leftIn(bad);
    most = Math.max(most, left.length);
    t.equal(left.at(-1), number, 'the newest is there');
    t.equal(left.length, number - (left[0] ?? 0) + 1, 'no hole');
  }
  t.equal(most, 10);
  const { count, dropped, newest } = directory.count();
  t.equal(count + dropped, 25);
  t.equal(newest?.reason, 'MACRO_BAD');
  t.end();
});

t.test('at most so many bytes; the newest stays, however large', (t) => {
  const { bad, put } = createSite(t);
  const directory = openBadDirectory(bad, { files: 100, bytes: 1000 });
  for (const number of [0, 1, 2]) {
    const name = String(number);
    directory.add(put(name, 'x'.repeat(400)), name, 'too-large');
  }
  t.strictSame(leftIn(bad), [1, 2]);
  directory.add(put('3', 'x'.repeat(5000)), '3', 'too-large');
  t.strictSame(leftIn(bad), [3]);
  t.match(directory.count(), { count: 1, dropped: 3 });
  t.end();
});

t.test('what an earlier kicker left is bounded at the start', (t) => {
  const { dir, bad, put } = createSite(t);
  for (let number = 0; number < 30; number += 1) {
    writeFileSync(join(bad, `${number}.not-whole`), '');
  }
  mkdirSync(join(bad, '30.not-a-file'));
  writeFileSync(join(bad, '30.not-a-file', 'x'), '');
  symlinkSync(join(dir, 'kept'), join(bad, '31.not-a-file'));
  writeFileSync(join(dir, 'kept'), '');
  const directory = openBadDirectory(bad, { files: 10, bytes: 1e6 });
  t.match(directory.count(), { count: 9, dropped: 23 });
  for (let number = 32; number < 60; number += 1) {
    directory.add(put(String(number)), String(number), 'USAGE');
  }
  t.notOk(leftIn(bad).includes(31), 'links and folders go as well');
  t.ok(readdirSync(dir).includes('kept'), 'and nothing behind a link');
  t.end();
});

t.test('what lies there, and why the newest', (t) => {
  const { bad, put } = createSite(t);
  const directory = openBadDirectory(bad);
  t.equal(directory.add(join(bad, 'none'), 'a', 'USAGE'), undefined);
  directory.add(put('a'), 'a', 'USAGE');
  directory.add(put('b'), 'b', 'not-an-event');
  const { count, newest } = directory.count();
  t.equal(count, 2);
  t.equal(newest?.reason, 'not-an-event');
  t.ok(newest !== undefined && Date.now() - newest.at.getTime() < 60_000);
  t.equal(countBadEvents(bad).count, 2, 'as another process sees it');
  t.throws(() => countBadEvents(join(bad, 'none')), { code: 'ENOENT' });
  t.end();
});
