import t from 'tap';
import { inTurn } from '../../src/commands/in-turn.ts';

void t.test('the next begins when the one before has ended', async (t) => {
  const said: string[] = [];
  const slow = Promise.withResolvers<void>();
  let calls = 0;
  const work = inTurn(async () => {
    const call = String((calls += 1));
    said.push(`begins ${call}`);
    if (call === '1') await slow.promise;
    said.push(`ends ${call}`);
  });
  const first = work();
  const second = work();
  await new Promise((resolve) => setImmediate(resolve));
  t.same(said, ['begins 1']);
  slow.resolve();
  await Promise.all([first, second]);
  t.same(said, ['begins 1', 'ends 1', 'begins 2', 'ends 2']);
});
