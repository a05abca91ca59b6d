import { Fault, type FaultFacts } from '@kickd/protocol';
import type { Settings } from '../config/settings.ts';
import { loadSettings, type AskPuppet } from '../io/load-settings.ts';
import { StartRefused } from '../start-refused.ts';

/** What runs until a signal comes. */
export interface Service {
  /** id of a run in progress, which outlives this process */
  readonly runningId?: string | undefined;
  close(): Promise<void>;
}

export type Started =
  | { kind: 'running'; service: Service }
  | { kind: 'refused'; faults: FaultFacts[] };

/**
 * Reads the configuration and starts what is built from it; everything that is wrong comes back at once.
 */
export async function startService(
  configFile: string | undefined,
  start: (settings: Settings) => Promise<Service>,
  asking: AskPuppet = 'anew',
): Promise<Started> {
  const loaded = await loadSettings(configFile, asking);
  if (loaded.kind === 'faults') {
    return { kind: 'refused', faults: loaded.faults };
  }
  try {
    return { kind: 'running', service: await start(loaded.settings) };
  } catch (error) {
    if (error instanceof StartRefused) {
      return { kind: 'refused', faults: [...error.faults] };
    }
    if (error instanceof Fault) return { kind: 'refused', faults: [error] };
    throw error;
  }
}
