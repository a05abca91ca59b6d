import type { FaultFacts } from '@kickd/protocol';
import type { SettingsWords } from '@kickd/settings';
import { errors } from './errors.ts';

/** How kicker words a mistake in its settings. */
export const settingsWords: SettingsWords = {
  yaml: errors.configYaml,
  invalid: errors.configInvalid,
  unknownKey: errors.configUnknownKey,
};

/**
 * The mistake where both or neither of two keys are given, of which one is wanted.
 * @param whereOf `FILE:LINE:COL` of what stands at a path
 */
export function oneOfTwo<Key extends string>(
  given: { [key in Key]?: unknown },
  [one, other]: readonly [Key, Key],
  path: string[],
  whereOf: (path: string[]) => string,
): FaultFacts[] {
  const isGiven = given[one] !== undefined;
  if (isGiven !== (given[other] !== undefined)) return [];
  return [
    errors.configInvalid(
      whereOf(path),
      path.join('.'),
      isGiven ? 'both' : 'neither of both',
      `${one} or ${other}`,
    ),
  ];
}
