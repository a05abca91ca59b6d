import type { Run } from '@kickd/protocol';
import type { Probes } from '../ports.ts';

/**
 * Whose probes together can say that this run is not needed: those of the services that its kicks are about, where every
 * kick is about one that has a probe. Somebody who names no service wants a run, and so does a noop run, which
 * is asked what it would change.
 * @returns empty: the host is not asked
 */
export function servicesToAskBefore(
  run: Run,
  probes: Probes | undefined,
): string[] {
  const isForAlerts = run.kicks.every(
    ({ because }) => because?.service !== undefined,
  );
  return isForAlerts ? servicesToAskAfter(run, probes) : [];
}

/**
 * Whose probes together say whether the run helped. A kick about a service without one would be told of another's,
 * so then nobody is asked; one that names no service waits for none.
 */
export function servicesToAskAfter(
  run: Run,
  probes: Probes | undefined,
): string[] {
  if (run.noop || probes === undefined) return [];
  const services = new Set(
    run.kicks.flatMap(({ because }) => because?.service ?? []),
  );
  return [...services].every((service) => probes.has(service))
    ? [...services]
    : [];
}
