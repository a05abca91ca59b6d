import { startAgent } from '../app.ts';
import type { Narrator } from '../ports.ts';
import { startService, type Started } from './start-service.ts';

/** `kickd serve` and `kickd foreground`: listener and runner in one process. */
export function runAgent(
  configFile: string | undefined,
  narrator: Narrator,
): Promise<Started> {
  return startService(configFile, (settings) => startAgent(settings, narrator));
}
