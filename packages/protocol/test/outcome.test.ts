import t from 'tap';
import { Value } from 'typebox/value';
import { Outcome, OutcomeKind, RunOutcomeKind } from '../src/index.ts';

const outcome = (more: object) => ({ corrected: [], failed: [], ...more });

t.test('not-needed is how a kick ends, and no end of a run', async (t) => {
  t.equal(Value.Check(OutcomeKind, 'not-needed'), true);
  t.equal(Value.Check(RunOutcomeKind, 'not-needed'), false);
  for (const kind of ['unchanged', 'corrected', 'lost', 'not-started']) {
    t.equal(Value.Check(OutcomeKind, kind), true, kind);
    t.equal(Value.Check(RunOutcomeKind, kind), true, kind);
  }
  t.equal(Value.Check(OutcomeKind, 'healed'), false);
});

t.test('verified is yes, no, or not there', async (t) => {
  for (const [more, fits] of [
    [{ kind: 'not-needed' }, true],
    [{ kind: 'corrected', verified: true }, true],
    [{ kind: 'corrected', verified: false }, true],
    [{ kind: 'corrected', verified: 'yes' }, false],
  ] as const) {
    t.equal(Value.Check(Outcome, outcome(more)), fits, JSON.stringify(more));
  }
});
