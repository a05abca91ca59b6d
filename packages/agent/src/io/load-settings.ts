import { Fault, type FaultFacts } from '@kickd/protocol';
import { parseConfig } from '../config/parse.ts';
import type { ConfigFile } from '../config/schema.ts';
import { resolveSettings, type Settings } from '../config/settings.ts';
import { unknownPlaces } from '../config/unknown-places.ts';
import { faults, reasonOf } from '../errors.ts';
import { isMissing } from './is-missing.ts';
import { readTrusted } from './trusted-file.ts';
import { findPuppet, locatePuppetHere } from './puppet-host.ts';

const defaultConfigFile = '/etc/kickd/kickd.yaml';

export type LoadedSettings =
  | { kind: 'settings'; settings: Settings }
  | { kind: 'faults'; faults: FaultFacts[] };

/** Whether Puppet is asked where it is needed: `never` in a process that may start nothing. */
export type AskPuppet =
  | 'anew'
  | 'never'
  /** once, and kept in this file: see puppet-memory.ts */
  | { rememberIn: string };

/**
 * Reads the configuration, looks for Puppet's places, and asks Puppet itself where it is needed.
 * @param file undefined: the default file, which may be missing
 */
export async function loadSettings(
  file: string | undefined,
  asking: AskPuppet = 'anew',
): Promise<LoadedSettings> {
  const path = file ?? defaultConfigFile;
  const parsed = readConfig(path, file !== undefined);
  if (parsed.kind === 'faults') return parsed;
  const { config } = parsed;
  const places = locatePuppetHere(config.puppetConf);
  const binary = findPuppet();
  const printed =
    asking !== 'never' &&
    binary !== undefined &&
    (needsPuppet(config) || places.unknown !== undefined)
      ? await ask(binary, asking, {
          given: config.puppetConf,
          read: places.confFile,
        })
      : {};
  const settings = resolveSettings(config, places, printed);
  const unknown = unknownPlaces(config, settings, asking !== 'never');
  // whoever may start nothing starts no probe either
  const asRoot = asking === 'never' ? [] : await rootProbes(settings);
  const found = [...unknown, ...asRoot];
  return found.length > 0
    ? { kind: 'faults', faults: found }
    : { kind: 'settings', settings };
}

/** What starts a program is loaded where one is started: the listener would be larger by a tenth. */
async function ask(
  binary: string,
  asking: Exclude<AskPuppet, 'never'>,
  conf: { given: string | undefined; read: string | undefined },
): Promise<Record<string, string>> {
  if (asking === 'anew') {
    const { askPuppet } = await import('./ask-puppet.ts');
    return askPuppet(binary, conf.given);
  }
  const { askPuppetOnce } = await import('./puppet-memory.ts');
  return askPuppetOnce(binary, { ...conf, ...asking });
}

async function rootProbes(settings: Settings): Promise<FaultFacts[]> {
  const { findRootProbes } = await import('./root-probes.ts');
  return findRootProbes(settings.cm.profiles);
}

type ReadConfig =
  | { kind: 'config'; config: ConfigFile }
  | { kind: 'faults'; faults: FaultFacts[] };

function readConfig(path: string, isAskedFor: boolean): ReadConfig {
  let text: string;
  try {
    text = readTrusted('configuration', path);
  } catch (error) {
    if (error instanceof Fault) return { kind: 'faults', faults: [error] };
    if (isMissing(error) && !isAskedFor) return { kind: 'config', config: {} };
    return {
      kind: 'faults',
      faults: [faults.configUnreadable(path, reasonOf(error))],
    };
  }
  return parseConfig(text, path);
}

/** Asking takes most of a second: not for an agent that has its own certificate and no Puppet run. */
function needsPuppet(config: ConfigFile): boolean {
  const { cert, key, ca, crl } = config.tls ?? {};
  const hasAllFiles = [cert, key, ca, crl].every((file) => file !== undefined);
  const profile = config.cm?.profiles?.[config.cm.default ?? 'puppet-agent'];
  const runsPuppetAgent = (profile?.type ?? 'puppet-agent') === 'puppet-agent';
  return runsPuppetAgent || !hasAllFiles || config.certname === undefined;
}
