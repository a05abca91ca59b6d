import type { Profile } from '../config/schema.ts';

/** Where the packages of a distribution, or of the tool's own makers, put it. */
const usualPaths = {
  'puppet-agent': '/usr/bin/puppet',
  'puppet-apply': '/usr/bin/puppet',
  cfengine: '/usr/bin/cf-agent',
  'ansible-pull': '/usr/bin/ansible-pull',
  'chef-client': '/usr/bin/chef-client',
  'salt-call': '/usr/bin/salt-call',
} as const satisfies Record<
  Exclude<Profile['type'], 'command' | 'drill'>,
  string
>;

/**
 * The program that a profile starts.
 * @param puppet where `puppet` was found on this host
 */
export function binaryOf(profile: Profile, puppet: string | undefined): string {
  if (profile.type === 'command' || profile.type === 'drill')
    return profile.argv[0] ?? '';
  const isPuppet =
    profile.type === 'puppet-agent' || profile.type === 'puppet-apply';
  return (
    profile.binary ??
    (isPuppet ? puppet : undefined) ??
    usualPaths[profile.type]
  );
}
