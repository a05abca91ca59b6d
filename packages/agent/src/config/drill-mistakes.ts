import { printable, type FaultFacts } from '@kickd/protocol';
import { faults } from '../errors.ts';
import { configDefaults, type ConfigFile } from './schema.ts';

/**
 * A kick that names no profile heals: the default is never a drill, also where it is one by its name alone
 * (`profiles: {puppet-agent: {type: drill}}` without `default`).
 * @param whereOf `FILE:LINE:COL` of a setting
 */
export function drillMistakes(
  { cm }: ConfigFile,
  whereOf: (path: string[]) => string,
): FaultFacts[] {
  const name = cm?.default ?? configDefaults.profile;
  if (cm?.profiles?.[name]?.type !== 'drill') return [];
  const path =
    cm.default === undefined ? ['cm', 'profiles', name] : ['cm', 'default'];
  return [
    faults.configInvalid(
      printable(whereOf(path)),
      `${name} is the profile of each kick that names none, and it is a drill, which breaks services`,
      `choose a profile that heals: cm: {default: ${configDefaults.profile}}, and give the drill another name; then run: kickd check`,
    ),
  ];
}
