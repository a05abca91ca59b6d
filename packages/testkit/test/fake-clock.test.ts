import t from 'tap';
import { createFakeClock } from '../src/index.ts';

t.test('moves only when told, and wakes sleepers in order', async (t) => {
  const clock = createFakeClock('2026-03-01T00:00:00Z');
  const woken: string[] = [];
  const sleep = async (name: string, ms: number): Promise<void> => {
    await clock.sleep(ms);
    woken.push(`${name} at ${clock.monotonicMs()}`);
  };
  const all = Promise.all([
    sleep('late', 20),
    sleep('early', 10),
    sleep('twice', 5).then(() => sleep('again', 5)),
  ]);
  t.equal(clock.sleepers(), 3);
  await clock.advance(4);
  t.strictSame(woken, []);
  await clock.advance(16);
  await all;
  t.strictSame(woken, [
    'twice at 5',
    'early at 10',
    'again at 10',
    'late at 20',
  ]);
  t.equal(clock.now().toISOString(), '2026-03-01T00:00:00.020Z');
  clock.setWall(new Date('2020-01-01T00:00:00Z'));
  t.equal(clock.monotonicMs(), 20);
});

t.test('an aborted sleep rejects with the reason and is gone', async (t) => {
  const clock = createFakeClock();
  const abort = new AbortController();
  const sleeping = clock.sleep(10, { signal: abort.signal });
  abort.abort(new Error('enough'));
  await t.rejects(sleeping, { message: 'enough' });
  t.equal(clock.sleepers(), 0);
  await t.rejects(clock.sleep(1, { signal: abort.signal }), {
    message: 'enough',
  });
});
