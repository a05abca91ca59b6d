import t from 'tap';
import { eachAtOnce } from '../../src/commands/each-at-once.ts';

/** Work that ends when it is told to. */
function createWork() {
  const begun: string[] = [];
  const open = new Map<string, PromiseWithResolvers<string>>();
  return {
    begun,
    work: (item: string): Promise<string> => {
      begun.push(item);
      const own = Promise.withResolvers<string>();
      open.set(item, own);
      return own.promise;
    },
    end: (item: string) => open.get(item)?.resolve(`${item}!`),
    fail: (item: string) => open.get(item)?.reject(new Error(item)),
  };
}

/** Lets all that can go on without an end go on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

t.test('so many at a time, each as soon as it is done', async (t) => {
  const { work, begun, end } = createWork();
  const results = eachAtOnce(['a', 'b', 'c'], 2, work);
  const first = results.next();
  t.strictSame(begun, ['a', 'b']);
  end('b');
  t.strictSame(await first, { done: false, value: 'b!' });
  t.strictSame(begun, ['a', 'b', 'c'], 'nobody waits for the consumer');
  const second = results.next();
  await settle();
  end('c');
  t.strictSame(await second, { done: false, value: 'c!' });
  const third = results.next();
  end('a');
  t.strictSame(await third, { done: false, value: 'a!' });
  t.strictSame(await results.next(), { done: true, value: undefined });
});

t.test('several that end at once are all there', async (t) => {
  const { work, end } = createWork();
  const results = eachAtOnce(['a', 'b'], 9, work);
  const first = results.next();
  end('a');
  end('b');
  t.strictSame(
    [await first, await results.next()],
    [
      { done: false, value: 'a!' },
      { done: false, value: 'b!' },
    ],
  );
});

t.test('none at all; one that fails', async (t) => {
  const none = createWork();
  t.strictSame(await eachAtOnce([], 2, none.work).next(), {
    done: true,
    value: undefined,
  });
  const { work, fail } = createWork();
  const first = eachAtOnce(['a', 'b'], 2, work).next();
  fail('b');
  await t.rejects(first, new Error('b'));
});
