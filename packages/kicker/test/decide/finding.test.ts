import t from 'tap';
import { showMs } from '../../src/decide/finding.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
for (const [ms, shown] of [
  [0, '0 s'],
  [499, '0 s'],
  [1500, '2 s'],
  [99 * second, '99 s'],
  [100 * second, '2 min'],
  [99 * minute, '99 min'],
  [100 * minute, '2 h'],
  [47 * hour, '47 h'],
  [48 * hour, '2 d'],
  [10 * day + 13 * hour, '11 d'],
] as const) {
  t.equal(showMs(ms), shown);
}
