import t from 'tap';
import { isoOf } from '../src/iso-time.ts';

t.test('ISO 8601 in UTC, and words where there is no time', (t) => {
  const cases: [Date, string][] = [
    [new Date(0), '1970-01-01T00:00:00.000Z'],
    [new Date(8.64e15), '+275760-09-13T00:00:00.000Z'],
    [new Date(8.64e15 + 1), 'no time'],
    [new Date(Number.NaN), 'no time'],
  ];
  for (const [time, text] of cases) t.equal(isoOf(time), text);
  t.end();
});
