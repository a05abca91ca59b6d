import type { FaultFacts } from '@kickd/protocol';
import { probesOf } from '../config/probes.ts';
import type { Profile } from '../config/schema.ts';
import { faults } from '../errors.ts';
import { findProbeUser, type ProbeUser } from './probe-user.ts';

/** Probes whose user is root under another name: the configuration is refused, as it is for `user: root`. */
export async function findRootProbes(
  profiles: ReadonlyMap<string, Profile>,
  find: (name: string) => Promise<ProbeUser> = findProbeUser,
): Promise<FaultFacts[]> {
  const found: FaultFacts[] = [];
  for (const [name, profile] of profiles) {
    for (const [service, { user }] of probesOf(profile)) {
      const { kind } = await find(user);
      if (kind === 'root') found.push(faults.probeRoot(name, service, user));
    }
  }
  return found;
}
