import t from 'tap';
import { KickRate } from '../../src/run/kick-rate.ts';

const minuteMs = 60 * 1000;
/** how many of so many kicks pass */
const passed = (rate: KickRate, by: string, kicks: number, nowMs = 0): number =>
  Array.from({ length: kicks }, () => rate.take(by, nowMs)).filter(
    (waitMs) => waitMs === 0,
  ).length;

t.test('a minute of kicks at once, then one at a time', (t) => {
  const rate = new KickRate(60, 0);
  t.equal(passed(rate, 'a', 100), 60);
  t.equal(rate.take('a', 0), 1000);
  t.equal(rate.take('a', 400), 600);
  t.equal(rate.take('a', 1000), 0, 'one place a second');
  t.equal(rate.take('a', 1000), 1000);
  t.equal(passed(rate, 'a', 100, 3000), 2);
  t.equal(passed(rate, 'a', 100, 3000 + minuteMs), 60, 'a minute later');
  t.end();
});

t.test('what is not used is not saved up beyond a minute', (t) => {
  const rate = new KickRate(8, 0);
  t.equal(passed(rate, 'a', 20, 24 * 60 * minuteMs), 8);
  t.end();
});

t.test('a host that takes one kick a minute', (t) => {
  const rate = new KickRate(1, 0);
  t.equal(rate.take('a', 0), 0);
  t.equal(rate.take('a', 0), minuteMs);
  t.equal(rate.take('b', 0), 0, 'of each caller');
  t.end();
});

t.test('whoever never stops leaves the others their part', (t) => {
  const rate = new KickRate(120, 0);
  for (let second = 0; second < 120; second += 1) {
    passed(rate, 'flooder', 100, second * 1000);
    passed(rate, 'second flooder', 100, second * 1000);
  }
  t.ok(passed(rate, 'monitor', 100, 119 * 1000) >= 30);
  t.end();
});

t.test('a kick that cost less', (t) => {
  const rate = new KickRate(8, 0);
  const cheap = Array.from({ length: 100 }, () => {
    const waitMs = rate.take('a', 0);
    if (waitMs === 0) rate.giveBack('a', 0.75);
    return waitMs;
  });
  t.equal(cheap.filter((waitMs) => waitMs === 0).length, 29);
  rate.giveBack('a', 100);
  t.equal(passed(rate, 'a', 20), 2, 'never more than there are');
  t.end();
});

t.test('made up names are no way around it', (t) => {
  const rate = new KickRate(120, 0);
  const all = Array.from({ length: 10_000 }, (_, n) =>
    rate.take(`name${String(n)}`, 0),
  );
  t.ok(all.filter((waitMs) => waitMs === 0).length <= 90 + 32 * 30);
  t.ok(all.every((waitMs) => Number.isFinite(waitMs)));
  t.end();
});

t.test('32 callers have places of their own, a stranger has not', (t) => {
  const rate = new KickRate(120, 0);
  for (let n = 0; n < 32; n += 1) t.equal(rate.take(`name${String(n)}`, 0), 0);
  t.equal(passed(rate, 'flooder', 200), 90, 'what all share');
  t.equal(passed(rate, 'name31', 200), 29, 'what is its own');
  t.ok(rate.take('stranger', 0) > 0);
  rate.giveBack('stranger', 1);
  t.ok(rate.take('stranger', 0) > 0, 'nothing to give back to');
  t.end();
});

t.test('whoever has used nothing for a minute gives its place up', (t) => {
  const rate = new KickRate(120, 0);
  for (let n = 0; n < 32; n += 1) rate.take(`name${String(n)}`, 0);
  const later = minuteMs - 1;
  rate.take('name0', later);
  const stranger = passed(rate, 'stranger', 200, minuteMs);
  t.equal(stranger, 120, 'its own and what all share');
  t.equal(
    passed(rate, 'name0', 200, minuteMs),
    29,
    'who asked a moment ago is still known',
  );
  t.end();
});

t.test('nobody gives a place up that is in use', (t) => {
  const rate = new KickRate(120, 0);
  t.equal(passed(rate, 'name0', 200), 120);
  for (let n = 1; n < 32; n += 1) {
    t.equal(passed(rate, `name${String(n)}`, 200), 30);
  }
  t.equal(passed(rate, 'stranger', 200, 1000), 1, 'of what all share');
  t.end();
});
