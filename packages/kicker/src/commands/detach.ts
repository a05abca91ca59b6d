import { Faults, errors, exitCodes } from '../errors.ts';
import { readHeartbeat } from '../io/heartbeat-file.ts';
import { isLeased } from '../io/lease.ts';
import { placesOf } from '../io/ledger-file.ts';
import { loadConfig } from '../io/load-config.ts';
import { loadRules } from '../io/load-rules.ts';
import { openSpool } from '../io/spool.ts';
import { openLedger } from '../io/sqlite-ledger.ts';
import type { Shell } from './command.ts';
import type { Given } from './options.ts';

/**
 * Starts `kicker serve --until-idle` in the background, where nobody serves; says so where who serves hangs. What would
 * end it there is found here, where its caller can still be told.
 * @returns the exit code @throws {Fault | Faults} settings, ledger or spool that cannot be used
 */
export async function detach(given: Given, shell: Shell): Promise<number> {
  const named = given.text('config');
  const config = await loadConfig(named, shell.env);
  await loadRules(config, shell.env);
  const { ledgerFile, directory } = placesOf(config);
  openLedger(ledgerFile, shell.clock).close();
  openSpool(directory, shell.user.uid);
  if (isLeased(ledgerFile) === true) {
    const found = readHeartbeat(directory, shell.clock.now().getTime());
    if (found?.isHanging === true) {
      const seconds = Math.round(found.agoMs / 1000);
      throw new Faults([errors.serveHangs(found.pid, seconds)]);
    }
    if (found !== undefined) return exitCodes.ok;
  }
  const { startDetached } = await import('../io/start-detached.ts');
  await startDetached(
    shell.self,
    [
      'serve',
      '--until-idle',
      ...(named === undefined ? [] : [`--config=${named}`]),
    ],
    shell.env,
  );
  return exitCodes.ok;
}
