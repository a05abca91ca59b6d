import type { Outcome, Run } from '@kickd/protocol';
import t from 'tap';
import { inOlderWords } from '../../src/run/older-words.ts';
import { bareOutcome } from '../../src/run/outcome.ts';

const run = (outcome?: Outcome): Run => ({
  run: '0193a000-0000-7000-8000-000000000001',
  certname: 'web1.example.com',
  cm: 'tool',
  state: outcome === undefined ? 'running' : 'ended',
  noop: false,
  kicks: [],
  queuedAt: '2026-03-01T00:00:00Z',
  ...(outcome !== undefined && { outcome }),
});

t.test('a caller that does not know not-needed reads unchanged', async (t) => {
  const reason = 'the probe of HTTP is green: HTTP OK';
  t.strictSame(
    inOlderWords(run(bareOutcome('not-needed', undefined, reason))),
    {
      ...run(bareOutcome('unchanged', 'not-needed', reason)),
    },
  );
});

t.test('every other run is as it was', async (t) => {
  for (const same of [
    run(),
    run(bareOutcome('refused', 'frozen', 'x')),
    run({ ...bareOutcome('corrected'), verified: false }),
  ]) {
    t.equal(inOlderWords(same), same);
  }
});
