import type { ServiceMemory } from './memory.ts';

/**
 * The service turned green after a run. Whether it stays so decides what becomes of the count.
 * @param wasNotNeeded nothing was repaired, so that nothing can be said to relapse
 */
export function withHealed(
  service: ServiceMemory,
  atMs: number,
  wasNotNeeded = service.verifying?.isNotNeeded === true,
): ServiceMemory {
  const { verifying: _verifying, block, notNeeded, ...rest } = service;
  return {
    ...rest,
    ...(wasNotNeeded ? {} : { healedMs: atMs }),
    // After one more try that helped: a relapse is enough to stop again.
    ...countOf(
      block === undefined ? service.futile : service.futile - 1,
      notNeeded,
    ),
  };
}

/** A run did not help, or nobody can tell that it did: both count, and so does one that was not needed. */
export function withFutile(
  service: ServiceMemory,
  atMs: number,
  policy: string | undefined,
  futileRuns: number,
): ServiceMemory {
  const { verifying, notNeeded = 0, ...rest } = service;
  const futile = Math.min(service.futile + 1, futileRuns);
  const counted = {
    ...rest,
    ...countOf(futile, notNeeded + (verifying?.isNotNeeded === true ? 1 : 0)),
  };
  if (futile < futileRuns) return counted;
  return {
    ...counted,
    block: {
      why: 'futile',
      atMs,
      ...(policy === undefined ? {} : { policy }),
    },
  };
}

/** Of those that count at most all were not needed. */
function countOf(
  futile: number,
  notNeeded = 0,
): Pick<ServiceMemory, 'futile' | 'notNeeded'> {
  const most = Math.min(notNeeded, futile);
  return { futile, ...(most === 0 ? {} : { notNeeded: most }) };
}

/** Where the window is over and nobody said how the service is: what its last state says. */
export function settleOverdue(
  service: ServiceMemory,
  atMs: number,
  policy: string | undefined,
): ServiceMemory {
  const { verifying, problem } = service;
  if (verifying === undefined || atMs < verifying.untilMs) return service;
  return problem === undefined
    ? withHealed(service, verifying.untilMs)
    : withFutile(service, verifying.untilMs, policy, verifying.futileRuns);
}
