import { oneLine, type Outcome, type OutcomeKind } from '@kickd/protocol';

/**
 * An outcome in which no resource was touched.
 * @param reason foreign text is brought to one printable line here
 */
export function bareOutcome(
  kind: OutcomeKind,
  code?: string,
  reason?: string,
): Outcome {
  return {
    kind,
    ...(code !== undefined && { code }),
    ...(reason !== undefined && { reason: oneLine(reason) }),
    corrected: [],
    failed: [],
  };
}
