import type { FaultFacts } from '@kickd/protocol';
import { errors } from '../errors.ts';
import { shownName } from '../events/name-bytes.ts';
import { readAddress } from './address.ts';

/** Where a host is reached, and under which certname it must show itself. */
export interface Target {
  /** the name as it was given */
  name: string;
  certname: string;
  address: string;
  port: number;
}

/** What the configuration says of one host. */
export interface HostEntry {
  certname?: string;
  address?: string;
  port?: number;
}

export type FoundTarget =
  { kind: 'target'; target: Target } | { kind: 'fault'; fault: FaultFacts };

/** The protocol's Certname. */
const certnamePattern = /^[a-z0-9][a-z0-9._-]{0,252}$/;

/**
 * Finds a host by the monitor's name. Without an entry its lower-cased name is its certname, and its
 * address is the one that the monitor gave, or the name.
 * Never more than one host: an empty name or a wildcard is an error, not "all".
 * @param address the monitor's address of the host, which an entry's own goes before
 */
export function findTarget(
  name: string,
  hosts: Readonly<Record<string, HostEntry>>,
  port: number,
  address?: string,
): FoundTarget {
  if (name.trim() === '') return { kind: 'fault', fault: errors.hostEmpty() };
  if (/[*?]/.test(name)) {
    return { kind: 'fault', fault: errors.hostWildcard(name) };
  }
  // kicker.yaml is UTF-8, and the monitor may write the name in Latin-1.
  const key = Object.hasOwn(hosts, name) ? name : shownName(name);
  const entry = Object.hasOwn(hosts, key) ? hosts[key] : undefined;
  const certname = entry?.certname ?? name.toLowerCase();
  if (!certnamePattern.test(certname)) {
    return { kind: 'fault', fault: errors.hostInvalid(name, certname) };
  }
  const given = entry?.address ?? address ?? certname;
  const read = readAddress(given);
  if (read.kind === 'none') {
    const { why, instead = certname } = read;
    const fault = errors.addressInvalid(name, given, why, instead);
    return { kind: 'fault', fault };
  }
  const { address: reachedAt } = read;
  return {
    kind: 'target',
    target: { name, certname, address: reachedAt, port: entry?.port ?? port },
  };
}

/**
 * Finds each host of a list, once: the same certname at the same place is one target.
 * @returns every target, or every fault; an empty list is a fault
 */
export function findTargets(
  names: readonly string[],
  hosts: Readonly<Record<string, HostEntry>>,
  port: number,
):
  | { kind: 'targets'; targets: Target[] }
  | { kind: 'faults'; faults: FaultFacts[] } {
  if (names.length === 0) {
    return { kind: 'faults', faults: [errors.noHosts()] };
  }
  const targets = new Map<string, Target>();
  const faults: FaultFacts[] = [];
  for (const name of names) {
    const found = findTarget(name, hosts, port);
    if (found.kind === 'fault') faults.push(found.fault);
    else {
      const { certname, address, port } = found.target;
      const place = JSON.stringify([certname, address, port]);
      if (!targets.has(place)) targets.set(place, found.target);
    }
  }
  return faults.length > 0
    ? { kind: 'faults', faults }
    : { kind: 'targets', targets: [...targets.values()] };
}

/** What a host's name means, and perhaps the address that the monitor gave. */
export type FindTarget = (
  host: string,
  address: string | undefined,
) => FoundTarget;

/** findTarget by the hosts of a configuration. */
export function findIn({
  hosts,
  port,
}: {
  hosts: Readonly<Record<string, HostEntry>>;
  port: number;
}): FindTarget {
  return (host, address) => findTarget(host, hosts, port, address);
}
