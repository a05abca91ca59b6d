import { printable, type FaultFacts } from '@kickd/protocol';
import { parseSettings, type SettingsWords } from '@kickd/settings';
import { faults } from '../errors.ts';
import { drillMistakes } from './drill-mistakes.ts';
import { probeMistakes } from './probe-mistakes.ts';
import { ConfigFile, configDefaults } from './schema.ts';

export type ParsedConfig =
  | { kind: 'config'; config: ConfigFile }
  | { kind: 'faults'; faults: FaultFacts[] };

const readBack = 'fix it there, then run: kickd check';

/** How kickd words a mistake in its settings. */
const words: SettingsWords = {
  yaml: (where, why) => faults.configInvalid(printable(where), why, readBack),
  invalid: (where, key, found, wanted) =>
    faults.configInvalid(
      printable(where),
      `${key} is ${found}; expected: ${wanted}`,
      readBack,
    ),
  unknownKey: (where, key, near, known) =>
    faults.configInvalid(
      printable(where),
      `there is no setting ${key}${near === undefined ? '' : `; did you mean ${near}?`}`,
      `one of: ${known.join(', ')}`,
    ),
};

/** The file's text as a configuration, or every mistake in it at once, each with its place. */
export function parseConfig(text: string, file: string): ParsedConfig {
  const parsed = parseSettings(text, file, ConfigFile, words);
  if (parsed.kind === 'faults') return parsed;
  const { settings: config, whereOf } = parsed;
  const found = [
    ...unknownProfile(config, whereOf(['cm', 'default'])),
    ...drillMistakes(config, whereOf),
    ...probeMistakes(config, whereOf),
  ];
  return found.length === 0
    ? { kind: 'config', config }
    : { kind: 'faults', faults: found };
}

/** Puppet's own profile is there without being named. */
function unknownProfile({ cm }: ConfigFile, where: string): FaultFacts[] {
  const names = new Set([
    ...Object.keys(cm?.profiles ?? {}),
    configDefaults.profile,
  ]);
  const chosen = cm?.default;
  if (chosen === undefined || names.has(chosen)) return [];
  const known = [...names].join(', ');
  return [
    faults.configInvalid(
      printable(where),
      `cm.default names ${chosen}, which is not among the profiles: ${known}`,
      `add cm.profiles.${chosen}, or choose one of ${known}`,
    ),
  ];
}
