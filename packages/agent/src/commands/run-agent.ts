import { join } from 'node:path';
import { startAgent } from '../app.ts';
import type { Narrator } from '../ports.ts';
import { startService, type Started } from './start-service.ts';

/**
 * `kickd serve` and `kickd foreground`: listener and runner in one process.
 * @param loadsAhead the foreground does not: it is for a person to look at one run after the other
 */
export function runAgent(
  configFile: string | undefined,
  narrator: Narrator,
  { loadsAhead }: { loadsAhead: boolean },
): Promise<Started> {
  return startService(configFile, (settings) =>
    startAgent(settings, narrator, {
      ...(loadsAhead && { standbyDir: join(settings.state, 'standby') }),
    }),
  );
}
