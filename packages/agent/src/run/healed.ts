import type { Healed, Outcome } from '@kickd/protocol';

/**
 * The outcome of a run that healed first: what the first step put back counts with what the ordinary run behind it did,
 * which by itself would say that nothing was to be changed. What failed is told by the second step alone. The exit code is
 * the one that Puppet would have ended with, had it been one step.
 */
export function withHealed(
  outcome: Outcome,
  healed: Healed | undefined,
): Outcome {
  if (healed === undefined || healed.corrected.length === 0) return outcome;
  const corrected = [...healed.corrected, ...outcome.corrected];
  switch (outcome.kind) {
    case 'unchanged':
      return { ...changed(outcome), kind: 'corrected', corrected };
    case 'failed':
      return { ...changed(outcome), kind: 'partly', corrected };
    case 'corrected':
    case 'partly':
    case 'timed-out':
    case 'cancelled':
    case 'refused':
    case 'lost':
    case 'not-started':
    case 'not-needed':
      return { ...outcome, corrected };
  }
}

/** With `--detailed-exitcodes` 2 says that something was changed, 4 that something failed, 6 both. */
function changed(outcome: Outcome): Outcome {
  const { exitCode } = outcome;
  return exitCode === 0 || exitCode === 4
    ? { ...outcome, exitCode: exitCode + 2 }
    : outcome;
}
