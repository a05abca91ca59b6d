import t from 'tap';
import { judgeConcurrency, judgeRate } from '../../src/decide/pace.ts';
import { situationOf } from './situation-of.ts';

const atMs = 100_000;
const slowHost = { bad: [], isSlow: true };

void t.test('places for kicks that load the CM server', async (t) => {
  const judge = (places: Record<string, number> | undefined) =>
    judgeConcurrency(
      situationOf({
        atMs,
        guards: { concurrency: 4 },
        fleet: places === undefined ? {} : { places },
      }),
    );
  t.equal(judge(undefined), undefined);
  t.equal(judge({ '101': 3 }), undefined);
  t.strictSame(judge({ '101': 3, '200': 1 }), {
    kind: 'wait',
    code: 'concurrency',
    reason: '4 kicks are under way (guards.concurrency is 4)',
    againAfterMs: 5000,
  });
  t.match(judge({ '101': 5 }), { code: 'concurrency' });
  t.equal(judge({ '100': 5 }), undefined, 'given back by now');
});

void t.test(
  'few of them are for hosts that kept theirs too long',
  async (t) => {
    const judge = (slow: number, host = slowHost) =>
      judgeConcurrency(
        situationOf({
          atMs,
          host,
          guards: { concurrency: 8 },
          fleet: { places: { '101': 7 }, probation: { '101': slow } },
        }),
      );
    t.equal(judge(1), undefined);
    t.strictSame(judge(2), {
      kind: 'wait',
      code: 'slow-host',
      reason:
        '2 kicks are under way for hosts that did not answer, or did not end their run in time, as this one (at most 2 of guards.concurrency, which is 8)',
      againAfterMs: 5000,
    });
    t.match(judge(3), { code: 'slow-host' });
    t.equal(judge(3, { bad: [], isSlow: false }), undefined, 'another host');
  },
);

void t.test('so many kicks in a while', async (t) => {
  const judge = (kicks: number[]) =>
    judgeRate(
      situationOf({
        atMs,
        guards: { rate: { kicks: 2, perSeconds: 60 } },
        fleet: { kicks },
      }),
    );
  t.equal(judge([]), undefined);
  t.equal(judge([99_000]), undefined);
  t.strictSame(judge([10_000, 50_000, 99_000]), {
    kind: 'wait',
    code: 'rate',
    reason: 'there were 2 kicks within 60 s (guards.rate)',
    againAfterMs: 10_000,
  });
  t.equal(judge([40_000, 99_000]), undefined, 'the minute is over');
  t.match(judge([40_001, 99_000]), { againAfterMs: 1 });
});
