import type { FaultFacts } from '@kickd/protocol';
import { faults } from '../errors.ts';
import type { Probe, Probes } from '../ports.ts';
import { configDefaults, type Profile, type ProbeSettings } from './schema.ts';

/**
 * The probes of a profile, by the service that each is about. A profile with `probe` maps one service, which it is
 * about: parse.ts has made sure of it.
 */
export function probesOf(profile: Profile): Probes {
  // before a drill every service is green: a probe would keep it from taking place
  if (profile.type === 'drill') return new Map();
  const { probe, probes = {}, services = {} } = profile;
  const [only = ''] = Object.keys(services);
  const given = probe === undefined ? probes : { [only]: probe };
  return new Map(
    Object.entries(given).map(([service, settings]) => [
      service,
      toProbe(settings),
    ]),
  );
}

/** Whoever is not root can be nobody else: a note for the log where probes have users. */
export function probesAsSelf(
  profiles: ReadonlyMap<string, Profile>,
  isRoot: boolean,
): FaultFacts[] {
  const users = [...profiles.values()].flatMap((profile) =>
    [...probesOf(profile).values()].map(({ user }) => user),
  );
  return isRoot || users.length === 0
    ? []
    : [faults.probeAsSelf([...new Set(users)].join(', '))];
}

function toProbe({ argv, user, timeoutSeconds }: ProbeSettings): Probe {
  const [file = '', ...rest] = argv;
  return {
    file,
    argv: rest,
    user: user ?? configDefaults.probe.user,
    timeoutMs: (timeoutSeconds ?? configDefaults.probe.timeoutSeconds) * 1000,
  };
}
