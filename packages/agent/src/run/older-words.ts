import type { Run } from '@kickd/protocol';

/**
 * The run for a caller that does not know the outcome `not-needed`. Its schema has no such word, and a reply that it
 * cannot read is no answer: it would ask again until its time is over.
 * @see docs/decisions/0029-probe.md
 */
export function inOlderWords(run: Run): Run {
  const { outcome } = run;
  return outcome?.kind === 'not-needed'
    ? { ...run, outcome: { ...outcome, kind: 'unchanged', code: 'not-needed' } }
    : run;
}
