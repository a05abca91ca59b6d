import t from 'tap';
import { SubmissionRate } from '../../src/run/submission-rate.ts';

t.test('a minute of kicks at once, then one at a time', (t) => {
  const rate = new SubmissionRate(60, 0);
  for (let n = 0; n < 60; n++) t.equal(rate.take(0), 0);
  t.equal(rate.take(0), 1000);
  t.equal(rate.take(400), 600);
  t.equal(rate.take(1000), 0, 'one place a second');
  t.equal(rate.take(1000), 1000);
  t.equal(rate.take(3000), 0);
  t.equal(rate.take(3000), 0);
  t.equal(rate.take(3000), 1000);
  t.end();
});

t.test('what is not used is not saved up beyond a minute', (t) => {
  const rate = new SubmissionRate(2, 0);
  const day = 24 * 60 * 60 * 1000;
  t.same(
    [1, 2, 3].map(() => rate.take(day)),
    [0, 0, 30_000],
  );
  t.end();
});
