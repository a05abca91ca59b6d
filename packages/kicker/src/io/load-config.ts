import { readFileSync } from 'node:fs';
import { Faults, errors } from '../errors.ts';
import {
  defaultConfig,
  defaultConfigFile,
  type Config,
} from '../config/config.ts';
import { codeOf } from './error-code.ts';

/**
 * The configuration: the file that was named, or else $KICKER_CONFIG, or else the usual place where a
 * missing file means all default. The YAML and schema code is loaded only where there is a file.
 * @throws {Faults} CONFIG_MISSING, CONFIG_UNREADABLE, or every mistake in it
 */
export async function loadConfig(
  named: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Config> {
  const fromEnv = env['KICKER_CONFIG'];
  const asked = named ?? (fromEnv === '' ? undefined : fromEnv);
  const file = asked ?? defaultConfigFile;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = codeOf(error);
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
    if (isMissing && asked === undefined) return defaultConfig();
    throw new Faults([
      isMissing
        ? errors.configMissing(file)
        : errors.configUnreadable(file, code),
    ]);
  }
  const { parseConfig } = await import('../config/parse.ts');
  const parsed = parseConfig(text, file);
  if (parsed.kind === 'faults') throw new Faults(parsed.faults);
  return parsed.config;
}
