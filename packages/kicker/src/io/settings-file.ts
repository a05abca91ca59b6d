import { readFileSync } from 'node:fs';
import { Faults } from '../errors.ts';
import type { FaultFacts } from '@kickd/protocol';
import { codeOf } from './error-code.ts';

/**
 * The text of a file of settings.
 * @param mayBeMissing it lies in the usual place, where none need be
 * @returns undefined where it is missing and may be
 * @throws {Faults} what `faults` makes of it
 */
export function readSettingsFile(
  file: string,
  mayBeMissing: boolean,
  faults: {
    missing: (file: string) => FaultFacts;
    unreadable: (file: string, code: string) => FaultFacts;
  },
): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = codeOf(error);
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
    if (isMissing && mayBeMissing) return undefined;
    throw new Faults([
      isMissing ? faults.missing(file) : faults.unreadable(file, code),
    ]);
  }
}
