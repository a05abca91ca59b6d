import t from 'tap';
import type { Decision, SkipCode } from '../../src/decide/decision.ts';
import { lookAgain, type Again } from '../../src/decide/look-again.ts';

const never: Again = { kind: 'never' };
const asBefore: Again = { kind: 'as-before' };
const after = (seconds: number): Again => ({
  kind: 'after',
  ms: seconds * 1000,
});

/** Every code of a skip, so that a new one has to be thought of here. */
const skips: Record<SkipCode, Again> = {
  'not-a-problem': never,
  'other-problem': asBefore,
  ended: never,
  'host-event': never,
  'host-down': after(60),
  'no-target': never,
  'no-rule': never,
  'in-downtime': after(60),
  acknowledged: after(60),
  stale: asBefore,
  'state-not-configured': never,
  'attempt-not-reached': asBefore,
  futile: after(300),
  'too-many-changes': after(300),
  'attempts-used': after(300),
  'healed-too-often': after(300),
  'gave-up': after(300),
  storm: never,
  joined: never,
  observed: never,
};

for (const [code, wanted] of Object.entries(skips)) {
  void t.test(`skip, ${code}: ${wanted.kind}`, async (t) => {
    const decision: Decision = {
      kind: 'skip',
      code: code as SkipCode,
      reasons: [],
    };
    t.strictSame(lookAgain(decision, 300), wanted);
  });
}

void t.test('a wait says itself how long', async (t) => {
  const decision: Decision = {
    kind: 'wait',
    code: 'cool-down',
    reasons: [],
    againAfterMs: 7000,
  };
  t.strictSame(lookAgain(decision, 300), after(7));
});

void t.test('whoever looks more often, looks so here too', async (t) => {
  const decision: Decision = {
    kind: 'skip',
    code: 'in-downtime',
    reasons: [],
  };
  t.strictSame(lookAgain(decision, 3), after(3));
});
