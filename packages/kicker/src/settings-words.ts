import type { SettingsWords } from '@kickd/settings';
import { errors } from './errors.ts';

/** How kicker words a mistake in its settings. */
export const settingsWords: SettingsWords = {
  yaml: errors.configYaml,
  invalid: errors.configInvalid,
  unknownKey: errors.configUnknownKey,
};
