import t from 'tap';
import {
  createStarts,
  endOfDowntime,
  isOn,
  withPlan,
  type Plan,
} from '../../src/rehearse/log-flags.ts';

void t.test('a start ends what was told before it', async (t) => {
  const starts = createStarts();
  t.equal(starts.lastOf(0), 0);
  const flag = { sinceMs: 0, order: starts.next() };
  t.ok(isOn(flag, starts.lastOf(0), 1000));
  starts.begin(1, false);
  t.ok(isOn(flag, starts.lastOf(0), 1000), 'the start of another monitor');
  t.notOk(isOn(flag, starts.lastOf(1), 1000), 'its own');
  starts.begin(1, true);
  t.notOk(isOn(flag, starts.lastOf(0), 1000), 'that of the only one');
  const again = { sinceMs: 0, order: starts.next() };
  t.ok(isOn(again, starts.lastOf(0), 1000));
  t.ok(isOn(again, starts.lastOf(1), 1000));
});

void t.test('a flag with an end', async (t) => {
  const flag = { sinceMs: 0, order: 1, untilMs: 5000 };
  t.ok(isOn(flag, 0, 4999));
  t.notOk(isOn(flag, 0, 5000));
  t.notOk(isOn(undefined, 0, 0));
});

void t.test('when a downtime ends, by the plans for it', async (t) => {
  const hour = 60 * 60 * 1000;
  const rows: [plans: Plan[], atMs: number, untilMs: number | undefined][] = [
    [[], 0, undefined],
    [[{ startMs: hour, endMs: 2 * hour }], hour, 2 * hour],
    [[{ startMs: hour, endMs: 2 * hour }], hour - 60_000, 2 * hour],
    [[{ startMs: hour, endMs: 2 * hour }], hour - 60_001, undefined],
    [[{ startMs: hour, endMs: 2 * hour }], 2 * hour, undefined],
    [
      [
        { startMs: hour, endMs: 4 * hour },
        { startMs: hour, endMs: 2 * hour },
      ],
      hour,
      4 * hour,
    ],
    [
      [{ startMs: hour, endMs: 9 * hour, flexibleMs: hour }],
      3 * hour,
      4 * hour,
    ],
  ];
  for (const [plans, atMs, untilMs] of rows) {
    t.equal(endOfDowntime(plans, atMs), untilMs, JSON.stringify(plans));
  }
});

void t.test(
  'a flexible downtime that a restart tells again is no longer',
  async (t) => {
    const plans: Plan[] = [{ startMs: 0, endMs: 100_000, flexibleMs: 10_000 }];
    t.equal(endOfDowntime(plans, 5000), 15_000);
    t.equal(endOfDowntime(plans, 9000), 15_000);
    const next: Plan = { startMs: 20_000, endMs: 30_000 };
    t.strictSame(withPlan(plans, next, 14_999), [
      { startMs: 0, endMs: 15_000 },
      next,
    ]);
    t.strictSame(withPlan(plans, next, 15_000), [next]);
  },
);
