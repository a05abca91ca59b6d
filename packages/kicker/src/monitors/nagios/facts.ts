import type { Facts, GroupFacts } from '../../events/facts.ts';
import type { Event } from '../../events/event.ts';
import { shownName } from '../../events/name-bytes.ts';
import type { SeenAside } from '../../ports.ts';
import type { NagiosStatus } from './status.ts';

/** Nagios's own data, as far as they could be read. */
export interface NagiosData {
  status?: NagiosStatus | undefined;
  /** group → its hosts */
  groups?: ReadonlyMap<string, readonly string[]> | undefined;
}

/** Status data that are older say that Nagios hangs; it writes them every 10 to 60 seconds. */
const staleAfterMs = 5 * 60 * 1000;

/**
 * What Nagios knows beyond one event: the host's groups, how large they are, how many hosts in them are
 * unhealthy, and whether its data are fresh enough to be believed.
 * @param named the groups that the event itself named
 */
export function nagiosFacts(
  event: Event,
  named: readonly string[],
  { status, groups }: NagiosData,
  nowMs: number,
): Pick<Facts, 'groups' | 'monitorTrouble'> {
  const known = groups === undefined ? [] : groupsOf(event.host, groups);
  const names = named.length > 0 ? named : known;
  const ageMs = status === undefined ? 0 : nowMs - status.createdMs;
  return {
    groups: names.map((name): GroupFacts => {
      const members = groups?.get(name);
      if (members === undefined) return { name };
      const unhealthy =
        status === undefined
          ? {}
          : {
              unhealthy: members.filter((host) => status.unhealthy.has(host))
                .length,
            };
      return { name, members: members.length, ...unhealthy };
    }),
    ...(ageMs > staleAfterMs
      ? {
          monitorTrouble: `its status data are ${String(Math.round(ageMs / 1000))} s old`,
        }
      : {}),
  };
}

/** What Nagios knows of a service beside its state, and what else is wrong on its host. */
export function asideOf(
  { hosts, services }: NagiosStatus,
  host: string,
  service: string,
): SeenAside {
  const ofHost = hosts.get(host);
  const own = services.get(host)?.get(service);
  const state = ofHost?.state ?? 'UP';
  return {
    inDowntime: own?.inDowntime === true || ofHost?.inDowntime === true,
    isAcknowledged: own?.isAcknowledged === true,
    isFlapping: own?.isFlapping === true,
    troubles: [
      ...(state === 'UP' ? [] : [`the host is ${state}`]),
      ...[...(services.get(host) ?? [])].flatMap(([name, { state: of }]) =>
        name === service || of === 'OK' ? [] : [`${shownName(name)} is ${of}`],
      ),
    ],
  };
}

function groupsOf(
  host: string,
  groups: ReadonlyMap<string, readonly string[]>,
): string[] {
  return [...groups]
    .filter(([, members]) => members.includes(host))
    .map(([name]) => name);
}
