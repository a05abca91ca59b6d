import type { Probe, Probes } from '../ports.ts';
import { configDefaults, type Profile, type ProbeSettings } from './schema.ts';

/**
 * The probes of a profile, by the service that each is about. A profile with `probe` maps one service, which it is
 * about: parse.ts has made sure of it.
 */
export function probesOf(profile: Profile): Probes {
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

function toProbe({ argv, user, timeoutSeconds }: ProbeSettings): Probe {
  const [file = '', ...rest] = argv;
  return {
    file,
    argv: rest,
    user: user ?? configDefaults.probe.user,
    timeoutMs: (timeoutSeconds ?? configDefaults.probe.timeoutSeconds) * 1000,
  };
}
