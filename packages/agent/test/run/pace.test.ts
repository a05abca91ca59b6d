import t from 'tap';
import { Pace } from '../../src/run/pace.ts';

t.test('a run may start an interval after the last one', (t) => {
  const pace = new Pace(5000, Infinity, 1_000_000);
  t.equal(pace.restMs(1_000_000), 0, 'there was none');
  pace.started(1_000_000);
  t.equal(pace.restMs(1_000_000), 5000);
  t.equal(pace.restMs(1_004_999), 1);
  t.equal(pace.restMs(1_005_000), 0);
  t.equal(pace.restMs(9_000_000), 0);
  t.end();
});

t.test('the start before a restart of kickd counts', (t) => {
  t.equal(new Pace(5000, 2000, 1_000_000).restMs(1_000_000), 3000);
  t.equal(new Pace(5000, 5000, 1_000_000).restMs(1_000_000), 0);
  t.end();
});

t.test('one in the future counts as now: a clock was set back', (t) => {
  t.equal(new Pace(5000, -3_600_000, 1_000_000).restMs(1_000_000), 5000);
  t.end();
});
