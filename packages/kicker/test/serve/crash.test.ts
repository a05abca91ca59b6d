import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createWorld, problemOf, until, type World } from './world.ts';

/** A problem from its first event to green, with a kicker that dies at `dieAt` and one that comes after it. */
async function play(
  dir: string,
  dieAt: number,
): Promise<{ world: World; steps: number; died: boolean }> {
  const world = createWorld(dir);
  let isGreen = false;
  world.onRecheck = () => {
    if (isGreen) return;
    isGreen = true;
    world.put({ state: 'OK', stateType: 'HARD', attempt: 4 });
  };
  world.put({});
  world.put({ stateType: 'HARD', attempt: 4 });
  const first = world.start('first', dieAt);
  const isOver = () =>
    world.spooled().length === 0 &&
    world.ledger.listOpen(1).length === 0 &&
    world.ledger.countActions() === 0 &&
    isGreen;
  await until(
    `the end, or death at ${dieAt}`,
    world,
    () => first.isDead() || isOver(),
  );
  const died = first.isDead();
  if (died) {
    await first.ended;
    const second = world.start('second');
    await until(`the end after death at ${dieAt}`, world, isOver);
    await second.stop();
  } else await first.stop();
  return { world, steps: first.steps(), died };
}

/** The laws: nothing lost, nothing doubled, every count as if nothing had happened. */
function judge(t: Test, world: World, dieAt: number): void {
  const entries = world.ledger.entriesOf({ problem: problemOf('web1') });
  const count = (kind: string) =>
    entries.filter(({ entry }) => entry.kind === kind).length;
  const facts = {
    events: count('event'),
    decisions: count('decision'),
    kicks: count('kick'),
    runs: world.runs.size,
    outcomes: count('outcome'),
    verdicts: count('verdict'),
    comments: count('action') >= 3,
    waiting: world.ledger.countWaiting(),
    open: world.ledger.read('fleet', '')?.open,
    counted: world.ledger.read('service', 'web1\tHTTP')?.kicks.length,
  };
  t.strictSame(
    facts,
    {
      events: 3,
      decisions: 3,
      kicks: 1,
      runs: 1,
      outcomes: 1,
      verdicts: 1,
      comments: true,
      waiting: 0,
      open: 0,
      counted: 1,
    },
    `dead at ${dieAt}`,
  );
}

void t.test('kill -9 before and after every step', async (t) => {
  const root = t.testdir();
  const whole = await play(join(root, 'whole'), Number.POSITIVE_INFINITY);
  judge(t, whole.world, -1);
  whole.world.close();
  t.ok(whole.steps > 12, `${whole.steps} steps`);
  let deaths = 0;
  for (let dieAt = 0.5; dieAt <= whole.steps; dieAt += 0.5) {
    const { world, died } = await play(join(root, `at-${dieAt}`), dieAt);
    judge(t, world, dieAt);
    world.close();
    if (died) deaths += 1;
  }
  t.ok(deaths >= whole.steps, `${deaths} deaths`);
});
