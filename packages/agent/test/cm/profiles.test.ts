import { locatePuppet } from '@kickd/mtls';
import t from 'tap';
import { createProfiles } from '../../src/cm/profiles.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { resolveSettings } from '../../src/config/settings.ts';

const places = locatePuppet({
  files: { readText: () => undefined },
  env: { isRoot: true, home: '/', hostname: 'web1' },
});

/** What a profile of this text loads ahead. */
function standbyOf(profile: string): string | undefined {
  const parsed = parseConfig(
    `cm: {default: p, profiles: {p: ${profile}}}`,
    'kickd.yaml',
  );
  if (parsed.kind !== 'config') throw new Error('a configuration of the test');
  const profiles = createProfiles(resolveSettings(parsed.config, places, {}), {
    puppetBinary: '/usr/bin/puppet',
    home: '/',
    standbyProgram: (puppet) =>
      puppet === '/none'
        ? undefined
        : { ruby: `ruby of ${puppet}`, program: 'p' },
  });
  return profiles.get('p')?.standby?.command('/socket').file;
}

for (const [profile, ruby] of [
  ['{type: puppet-agent, standby: true}', 'ruby of /usr/bin/puppet'],
  ['{type: puppet-agent, standby: true, binary: /own}', 'ruby of /own'],
  ['{type: puppet-agent, standby: true, binary: /none}', undefined],
  ['{type: puppet-agent, standby: false}', undefined],
  ['{type: puppet-agent}', undefined],
] as const) {
  t.equal(standbyOf(profile), ruby, profile);
}
