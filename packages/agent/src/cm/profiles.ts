import type { Settings } from '../config/settings.ts';
import { probesOf } from '../config/probes.ts';
import { configDefaults, type Profile } from '../config/schema.ts';
import type { CmProfile } from '../ports.ts';
import { createAnsiblePull } from './ansible-pull.ts';
import { binaryOf } from './binaries.ts';
import { createCfengine } from './cfengine.ts';
import { createChefClient } from './chef-client.ts';
import { createCommand } from './command.ts';
import { createDrill } from './drill.ts';
import { createPuppetAgent } from './puppet-agent.ts';
import { createPuppetApply } from './puppet-apply.ts';
import type { StandbyProgram } from './puppet-standby.ts';
import { createSaltCall } from './salt-call.ts';

export interface Host {
  /** absolute path of `puppet`, where it is installed */
  puppetBinary: string | undefined;
  /** home of the user that runs the tool */
  home: string;
  /** what this `puppet` is loaded ahead with, where it is found */
  standbyProgram?: (puppet: string) => StandbyProgram | undefined;
  /** folder of kickd's callback of Ansible, where it is found */
  ansibleCallbacks?: string | undefined;
}

/** The adapters that the configuration asks for, by name. */
export function createProfiles(
  settings: Settings,
  host: Host,
): ReadonlyMap<string, CmProfile> {
  return new Map(
    [...settings.cm.profiles].map(([name, profile]) => [
      name,
      {
        ...createProfile(name, profile, settings, host),
        probes: probesOf(profile),
      },
    ]),
  );
}

/** Nothing of kickd's own environment reaches the tool. */
export function literalEnv(host: Pick<Host, 'home'>): Record<string, string> {
  return {
    PATH: '/opt/puppetlabs/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: 'C.UTF-8',
    HOME: host.home,
  };
}

function standbyOf(
  profile: { standby?: boolean },
  binary: string,
  { standbyProgram }: Host,
): { standby?: StandbyProgram } {
  if (profile.standby !== true) return {};
  const standby = standbyProgram?.(binary);
  return standby === undefined ? {} : { standby };
}

function createProfile(
  name: string,
  profile: Profile,
  settings: Settings,
  host: Host,
): CmProfile {
  const env = literalEnv(host);
  const services = profile.type === 'drill' ? {} : (profile.services ?? {});
  const binary = binaryOf(profile, host.puppetBinary);
  const logDir = `${settings.state}/runs`;
  switch (profile.type) {
    case 'puppet-agent': {
      const { puppet, puppetConf } = settings;
      return createPuppetAgent({
        name,
        services,
        binary,
        env,
        waitForLockSeconds:
          profile.waitForLockSeconds ?? configDefaults.waitForLockSeconds,
        files: {
          report: puppet.lastRunReport,
          runLock: puppet.runLock,
          disabledLock: puppet.disabledLock,
          summary: puppet.lastRunSummary,
        },
        ...(puppetConf !== undefined && { puppetConf }),
        logDir,
        ...standbyOf(profile, binary, host),
      });
    }
    case 'puppet-apply':
      return createPuppetApply({
        name,
        services,
        binary,
        env,
        manifest: profile.manifest,
        ...(settings.puppetConf !== undefined && {
          puppetConf: settings.puppetConf,
        }),
        ...(profile.modulePath !== undefined && {
          modulePath: profile.modulePath,
        }),
        reportDir: logDir,
        ...standbyOf(profile, binary, host),
      });
    case 'cfengine':
      return createCfengine({
        name,
        services,
        binary,
        env,
        ...(profile.policy !== undefined && { policy: profile.policy }),
        bundles: profile.bundles ?? [],
        logDir,
      });
    case 'ansible-pull':
      return createAnsiblePull({
        name,
        services,
        binary,
        env,
        url: profile.url,
        ...(profile.checkout !== undefined && { checkout: profile.checkout }),
        directory: profile.directory ?? `${settings.state}/ansible/${name}`,
        inventory: profile.inventory ?? configDefaults.ansible.inventory,
        playbook: profile.playbook ?? configDefaults.ansible.playbook,
        logDir,
        ...(host.ansibleCallbacks !== undefined && {
          callbacks: host.ansibleCallbacks,
        }),
      });
    case 'chef-client':
      return createChefClient({
        name,
        services,
        binary,
        env,
        ...(profile.config !== undefined && { config: profile.config }),
        waitForLockSeconds:
          profile.waitForLockSeconds ?? configDefaults.waitForLockSeconds,
        logDir,
      });
    case 'salt-call':
      return createSaltCall({
        name,
        services,
        binary,
        env,
        isLocal: profile.local ?? false,
        ...(profile.configDir !== undefined && {
          configDir: profile.configDir,
        }),
        states: profile.states ?? [],
        logDir,
      });
    case 'command': {
      const [file = '', ...rest] = profile.argv;
      return createCommand({
        name,
        services,
        argv: [file, ...rest],
        env,
        exitCodes: profile.exitCodes,
      });
    }
    case 'drill': {
      const [file = '', ...rest] = profile.argv;
      const [first = '', ...others] = profile.breaks;
      const healer = settings.cm.profiles.get(settings.cm.default);
      // parse.ts has made sure that the default is there and no drill
      if (healer === undefined || healer.type === 'drill') {
        throw new Error(
          `the default profile ${settings.cm.default} heals nothing`,
        );
      }
      return createDrill({
        name,
        argv: [file, ...rest],
        env,
        exitCodes: profile.exitCodes,
        breaks: [first, ...others],
        healer: createProfile(settings.cm.default, healer, settings, host),
      });
    }
  }
}
