import t from 'tap';
import { createLimiter } from '../../src/kicks/limiter.ts';

/** Work that begins when it may, and ends when it is told. */
function createWork() {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    begun,
    end: async (name: string): Promise<void> => {
      ends.get(name)?.();
      await turns();
    },
    work: (name: string) => (): Promise<void> => {
      begun.push(name);
      return new Promise((resolve) => ends.set(name, resolve));
    },
  };
}

async function turns(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

void t.test('so many at once, then first come first served', async (t) => {
  const limit = createLimiter(2);
  const { work, begun, end } = createWork();
  for (const name of ['a', 'b', 'c', 'd']) void limit(work(name), 0);
  await turns();
  t.strictSame(begun, ['a', 'b']);
  await end('b');
  t.strictSame(begun, ['a', 'b', 'c']);
  await end('a');
  await end('c');
  t.strictSame(begun, ['a', 'b', 'c', 'd']);
  await end('d');
  void limit(work('e'), 0);
  void limit(work('f'), 0);
  void limit(work('g'), 0);
  await turns();
  t.strictSame(begun.slice(4), ['e', 'f'], 'as many as before');
});

void t.test('what has failed gets a quarter of the places', async (t) => {
  const limit = createLimiter(8);
  const { work, begun, end } = createWork();
  for (const name of ['a', 'b', 'c']) void limit(work(name), 1);
  for (const name of ['x', 'y']) void limit(work(name), 0);
  await turns();
  t.strictSame(begun.toSorted(), ['a', 'b', 'x', 'y']);
  await end('a');
  t.strictSame(begun.at(-1), 'c');
});

void t.test(
  'however few places there are, one is for what has failed',
  async (t) => {
    const limit = createLimiter(1);
    const { work, begun } = createWork();
    void limit(work('a'), 3);
    await turns();
    t.strictSame(begun, ['a']);
  },
);

void t.test('work that throws gives its place back', async (t) => {
  const limit = createLimiter(1);
  await t.rejects(
    limit(() => Promise.reject(new Error('no')), 0),
    /no/,
  );
  t.equal(await limit(() => Promise.resolve(7), 0), 7);
});
