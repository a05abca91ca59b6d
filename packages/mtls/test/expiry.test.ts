import t from 'tap';
import { expiryLevel, expirySeverity } from '../src/index.ts';

const now = new Date('2026-11-01T00:00:00Z');
const inMs = (ms: number): string => new Date(+now + ms).toISOString();
const day = 24 * 60 * 60 * 1000;

t.test('how near an end is, to the second', async (t) => {
  const cases = [
    [31 * day, 'far', 0],
    [30 * day + 1000, 'far', 0],
    [30 * day, 'month', 1],
    [7 * day + 1000, 'month', 1],
    [7 * day, 'week', 2],
    [day + 1000, 'week', 2],
    [day, 'day', 3],
    [1000, 'day', 3],
    [0, 'expired', 4],
    [-day, 'expired', 4],
  ] as const;
  for (const [ms, level, severity] of cases) {
    t.equal(expiryLevel(inMs(ms), now), level, inMs(ms));
    t.equal(expirySeverity(inMs(ms), now), severity, inMs(ms));
  }
});
