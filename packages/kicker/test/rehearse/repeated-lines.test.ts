import t from 'tap';
import { createRepeatedLines } from '../../src/rehearse/repeated-lines.ts';

void t.test('the same line in the same second', async (t) => {
  const repeats = createRepeatedLines();
  const rows: [line: string, atMs: number, isRepeated: boolean][] = [
    ['a', 1000, false],
    ['b', 1000, false],
    ['a', 1000, true],
    ['a', 2000, false],
    ['b', 2000, false],
    ['b', 2000, true],
    ['b', 2000, true],
  ];
  for (const [line, atMs, isRepeated] of rows) {
    t.equal(repeats.isRepeated(line, atMs), isRepeated, `${line} ${atMs}`);
  }
  t.equal(repeats.count, 3);
});

void t.test('in a second with many lines too', async (t) => {
  const repeats = createRepeatedLines();
  const lines = Array.from({ length: 50 }, (_, index) => `line ${index}`);
  for (const line of lines) t.notOk(repeats.isRepeated(line, 1000));
  for (const line of lines) t.ok(repeats.isRepeated(line, 1000));
  t.notOk(repeats.isRepeated('line 7', 2000));
  t.equal(repeats.count, 50);
});
