import { userInfo } from 'node:os';
import { printable } from '@kickd/protocol';
import { binaryOf } from '../cm/binaries.ts';
import { literalEnv } from '../cm/profiles.ts';
import { isOlder, toolVersions, type ToolType } from '../cm/tool-versions.ts';
import { configDefaults, type Profile } from '../config/schema.ts';
import type { Settings } from '../config/settings.ts';
import { faults } from '../errors.ts';
import { findPuppet, isExecutable } from '../io/puppet-host.ts';
import { askToolVersion } from '../io/tool-version.ts';
import { fine, finding, type Finding } from './finding.ts';

/** Whether each profile's tool is there, can be started, and is not too old: one finding a profile. */
export function checkTools(settings: Settings): Promise<Finding[]> {
  const puppet = findPuppet();
  const home = userInfo().homedir;
  return Promise.all(
    [...settings.cm.profiles].map(async ([name, profile]) =>
      checkTool({
        name,
        profile,
        binary: binaryOf(profile, puppet),
        level: name === settings.cm.default ? 'fault' : 'warning',
        isBuiltIn: name === configDefaults.profile && isBare(profile),
        env: literalEnv({ home }),
      }),
    ),
  );
}

interface Asked {
  name: string;
  profile: Profile;
  binary: string;
  level: 'fault' | 'warning';
  /** nobody has written this profile down: it came by default */
  isBuiltIn: boolean;
  env: Record<string, string>;
}

async function checkTool(asked: Asked): Promise<Finding> {
  const { name, profile, binary, level, isBuiltIn, env } = asked;
  if (!isExecutable(binary)) {
    // A host that runs another tool needs no Puppet.
    if (isBuiltIn && level === 'warning') {
      return fine('cm', `${name}: not installed, and not in use`);
    }
    return finding('cm', level, faults.toolMissing(name, binary));
  }
  // an operator's own program is started by a kick alone
  if (profile.type === 'command') return fine('cm', `${name}: ${binary}`);
  if (profile.type === 'drill') {
    const breaks = printable(profile.breaks.join(', '));
    return fine('cm', `${name}: a drill, ${binary} breaks ${breaks}`);
  }
  const type: ToolType = profile.type;
  const answer = await askToolVersion(binary, type, env);
  if (answer.kind === 'unusable') {
    return finding(
      'cm',
      level,
      faults.toolUnusable(name, binary, answer.reason),
    );
  }
  const { title, oldest } = toolVersions[type];
  return isOlder(answer.version, oldest)
    ? finding(
        'cm',
        level,
        faults.toolTooOld(name, title, answer.version, oldest),
      )
    : fine('cm', `${name}: ${binary} ${answer.version}`);
}

/** Whether a profile says nothing but its type. */
function isBare(profile: Profile): boolean {
  return Object.keys(profile).length === 1;
}
