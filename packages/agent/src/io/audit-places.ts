import { existsSync } from 'node:fs';
import { configDefaults } from '../config/schema.ts';
import { loadSettings } from './load-settings.ts';

/** The audit file of a configuration, behind the one that was moved away last, where there is one. */
export async function configuredAuditFiles(
  config: string | undefined,
): Promise<string[]> {
  const loaded = await loadSettings(config, 'never');
  const file =
    loaded.kind === 'settings'
      ? loaded.settings.audit.file
      : configDefaults.auditFile;
  return [`${file}.1`, file].filter(
    (name) => name === file || existsSync(name),
  );
}
