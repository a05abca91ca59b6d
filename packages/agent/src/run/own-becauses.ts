import type { Run } from '@kickd/protocol';

/**
 * The run as a caller sees it whom no rule lets read it: what other callers gave as the reason of their kicks stays
 * theirs. That they asked is no secret to those whom one run serves.
 */
export function withOwnBecauses(run: Run, certname: string): Run {
  const kicks = run.kicks.map((kick) => {
    if (kick.by === certname) return kick;
    const { because: _, ...rest } = kick;
    return rest;
  });
  return { ...run, kicks };
}
