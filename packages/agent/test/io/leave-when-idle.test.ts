import { mock } from 'node:test';
import { createFakeClock } from '@kickd/testkit';
import t, { type Test } from 'tap';
import { leaveWhenIdle, type Activity } from '../../src/io/leave-when-idle.ts';

/** A process that may leave after three seconds. */
function watch(t: Test, activity: Activity) {
  mock.timers.enable({ apis: ['setInterval'] });
  t.teardown(() => mock.timers.reset());
  const clock = createFakeClock();
  let left = 0;
  const told: unknown[] = [];
  const stop = leaveWhenIdle(
    { afterMs: 3000, leave: () => (left += 1) },
    'listener-leaves',
    () => activity,
    { clock, narrator: { tell: (event) => void told.push(event) } },
  );
  return {
    stop,
    left: () => left,
    told,
    pass: async (seconds: number): Promise<void> => {
      for (let second = 0; second < seconds; second += 1) {
        await clock.advance(1000);
        mock.timers.tick(1000);
      }
    },
  };
}

t.test('it leaves once, and not too soon', async (t) => {
  const process = watch(t, { underWay: 0, begun: 0 });
  await process.pass(2);
  t.equal(process.left(), 0);
  await process.pass(1);
  t.equal(process.left(), 1);
  await process.pass(10);
  t.equal(process.left(), 1);
  t.strictSame(process.told, [{ event: 'listener-leaves', afterSeconds: 3 }]);
});

t.test('never while something is under way', async (t) => {
  const activity = { underWay: 1, begun: 1 };
  const process = watch(t, activity);
  await process.pass(100);
  activity.underWay = 0;
  await process.pass(2);
  t.equal(process.left(), 0, 'the time counts from its end');
  await process.pass(1);
  t.equal(process.left(), 1);
});

t.test('what came and went between two looks counts', async (t) => {
  const activity = { underWay: 0, begun: 7 };
  const process = watch(t, activity);
  for (let round = 0; round < 5; round += 1) {
    await process.pass(2);
    activity.begun += 1;
  }
  t.equal(process.left(), 0);
  await process.pass(4);
  t.equal(process.left(), 1);
});

t.test('one that is closed looks no more', async (t) => {
  const process = watch(t, { underWay: 0, begun: 0 });
  process.stop();
  await process.pass(10);
  t.equal(process.left(), 0);
});
