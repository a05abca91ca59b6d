import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

const systemDirectory = '/var/lib/kicker';

/**
 * Where the ledger is: as configured, else in /var/lib/kicker where this user may write there, else
 * in the user's own state directory.
 * @see https://specifications.freedesktop.org/basedir-spec/latest/ XDG_STATE_HOME
 */
export function locateLedger(
  configured: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  home: string,
): string {
  if (configured !== undefined) return configured;
  try {
    accessSync(systemDirectory, constants.W_OK);
    return join(systemDirectory, 'ledger.sqlite');
  } catch {
    const state = env['XDG_STATE_HOME'];
    const base =
      state?.startsWith('/') === true ? state : join(home, '.local', 'state');
    return join(base, 'kicker', 'ledger.sqlite');
  }
}
