import manifest from '../../package.json' with { type: 'json' };
import {
  locateConfigCache,
  readConfigCache,
  writeConfigCache,
} from './config-cache.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/**
 * What a text says: as it was kept, where this very text was the last that was parsed, else parsed now
 * and kept.
 * @param cache undefined: nothing is kept
 * @param parse loads the YAML and schema code, which is why it is avoided; throws what is wrong
 */
export async function parseKept<Value>(
  text: string,
  file: string,
  cache: string | undefined,
  parse: () => Promise<Value>,
): Promise<Value> {
  const source = { madeBy, file, text };
  const kept = cache === undefined ? undefined : readConfigCache(cache, source);
  // Kept below, from this text by this program: what `parse` gave then.
  if (kept !== undefined) return kept as Value;
  const parsed = await parse();
  if (cache !== undefined) writeConfigCache(cache, source, parsed);
  return parsed;
}

/** The names of built files hold a hash of what is in them: a build of the same version differs too. */
const madeBy = `${manifest.version} ${import.meta.url}`;

/** Sources change without their names or the version: unbuilt, nothing is kept. */
export function usualCache(
  env: Env,
  name: 'config' | 'rules',
): string | undefined {
  // In a single executable, which is CommonJS, there is no URL, whatever the type says.
  const isSource = import.meta.url?.endsWith('.ts') ?? false;
  return isSource ? undefined : locateConfigCache(env, name);
}
