import type { CorrectedResource, Outcome } from '@kickd/protocol';

/** An outcome as one line for a person. */
export function outcomeInWords(outcome: Outcome): string {
  const parts: string[] = [outcome.kind];
  if (outcome.corrected.length > 0) {
    parts.push(outcome.corrected.map(correctionInWords).join(', '));
  }
  if (outcome.failed.length > 0) {
    parts.push(`failed: ${outcome.failed.join(', ')}`);
  }
  if (outcome.pending !== undefined && outcome.pending.length > 0) {
    const names = outcome.pending.map(correctionInWords);
    parts.push(`pending: ${names.join(', ')}`);
  }
  if (outcome.code !== undefined) parts.push(`(${outcome.code})`);
  if (outcome.reason !== undefined) parts.push(outcome.reason);
  if (outcome.cachedCatalog === true) parts.push('[from the cached catalog]');
  if (outcome.verified !== undefined) {
    parts.push(
      outcome.verified
        ? '[verified: the probe is green]'
        : '[not verified: the probe is not green]',
    );
  }
  return parts.join(' ');
}

function correctionInWords({ resource, from, to }: CorrectedResource): string {
  return from === undefined || to === undefined
    ? resource
    : `${resource} (${from} -> ${to})`;
}
