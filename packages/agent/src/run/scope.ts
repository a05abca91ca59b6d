import type { Kick } from '@kickd/protocol';

/** What a run covers: kicks of equal `cm`, `noop` and `environment` can share one. */
export interface RunScope {
  cm: string;
  noop: boolean;
  environment?: string;
  /** undefined: the whole catalog */
  tags?: string[];
}

export function scopeOf(kick: Kick, defaultProfile: string): RunScope {
  return {
    cm: kick.cm ?? defaultProfile,
    noop: kick.noop ?? false,
    ...(kick.environment !== undefined && { environment: kick.environment }),
    ...(kick.tags !== undefined && { tags: kick.tags.toSorted() }),
  };
}

/** Whether two scopes can be served by one run: a noop run never stands in for a real one. */
export function canShare(one: RunScope, other: RunScope): boolean {
  return (
    one.cm === other.cm &&
    one.noop === other.noop &&
    one.environment === other.environment
  );
}

/** Whether a run of scope `wide` does everything that `narrow` asks for. */
export function covers(wide: RunScope, narrow: RunScope): boolean {
  if (!canShare(wide, narrow)) return false;
  if (wide.tags === undefined) return true;
  const { tags } = wide;
  return narrow.tags?.every((tag) => tags.includes(tag)) ?? false;
}

/** Tags A and tags B give A∪B; no tags (the whole catalog) wins. Only for scopes that can share. */
export function mergeScopes(one: RunScope, other: RunScope): RunScope {
  const { tags, ...rest } = one;
  if (tags === undefined || other.tags === undefined) return rest;
  return { ...rest, tags: [...new Set([...tags, ...other.tags])].toSorted() };
}
