import t from 'tap';
import { createChores } from '../../src/serve/chores.ts';

function createWorld(work: () => void | Promise<void>) {
  let nowMs = 0;
  const seen: string[] = [];
  const chores = createChores({ monotonicMs: () => nowMs }, [
    { name: 'work', everyMs: 1000, work },
    { name: 'other', everyMs: 1000, work: () => {} },
  ]);
  return {
    seen,
    runAt: (ms: number) => {
      nowMs = ms;
      chores.run({
        failed: (what, error) => seen.push(`${what}: ${String(error)}`),
        passed: (what) => seen.push(what),
      });
    },
  };
}

t.test('at once, and then each in its turn', (t) => {
  let times = 0;
  const world = createWorld(() => {
    times += 1;
  });
  for (const ms of [0, 1, 999, 1000, 1001, 2000]) world.runAt(ms);
  t.equal(times, 3);
  t.end();
});

t.test('one that fails comes again, and stops no other', (t) => {
  const world = createWorld(() => {
    throw new Error('x');
  });
  world.runAt(0);
  world.runAt(1000);
  t.strictSame(world.seen, [
    'work: Error: x',
    'other',
    'work: Error: x',
    'other',
  ]);
  t.end();
});

t.test('one that takes its time is told of when it ends', async (t) => {
  const ends: PromiseWithResolvers<void>[] = [];
  const world = createWorld(() => {
    const end = Promise.withResolvers<void>();
    ends.push(end);
    return end.promise;
  });
  world.runAt(0);
  world.runAt(1000);
  t.strictSame(world.seen, ['other', 'other']);
  ends[0]?.reject(new Error('x'));
  await new Promise(setImmediate);
  ends[1]?.resolve();
  await new Promise(setImmediate);
  t.strictSame(world.seen.slice(2), ['work: Error: x', 'work']);
});
