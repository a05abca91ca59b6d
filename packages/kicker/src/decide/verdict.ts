import type { ServiceMemory } from './memory.ts';

/** The service turned green after a run. Whether it stays so decides what becomes of the count. */
export function withHealed(
  service: ServiceMemory,
  atMs: number,
): ServiceMemory {
  const { verifying: _verifying, block, ...rest } = service;
  return {
    ...rest,
    healedMs: atMs,
    // After one more try that helped: a relapse is enough to stop again.
    futile: block === undefined ? service.futile : service.futile - 1,
  };
}

/** A run did not help, or nobody can tell that it did: both count. */
export function withFutile(
  service: ServiceMemory,
  atMs: number,
  policy: string | undefined,
  futileRuns: number,
): ServiceMemory {
  const { verifying: _verifying, ...rest } = service;
  const futile = Math.min(service.futile + 1, futileRuns);
  if (futile < futileRuns) return { ...rest, futile };
  return {
    ...rest,
    futile,
    block: {
      why: 'futile',
      atMs,
      ...(policy === undefined ? {} : { policy }),
    },
  };
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
