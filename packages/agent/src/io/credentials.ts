import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TlsFiles } from '@kickd/mtls';
import { Fault } from '@kickd/protocol';
import { faults } from '../errors.ts';

/**
 * Puts what systemd has handed over (LoadCredential=) in the place of the configured files: `cert.pem` and
 * `key.pem`, and `ca.pem` and `crl.pem` where this user cannot read them otherwise.
 * @param folder $CREDENTIALS_DIRECTORY: a copy as of the start, which only this service can read
 * @throws Fault CREDENTIALS_INCOMPLETE: a certificate without its key, or the other way round
 */
export function withCredentials<Files extends TlsFiles>(
  files: Files,
  folder: string | undefined,
): Files {
  if (folder === undefined) return files;
  const given = Object.fromEntries(
    (['cert', 'key', 'ca', 'crl'] as const)
      .map((name) => [name, join(folder, `${name}.pem`)] as const)
      .filter(([, file]) => existsSync(file)),
  );
  if ('cert' in given !== 'key' in given) {
    throw new Fault(faults.credentialsIncomplete(folder));
  }
  return { ...files, ...given };
}
