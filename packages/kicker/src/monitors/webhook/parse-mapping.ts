import { parseSettings } from '@kickd/settings';
import { settingsWords } from '../../settings-words.ts';
import { Faults, errors } from '../../errors.ts';
import { isPath, MappingFile } from './mapping-schema.ts';
import { compileMapping, type Mapping } from './mapping.ts';

/**
 * Reads the text of a mapping file.
 * @throws {Faults} every mistake, each with its place
 */
export function parseMapping(text: string, file: string): Mapping {
  const parsed = parseSettings(text, file, MappingFile, settingsWords);
  if (parsed.kind === 'faults') throw new Faults(parsed.faults);
  const { settings, whereOf } = parsed;
  const faults = [
    ...settings.states.flatMap(({ state, ignore }, index) =>
      (state === undefined) === (ignore === undefined)
        ? [
            errors.configInvalid(
              whereOf(['states', String(index)]),
              `states.${String(index)}`,
              state === undefined ? 'neither of both' : 'both',
              'state or ignore',
            ),
          ]
        : [],
    ),
    ...(['states', 'subjects'] as const).flatMap((list) =>
      settings[list].flatMap(({ when = {} }, index) =>
        Object.keys(when)
          .filter((path) => !isPath(path))
          .map((path) =>
            errors.configInvalid(
              whereOf([list, String(index), 'when', path]),
              `${list}.${String(index)}.when`,
              JSON.stringify(path),
              'a JSONPath, e.g. $.labels.instance',
            ),
          ),
      ),
    ),
  ];
  if (faults.length > 0) throw new Faults(faults);
  return compileMapping(settings);
}
