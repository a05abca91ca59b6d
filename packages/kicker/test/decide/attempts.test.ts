import t from 'tap';
import {
  judgeAttempts,
  judgePatience,
  judgePeriod,
} from '../../src/decide/attempts.ts';
import { defaultRule } from '../../src/decide/default-rules.ts';
import { situationOf } from './situation-of.ts';

const minute = 60 * 1000;
const hour = 60 * minute;
const problem = (kicks: number) => ({
  sinceMs: 0,
  ids: {},
  kicks,
  isTold: false,
});
const skip = (code: string, reason: string) => ({
  kind: 'skip',
  code,
  reason,
  escalate: { about: 'problem', reason },
});
const open = { kick: 'k', isNoop: false };
const verifying = { kick: 'k', untilMs: 99 * hour, futileRuns: 2 };
/** Kicker has stopped, and the policy changed since. */
const probe = {
  host: { bad: [], policy: 'new' },
  block: { why: 'futile' as const, atMs: 0, policy: 'old' },
};

void t.test('kicks of one problem', async (t) => {
  const fact = (times: string) =>
    `the problem was kicked ${times} (attempts.perProblem is 3)`;
  const judge = (kicks: number, more = {}) =>
    judgeAttempts(
      situationOf({ service: { problem: problem(kicks), ...more } }),
      defaultRule,
    );
  t.equal(judgeAttempts(situationOf({}), defaultRule), undefined);
  t.equal(judge(0), undefined);
  t.strictSame(judge(1), { kind: 'note', reason: fact('once') });
  t.strictSame(judge(2), { kind: 'note', reason: fact('twice') });
  t.strictSame(judge(3), skip('attempts-used', fact('3 times')));
  t.strictSame(judge(4), skip('attempts-used', fact('4 times')));
  t.strictSame(judge(3, { open }), { kind: 'note', reason: fact('3 times') });
  t.strictSame(judge(3, { verifying }), {
    kind: 'note',
    reason: fact('3 times'),
  });
  t.match(
    judgeAttempts(
      situationOf({
        host: probe.host,
        service: { problem: problem(3), block: probe.block },
      }),
      defaultRule,
    ),
    { kind: 'note' },
    'one more, since the policy changed',
  );
});

void t.test('kicks of one service in a period', async (t) => {
  const fact = (times: string) =>
    `the service was kicked ${times} within 24 h (attempts.perPeriod is 6)`;
  const judge = (kicks: number[], more = {}) =>
    judgePeriod(
      situationOf({ service: { kicks, ...more }, atMs: 30 * hour }),
      defaultRule,
    );
  t.equal(judge([]), undefined);
  t.equal(judge([6 * hour]), undefined, 'a day ago');
  t.strictSame(judge([6 * hour, 6 * hour + 1]), {
    kind: 'note',
    reason: fact('once'),
  });
  const six = [1, 2, 3, 4, 5, 6].map((at) => at + 7 * hour);
  t.strictSame(judge(six), skip('healed-too-often', fact('6 times')));
  t.strictSame(judge(six.slice(1)), { kind: 'note', reason: fact('5 times') });
  t.strictSame(judge(six, { open }), { kind: 'note', reason: fact('6 times') });
});

void t.test('how long a kick is wanted', async (t) => {
  const judge = (wantedMs: number | undefined, more = {}, host = {}) =>
    judgePatience(
      situationOf({
        atMs: 5 * hour,
        service: {
          problem: {
            ...problem(0),
            ...(wantedMs === undefined ? {} : { wantedMs }),
          },
          ...more,
        },
        ...host,
      }),
      defaultRule,
    );
  t.equal(judgePatience(situationOf({}), defaultRule), undefined);
  t.equal(judge(undefined), undefined);
  t.equal(judge(4 * hour), undefined);
  t.strictSame(
    judge(4 * hour - 1),
    skip('gave-up', 'a kick was due for 60 min (patienceSeconds is 3600)'),
  );
  t.equal(judge(hour, { open }), undefined);
  t.equal(judge(hour, { verifying }), undefined);
  t.equal(judge(hour, { block: probe.block }, { host: probe.host }), undefined);
});
