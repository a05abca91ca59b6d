import { Faults, errors } from '../errors.ts';
import {
  defaultConfig,
  defaultConfigFile,
  type Config,
} from '../config/config.ts';
import { parseKept, usualCache, type Env } from './parse-kept.ts';
import { readSettingsFile } from './settings-file.ts';

/**
 * The configuration: the file that was named, or else $KICKER_CONFIG, or else the usual place where a
 * missing file means all default. The file is always read; the YAML and schema code is loaded only
 * where its text is not the one that was checked last.
 * @param cache where the checked configuration is kept; undefined: nowhere
 * @throws {Faults} CONFIG_MISSING, CONFIG_UNREADABLE, or every mistake in it
 */
export async function loadConfig(
  named: string | undefined,
  env: Env,
  cache: string | undefined = usualCache(env, 'config'),
): Promise<Config> {
  const fromEnv = env['KICKER_CONFIG'];
  const asked = named ?? (fromEnv === '' ? undefined : fromEnv);
  const file = asked ?? defaultConfigFile;
  const text = readSettingsFile(file, asked === undefined, {
    missing: errors.configMissing,
    unreadable: errors.configUnreadable,
  });
  if (text === undefined) return defaultConfig();
  return parseKept(text, file, cache, async () => {
    const { parseConfig } = await import('../config/parse.ts');
    const parsed = parseConfig(text, file);
    if (parsed.kind === 'faults') throw new Faults(parsed.faults);
    return parsed.config;
  });
}
