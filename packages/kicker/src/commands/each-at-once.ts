/**
 * Works on several items at a time, and yields each result as soon as it is there. The next item is begun when one is
 * done, whether or not somebody has taken its result.
 * @param most this many at a time
 * @throws what `work` throws
 */
export async function* eachAtOnce<Item, Result>(
  items: readonly Item[],
  most: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void, void> {
  const queue = items.values();
  const results: Result[] = [];
  let wake = Promise.withResolvers<void>();
  const hand = async (): Promise<void> => {
    for (const item of queue) {
      results.push(await work(item));
      wake.resolve();
    }
  };
  const hands = Array.from({ length: Math.min(most, items.length) }, hand);
  const all = Promise.all(hands);
  for (let count = 0; count < items.length; count += 1) {
    // A hand that fails ends the wait as well.
    if (results.length === 0) await Promise.race([wake.promise, all]);
    wake = Promise.withResolvers();
    const [result] = results.splice(0, 1);
    // One comes for each item: `results` is not empty here.
    yield result as Result;
  }
  await all;
}
