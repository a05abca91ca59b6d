import type { FaultFacts } from '@kickd/protocol';
import { Fault } from '@kickd/protocol';
import { startAgent, StartRefused, type Agent } from '../app.ts';
import { loadSettings } from '../io/load-settings.ts';
import type { Narrator } from '../ports.ts';

export type Started =
  { kind: 'running'; agent: Agent } | { kind: 'refused'; faults: FaultFacts[] };

/** Reads the configuration and starts kickd; everything that is wrong comes back at once. */
export async function runAgent(
  configFile: string | undefined,
  narrator: Narrator,
): Promise<Started> {
  const loaded = await loadSettings(configFile);
  if (loaded.kind === 'faults') {
    return { kind: 'refused', faults: loaded.faults };
  }
  try {
    const agent = await startAgent(loaded.settings, narrator);
    return { kind: 'running', agent };
  } catch (error) {
    if (error instanceof StartRefused) {
      return { kind: 'refused', faults: [...error.faults] };
    }
    if (error instanceof Fault) return { kind: 'refused', faults: [error] };
    throw error;
  }
}
