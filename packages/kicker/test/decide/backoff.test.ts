import t from 'tap';
import { backoffMs } from '../../src/decide/backoff.ts';

const rows: [number, number, number][] = [
  [1, 500, 1000],
  [2, 1000, 2000],
  [5, 8000, 16_000],
  [6, 15_000, 30_000],
  [1000, 15_000, 30_000],
];
for (const [failures, least, most] of rows) {
  t.equal(backoffMs(failures, 0), least, `${failures} failures, no luck`);
  t.equal(backoffMs(failures, 1), most, `${failures} failures, all luck`);
}
