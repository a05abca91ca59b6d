import { userInfo } from 'node:os';
import { printable } from '@kickd/protocol';
import { createProfiles } from '../cm/profiles.ts';
import type { Profile } from '../config/schema.ts';
import type { Settings } from '../config/settings.ts';
import { faults } from '../errors.ts';
import { readCost } from '../io/proc.ts';
import { findPuppet } from '../io/puppet-host.ts';
import {
  runnerSocket,
  standbyDirBeside,
  standbyDirIn,
} from '../io/runner-places.ts';
import { askStandbyIn } from '../io/standby-keeper.ts';
import { findStandbyProgram } from '../io/standby-program.ts';
import type { AskedStandby, StandbyPlan } from '../ports.ts';
import { fine, finding, type Finding } from './finding.ts';

/**
 * Whether a Puppet can be loaded ahead where a profile wants it, what the one that waits costs, and what it cannot heal:
 * warnings at most, since without it each run is cold.
 */
export async function checkStandbys(settings: Settings): Promise<Finding[]> {
  const wanted = [...settings.cm.profiles].filter(([, of]) => hasStandby(of));
  if (wanted.length === 0) return [];
  const profiles = createProfiles(settings, {
    puppetBinary: findPuppet(),
    standbyProgram: findStandbyProgram,
    home: userInfo().homedir,
  });
  const findings = wanted.map(async ([name]): Promise<Finding[]> => {
    const { standby: plan, services = {} } = profiles.get(name) ?? {};
    if (plan === undefined) return [warn(faults.standbyProgram(name))];
    const isMapped = Object.keys(services).length > 0;
    return [
      ...(isMapped ? [] : [warn(faults.standbyServices(name))]),
      ...told(name, await ask(plan, settings)),
    ];
  });
  return (await Promise.all(findings)).flat();
}

function hasStandby(profile: Profile): boolean {
  return 'standby' in profile && (profile.standby ?? false);
}

/** The runner of systemd keeps it elsewhere than `kickd serve` does. */
async function ask(
  plan: StandbyPlan,
  { state }: Settings,
): Promise<AskedStandby> {
  const ofUnit = await askStandbyIn(standbyDirBeside(runnerSocket), plan);
  return ofUnit.kind === 'none'
    ? askStandbyIn(standbyDirIn(state), plan)
    : ofUnit;
}

function told(profile: string, asked: AskedStandby): Finding[] {
  if (asked.kind === 'none') {
    return [
      fine(
        'standby',
        `${profile}: none is ready now (${asked.why}); runs are cold until one has loaded, which begins with kickd and after each run`,
      ),
    ];
  }
  if (asked.kind === 'stale') {
    const what = printable(asked.because);
    return [
      fine('standby', `${profile}: loads anew, since ${what} has changed`),
    ];
  }
  const { identity, resources, unfit } = asked.standby;
  asked.standby.release();
  const { residentBytes, cpuSeconds } = readCost(identity.pid) ?? {};
  const cost =
    residentBytes === undefined || cpuSeconds === undefined
      ? ''
      : `, ${String(Math.round(residentBytes / 1024 / 1024))} MB resident, ${cpuSeconds.toFixed(1)} s of processor time so far`;
  const heals =
    resources.size === 0
      ? 'heals nothing ahead'
      : `heals ${printable([...resources].join(', '))} ahead`;
  return [
    fine(
      'standby',
      `${profile}: process ${String(identity.pid)} is ready${cost}; ${heals}`,
    ),
    ...Object.entries(unfit).map(([resource, why]) =>
      warn(faults.standbyUnfit(profile, resource, why)),
    ),
  ];
}

function warn(fault: Parameters<typeof finding>[2]): Finding {
  return finding('standby', 'warning', fault);
}
