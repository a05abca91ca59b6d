import type { Kick } from '@kickd/protocol';

/** One text for one kick, whatever the order of its keys: what an idempotency key is compared by. */
export function canonicalKick(kick: Kick): string {
  return JSON.stringify(sorted(kick));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, part]) => [key, sorted(part)]),
  );
}
