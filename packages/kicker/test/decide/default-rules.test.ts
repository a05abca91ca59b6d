import t from 'tap';
import { defaultRule, defaultRuleSet } from '../../src/decide/default-rules.ts';

void t.test('without rules: a comment, nobody called, no canary', async (t) => {
  t.strictSame(defaultRule.tell, {
    comment: true,
    acknowledge: false,
    holdSeconds: 0,
    escalate: ['comment'],
  });
  t.strictSame(defaultRuleSet.guards.canaries, []);
});
