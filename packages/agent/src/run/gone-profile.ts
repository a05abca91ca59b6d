import type { CmProfile } from '../ports.ts';
import { bareOutcome } from './outcome.ts';

/**
 * Stands in for a profile that the configuration had when the run was asked for: nothing is started
 * by it, and a run that goes on is waited for, though nobody can tell any more what it did.
 */
export function goneProfile(name: string): CmProfile {
  const reason = `the configuration has no profile ${name} any more`;
  return {
    name,
    services: {},
    evidenceFiles: () => ({}),
    command: () => {
      throw new Error(reason);
    },
    refusal: () => bareOutcome('not-started', 'unknown-profile', reason),
    isLocked: () => false,
    outcome: () => bareOutcome('lost', 'unknown-profile', reason),
  };
}
