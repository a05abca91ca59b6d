import { readFileSync } from 'node:fs';
import { Faults, errors } from '../errors.ts';
import {
  defaultConfig,
  defaultConfigFile,
  type Config,
} from '../config/config.ts';
import manifest from '../../package.json' with { type: 'json' };
import {
  locateConfigCache,
  readConfigCache,
  writeConfigCache,
} from './config-cache.ts';
import { codeOf } from './error-code.ts';

type Env = Readonly<Record<string, string | undefined>>;

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
  cache: string | undefined = usualCache(env),
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
  const source = { madeBy, file, text };
  const kept = cache === undefined ? undefined : readConfigCache(cache, source);
  if (kept !== undefined) return kept;
  const { parseConfig } = await import('../config/parse.ts');
  const parsed = parseConfig(text, file);
  if (parsed.kind === 'faults') throw new Faults(parsed.faults);
  if (cache !== undefined) writeConfigCache(cache, source, parsed.config);
  return parsed.config;
}

/** The names of built files hold a hash of what is in them: a build of the same version differs too. */
const madeBy = `${manifest.version} ${import.meta.url}`;

/** Sources change without their names or the version: unbuilt, nothing is kept. */
function usualCache(env: Env): string | undefined {
  // In a single executable, which is CommonJS, there is no URL, whatever the type says.
  const isSource = import.meta.url?.endsWith('.ts') ?? false;
  return isSource ? undefined : locateConfigCache(env);
}
