import type { StoredEntry } from '../ledger/entry.ts';

/** A drill of the past, as the ledger has it. */
export interface PastDrill {
  kick: string;
  /** when it began, ISO 8601 */
  at: string;
  by: string;
  reason: string;
  service: string;
  /** until when its healing is waited for, ISO 8601 */
  until: string;
  isEnded: boolean;
  /** something may have been broken */
  hasBroken: boolean;
}

/**
 * The drills among the entries, newest first.
 * @param entries newest first, as the ledger gives them
 */
export function pastDrills(entries: Iterable<StoredEntry>): PastDrill[] {
  const ends = new Map<string, 'passed' | 'failed' | 'not-begun'>();
  const found: PastDrill[] = [];
  for (const { entry, at, kick = '' } of entries) {
    if (entry.kind !== 'drill') continue;
    const { body } = entry;
    if (body.phase === 'ended') {
      ends.set(kick, body.result);
      continue;
    }
    const { by, reason, service, until } = body;
    const end = ends.get(kick);
    found.push({
      kick,
      at,
      by,
      reason,
      service,
      until,
      isEnded: end !== undefined,
      hasBroken: end !== 'not-begun',
    });
  }
  return found;
}
