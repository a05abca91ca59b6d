import { oneLine, type Outcome } from '@kickd/protocol';
import type { ToolEnd } from '../ports.ts';
import { judgeTally, type Tally } from './tool-end.ts';

/** Why a resource was handled otherwise than the run was asked for; foreign names are made printable here. */
export interface NoopReasons {
  /** it was only looked at, in a run that was not noop */
  noop(resource: string): string;
  /** it was changed, in a noop run */
  real(resource: string): string;
}

/**
 * The outcome of a run whose tool tells apart what it changed and what it would have changed: the policy and the
 * host's own configuration have a word on that as well, so what was asked for decides nothing.
 * @param pending names of what would have been changed
 */
export function judgeReported(
  end: ToolEnd,
  tally: Tally,
  pending: readonly string[],
  reasons: NoopReasons,
): Outcome {
  const outcome = judgeTally({ ...end, noop: false }, tally);
  const told: Outcome = {
    ...outcome,
    ...((end.noop || pending.length > 0) && {
      pending:
        judgeTally({ ...end, noop: true }, { ...tally, changes: pending })
          .pending ?? [],
    }),
  };
  if (told.code !== undefined) return told;
  const [wasChanged] = outcome.corrected;
  const [wasPending] = told.pending ?? [];
  if (end.noop && outcome.kind === 'corrected') {
    const resource = wasChanged?.resource ?? 'something';
    return {
      ...told,
      code: 'noop-ignored',
      reason: oneLine(
        `${resource} was changed in a noop run: ${reasons.real(resource)}`,
      ),
    };
  }
  if (end.noop || wasPending === undefined) return told;
  return {
    ...told,
    code: 'noop-of-a-resource',
    reason: oneLine(
      `${reasons.noop(wasPending.resource)}: it stays as it is, however often it is kicked`,
    ),
  };
}
