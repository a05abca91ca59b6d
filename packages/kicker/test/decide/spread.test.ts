import t from 'tap';
import { spreadMs } from '../../src/decide/spread.ts';

void t.test(
  'a delay and up to as much again, half a minute at most',
  async (t) => {
    const keys = Array.from({ length: 200 }, (_, index) => `web${index}\tHTTP`);
    for (const [ms, least, most] of [
      [0, 1000, 2000],
      [5000, 5000, 10_000],
      [600_000, 600_000, 630_000],
    ] as const) {
      const spread = keys.map((key) => spreadMs(ms, key));
      t.ok(
        spread.every((one) => one >= least && one <= most),
        `${ms}`,
      );
      t.ok(Math.min(...spread) < least + (most - least) / 10, 'from the first');
      t.ok(Math.max(...spread) > most - (most - least) / 10, 'to the last');
    }
  },
);

void t.test('each key always has the same', async (t) => {
  t.equal(spreadMs(5000, 'web1\tHTTP'), spreadMs(5000, 'web1\tHTTP'));
  t.not(spreadMs(5000, 'web1\tHTTP'), spreadMs(5000, 'web2\tHTTP'));
  // FNV-1a of the empty text and of `a`, as in http://www.isthe.com/chongo/tech/comp/fnv/
  t.equal(
    spreadMs(10_000, ''),
    Math.round(10_000 + 10_000 * (0x811c9dc5 / 2 ** 32)),
  );
  t.equal(
    spreadMs(10_000, 'a'),
    Math.round(10_000 + 10_000 * (0xe40c292c / 2 ** 32)),
  );
});
