import type { Outcome, Run } from '@kickd/protocol';

/** Service of a monitor → the resources that keep it up, e.g. `http: ['Service[apache2]']`. */
export type ServiceMap = Readonly<Record<string, readonly string[]>>;

/**
 * Whether the run corrected what the alert was about: a run that corrected something else has not
 * healed the service, however green it looks.
 * @returns the outcome as it was where no kick names a service that the map knows
 */
export function withMatch(
  outcome: Outcome,
  run: Run,
  services: ServiceMap,
): Outcome {
  const wanted = wantedResources(run, services);
  if (wanted.length === 0) return outcome;
  const touched = outcome.pending ?? outcome.corrected;
  const matched = touched.some(({ resource }) => wanted.includes(resource));
  return { ...outcome, matched };
}

/** What keeps up the services that the kicks of this run are about, each once. */
export function wantedResources(run: Run, services: ServiceMap): string[] {
  const wanted = run.kicks.flatMap(({ because }) => {
    const { service } = because ?? {};
    return service !== undefined && Object.hasOwn(services, service)
      ? (services[service] ?? [])
      : [];
  });
  return [...new Set(wanted)];
}
