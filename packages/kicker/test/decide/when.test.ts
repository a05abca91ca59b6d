import t from 'tap';
import { defaultRule } from '../../src/decide/default-rules.ts';
import type { Event, State } from '../../src/events/event.ts';
import { judgeAttempt, judgeState } from '../../src/decide/when.ts';
import { situationOf } from './situation-of.ts';

const ruleOf = (when: Partial<typeof defaultRule.when>) => ({
  ...defaultRule,
  when: { ...defaultRule.when, ...when },
});

void t.test('which attempt of how many, and in which words', async (t) => {
  const rows: [
    attempt: string,
    softAttempt: number,
    kind: string,
    reason: string,
  ][] = [
    ['HARD 4/10', 3, 'note', 'HARD, attempt 4 of 10: HARD kicks'],
    ['HARD 1', 0, 'note', 'HARD, attempt 1: HARD kicks'],
    [
      'SOFT 2/10',
      3,
      'skip',
      'SOFT, attempt 2 of 10: SOFT kicks from attempt 3 (when.softAttempt is 3)',
    ],
    [
      'SOFT 3/10',
      3,
      'note',
      'SOFT, attempt 3 of 10: SOFT kicks from attempt 3 (when.softAttempt is 3)',
    ],
    [
      'SOFT 4/10',
      3,
      'note',
      'SOFT, attempt 4 of 10: past attempt 3, from which SOFT kicks (when.softAttempt is 3)',
    ],
    [
      'SOFT 2/3',
      3,
      'note',
      'SOFT, attempt 2 of 3: SOFT kicks from attempt 2 (when.softAttempt is 3)',
    ],
    [
      'SOFT 1/3',
      3,
      'skip',
      'SOFT, attempt 1 of 3: SOFT kicks from attempt 2 (when.softAttempt is 3)',
    ],
    [
      'SOFT 5',
      3,
      'note',
      'SOFT, attempt 5: past attempt 3, from which SOFT kicks (when.softAttempt is 3)',
    ],
    [
      'SOFT 9/10',
      0,
      'skip',
      'SOFT, attempt 9 of 10: no SOFT attempt kicks (when.softAttempt is 0, made relative to the maximum of 10)',
    ],
    [
      'SOFT 9',
      0,
      'skip',
      'SOFT, attempt 9: no SOFT attempt kicks (when.softAttempt is 0)',
    ],
  ];
  for (const [where, softAttempt, kind, reason] of rows) {
    const [, stateType, attempt, most] =
      /^(SOFT|HARD) (\d+)(?:\/(\d+))?$/.exec(where) ?? [];
    const event: Partial<Event> = {
      stateType: stateType === 'SOFT' ? 'SOFT' : 'HARD',
      attempt: Number(attempt),
      ...(most === undefined ? {} : { maxAttempts: Number(most) }),
    };
    const found = judgeAttempt(situationOf({ event }), ruleOf({ softAttempt }));
    t.strictSame(
      found,
      kind === 'note'
        ? { kind, reason }
        : { kind, code: 'attempt-not-reached', reason },
      where,
    );
  }
});

void t.test('which state', async (t) => {
  const states: State[] = ['CRITICAL', 'UNKNOWN'];
  const rule = ruleOf({ states });
  t.strictSame(judgeState(situationOf({ event: { state: 'UNKNOWN' } }), rule), {
    kind: 'note',
    reason: 'the state is UNKNOWN (when.states is CRITICAL, UNKNOWN)',
  });
  t.strictSame(judgeState(situationOf({ event: { state: 'WARNING' } }), rule), {
    kind: 'skip',
    code: 'state-not-configured',
    reason: 'the state is WARNING (when.states is CRITICAL, UNKNOWN)',
  });
});
