import { parseSettings } from '@kickd/settings';
import { oneOfTwo, settingsWords } from '../../settings-words.ts';
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
    ...settings.states.flatMap((one, index) =>
      oneOfTwo(one, ['state', 'ignore'], ['states', String(index)], whereOf),
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
