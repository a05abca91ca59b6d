import { loadSettings } from './load-settings.ts';

/**
 * This host's certname by its configuration, without asking Puppet.
 * @param config undefined: the default file, which may be missing
 * @returns undefined where the configuration cannot be read; kickd check says why
 */
export async function configuredCertname(
  config: string | undefined,
): Promise<string | undefined> {
  const loaded = await loadSettings(config, 'never');
  return loaded.kind === 'settings' ? loaded.settings.certname : undefined;
}
