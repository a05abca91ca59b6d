import type { HostMemory, Memories, ServiceMemory } from './memory.ts';

/** Records of which there is one a service or a host that ever was, so that a fleet that changes makes ever more. */
export type ForgettableKind = 'service' | 'host';

/** Far more than any period, cool-down or history of flapping that a rule can count by. */
const quietMs = 32 * 24 * 60 * 60 * 1000;

/**
 * Whether a record may go. A service that is green and of which nothing was heard for a month: whatever it
 * remembers has run out by then, and a decision would be the same without it. Whatever else (a service that kicker
 * stopped for, a problem whose end was never told, a host): after the retention of the history.
 * @param retentionMs at least a month counts
 */
export function mayForget<Kind extends ForgettableKind>(
  kind: Kind,
  record: Memories[Kind],
  atMs: number,
  retentionMs: number,
): boolean {
  const longMs = Math.max(retentionMs, quietMs);
  return kind === 'service'
    ? mayForgetService(record as ServiceMemory, atMs, longMs)
    : mayForgetHost(record as HostMemory, atMs, longMs);
}

function mayForgetService(
  service: ServiceMemory,
  atMs: number,
  longMs: number,
): boolean {
  const { open, verifying, problem, block } = service;
  if (open !== undefined || verifying !== undefined) return false;
  const isQuiet = problem === undefined && block === undefined;
  const lastMs = Math.max(
    service.flap.lastMs,
    service.kicks.at(-1) ?? 0,
    service.lastEndMs ?? 0,
    service.healedMs ?? 0,
    service.greenMs ?? 0,
    block?.atMs ?? 0,
  );
  return atMs - lastMs > (isQuiet ? quietMs : longMs);
}

/** A host that counts in its groups is left to the event that ends that: a count without its host would never end. */
function mayForgetHost(
  { open, counted, heardMs, lastKickMs = 0 }: HostMemory,
  atMs: number,
  longMs: number,
): boolean {
  if (open !== undefined || counted !== undefined) return false;
  // Stryker disable next-line ConditionalExpression: what is undefined is not long ago
  if (heardMs === undefined) return false;
  return atMs - Math.max(heardMs, lastKickMs) > longMs;
}
