import t from 'tap';
import { createTargets, playTargets } from './fuzz/play.ts';

/** The short form of `npm run fuzz`: what is kept, and three batches of every reader, always the same. */
t.test('no reader stumbles, and nothing is started', async (t) => {
  const targets = await createTargets();
  t.teardown(async () => {
    for (const target of targets) await target.close?.();
  });
  const isOver = (batches: number): boolean => batches >= 3 * targets.length;
  const played = await playTargets(targets, { seed: 1, isOver });
  t.same(played.crashes, []);
  t.equal(played.runsStarted, 0);
  for (const [name, count] of played.inputs)
    t.ok(count >= 30, `${name}: ${String(count)}`);
});
