import t from 'tap';
import { emptyService } from '../../src/decide/service-memory.ts';
import {
  settleOverdue,
  withFutile,
  withHealed,
} from '../../src/decide/verdict.ts';

const service = { ...emptyService(0), futile: 1 };
const verifying = { kick: 'k', untilMs: 500, futileRuns: 2 };
const problem = { sinceMs: 0, ids: {}, kicks: 1, isTold: false };
const block = { why: 'futile', atMs: 7 } as const;

void t.test('healed', async (t) => {
  t.strictSame(withHealed({ ...service, verifying }, 9), {
    ...service,
    healedMs: 9,
  });
  t.strictSame(
    withHealed({ ...service, futile: 2, block, verifying }, 9),
    { ...service, futile: 1, healedMs: 9 },
    'a relapse is enough to stop again',
  );
});

void t.test('not helped', async (t) => {
  t.strictSame(withFutile({ ...service, futile: 0, verifying }, 9, 'v1', 2), {
    ...service,
    futile: 1,
  });
  t.strictSame(withFutile({ ...service, verifying }, 9, 'v1', 2), {
    ...service,
    futile: 2,
    block: { why: 'futile', atMs: 9, policy: 'v1' },
  });
  t.strictSame(withFutile({ ...service, futile: 2 }, 9, undefined, 2), {
    ...service,
    futile: 2,
    block: { why: 'futile', atMs: 9 },
  });
});

void t.test('the host called it not needed', async (t) => {
  const green = { ...verifying, isNotNeeded: true } as const;
  t.strictSame(
    withHealed({ ...service, verifying: green, healedMs: 3 }, 9),
    { ...service, healedMs: 3 },
    'nothing was repaired, so that nothing can relapse',
  );
  t.strictSame(withHealed(service, 9, true), service);
  const once = withFutile(
    { ...service, futile: 0, verifying: green },
    9,
    'v1',
    2,
  );
  t.strictSame(once, { ...service, futile: 1, notNeeded: 1 });
  t.strictSame(withFutile({ ...once, verifying: green }, 9, 'v1', 2), {
    ...service,
    futile: 2,
    notNeeded: 2,
    block: { why: 'futile', atMs: 9, policy: 'v1' },
  });
  t.strictSame(
    withFutile({ ...once, verifying }, 9, undefined, 2),
    { ...once, futile: 2, block: { why: 'futile', atMs: 9 } },
    'a run that did not help, after it',
  );
  t.strictSame(
    withFutile(
      { ...service, futile: 2, notNeeded: 2, verifying: green },
      9,
      'v',
      2,
    ).notNeeded,
    2,
    'never more than all of them',
  );
  t.strictSame(
    withHealed({ ...service, futile: 2, notNeeded: 2, block, verifying }, 9),
    { ...service, futile: 1, notNeeded: 1, healedMs: 9 },
  );
});

void t.test('nobody said how it is', async (t) => {
  t.equal(settleOverdue(service, 999, 'v1'), service);
  const waiting = { ...service, verifying };
  t.equal(settleOverdue(waiting, 499, 'v1'), waiting);
  t.strictSame(settleOverdue(waiting, 900, 'v1'), {
    ...service,
    healedMs: 500,
  });
  t.strictSame(settleOverdue({ ...waiting, problem }, 500, 'v1'), {
    ...service,
    problem,
    futile: 2,
    block: { why: 'futile', atMs: 500, policy: 'v1' },
  });
});
