import t from 'tap';
import { bareOutcome } from '../../src/run/outcome.ts';

t.test('no resource was touched', (t) => {
  t.strictSame(bareOutcome('lost'), {
    kind: 'lost',
    corrected: [],
    failed: [],
  });
  t.strictSame(bareOutcome('refused', 'disabled'), {
    kind: 'refused',
    code: 'disabled',
    corrected: [],
    failed: [],
  });
  t.end();
});

t.test('foreign text becomes one printable line', (t) => {
  t.strictSame(bareOutcome('failed', undefined, 'a\n\u001b[31mb\u202e'), {
    kind: 'failed',
    reason: 'a b\\u{202e}',
    corrected: [],
    failed: [],
  });
  t.end();
});
