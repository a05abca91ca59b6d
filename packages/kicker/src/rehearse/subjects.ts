import type { State } from '../events/event.ts';
import type { Facts } from '../events/facts.ts';
import { keysOf, type EventKeys } from '../events/keys.ts';
import type { Place } from '../monitors/nagios/log-item.ts';
import type { ServiceObject } from '../monitors/nagios/service-objects.ts';
import type { Flag, Plan } from './log-flags.ts';
import type { SeenAttempts } from './most-attempts.ts';

/** What the log has said so far of one service, or of a host itself. Every field is always there, for speed. */
export interface Subject {
  /** absent: it is the host itself */
  service: string | undefined;
  host: Host;
  /** what the engine remembers it by */
  keys: EventKeys;
  /** undefined: nothing was told of it */
  state: State | undefined;
  stateType: 'SOFT' | 'HARD';
  attempt: number;
  /** of the output of its last HARD line */
  outputHash: number;
  attempts: SeenAttempts;
  /** undefined: nobody has said so */
  isVolatile: boolean | undefined;
  flapping: Flag | undefined;
  downtime: Flag | undefined;
  /** downtimes that were scheduled for it */
  plans: readonly Plan[];
  acknowledged: { by: string; isSticky: boolean; untilMs?: number } | undefined;
}

interface Host {
  name: string;
  facts: Facts;
  /** the host itself; absent: nothing was told of it */
  own: Subject | undefined;
  services: Subject[];
  /** downtimes that were scheduled for all its services */
  servicePlans: readonly Plan[];
  /** the log that last told of it */
  source: number;
}

/** Hosts and services of a log. */
export interface Subjects {
  /** by how the log names it */
  of(place: Place): Subject;
  host(name: string): Host;
  /** by the names of an event */
  named(host: string, service: string | undefined): Subject | undefined;
}

export interface SubjectsOptions {
  /** group → its hosts, where somebody knows */
  groups: ReadonlyMap<string, readonly string[]>;
  /** `HOST;SERVICE` → what its object says, where somebody knows */
  objects: ReadonlyMap<string, ServiceObject>;
  /** a name of the log as kicker writes it */
  nameOf: (name: string) => string;
}

export function createSubjects({
  groups,
  objects,
  nameOf,
}: SubjectsOptions): Subjects {
  const factsOf = createFacts(groups);
  const hosts = new Map<string, Host>();
  const services = new Map<string, Subject>();
  const byName = new Map<string, Host>();

  function hostOf(place: string): Host {
    const known = hosts.get(place);
    if (known !== undefined) return known;
    const key = detached(place);
    const name = nameOf(key);
    const added: Host = {
      name,
      own: undefined,
      facts: factsOf(name),
      services: [],
      servicePlans: noPlans,
      source: 0,
    };
    hosts.set(key, added);
    byName.set(name, added);
    return added;
  }
  function ownOf(host: Host): Subject {
    if (host.own !== undefined) return host.own;
    host.own = subjectOf(host, undefined, undefined);
    return host.own;
  }
  function serviceOf(place: string): Subject {
    const known = services.get(place);
    if (known !== undefined) return known;
    const key = detached(place);
    const semicolon = key.indexOf(';');
    const host = hostOf(key.slice(0, semicolon));
    const service = nameOf(detached(key.slice(semicolon + 1)));
    const name = `${host.name};${service}`;
    const added = subjectOf(host, service, objects.get(name));
    host.services.push(added);
    services.set(key, added);
    return added;
  }

  return {
    of: ({ place, isService }) =>
      isService ? serviceOf(place) : ownOf(hostOf(place)),
    host: hostOf,
    named: (host, service) => {
      const of = byName.get(host);
      return service === undefined
        ? of?.own
        : of?.services.find((one) => one.service === service);
    },
  };
}

const noPlans: readonly Plan[] = [];

function subjectOf(
  host: Host,
  service: string | undefined,
  object: ServiceObject | undefined,
): Subject {
  return {
    service,
    host,
    keys: keysOf(
      { host: host.name, ...(service === undefined ? {} : { service }) },
      host.facts,
    ),
    state: undefined,
    stateType: 'HARD',
    attempt: 0,
    outputHash: 0,
    attempts: {
      configured: object?.maxAttempts,
      learnt: undefined,
      softMost: 0,
      softOrder: 0,
    },
    isVolatile: object?.isVolatile,
    flapping: undefined,
    downtime: undefined,
    plans: noPlans,
    acknowledged: undefined,
  };
}

/** A text of its own: a part of a larger one keeps all of that in memory. */
function detached(text: string): string {
  return Buffer.from(text).toString();
}

function createFacts(
  groups: ReadonlyMap<string, readonly string[]>,
): (host: string) => Facts {
  const ofHost = new Map<string, { name: string; members: number }[]>();
  for (const [name, hosts] of groups) {
    for (const host of hosts) {
      const of = ofHost.get(host) ?? [];
      of.push({ name, members: hosts.length });
      ofHost.set(host, of);
    }
  }
  return (host) => ({
    certname: host.toLowerCase(),
    groups: ofHost.get(host) ?? [],
  });
}
