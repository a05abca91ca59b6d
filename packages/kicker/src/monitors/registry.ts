import type { Monitor } from '../ports.ts';
import { createNagios } from './nagios/adapter.ts';
import type { MonitorSettings } from './schemas.ts';

/** What an adapter gets of the world beside its settings. */
export interface MonitorWorld {
  now: () => Date;
  /** a file or a connection of the monitor fails, told once until it works again */
  onTrouble: (what: string, why: string) => void;
}

const kinds: {
  [Kind in MonitorSettings['kind']]: (
    name: string,
    settings: Extract<MonitorSettings, { kind: Kind }>,
    world: MonitorWorld,
  ) => Monitor;
} = {
  nagios: createNagios,
};

/** The monitor of one entry of kicker.yaml, by its name. */
export function createMonitor(
  name: string,
  settings: MonitorSettings,
  world: MonitorWorld,
): Monitor {
  return kinds[settings.kind](name, settings, world);
}
