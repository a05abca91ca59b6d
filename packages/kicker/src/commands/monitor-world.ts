import type { Config } from '../config/config.ts';
import { createMonitor, type MonitorWorld } from '../monitors/registry.ts';
import type { Log, Monitor, Timing } from '../ports.ts';

/** What the monitors of a configuration get of the world. */
export function monitorWorldOf(
  { hosts }: Pick<Config, 'hosts'>,
  { clock, pause }: Pick<Timing, 'clock' | 'pause'>,
  onTrouble: MonitorWorld['onTrouble'] = () => {},
): MonitorWorld {
  return {
    now: () => clock.now(),
    pause,
    knowsHost: (host) => Object.hasOwn(hosts, host),
    onTrouble,
  };
}

/**
 * Every monitor of a configuration, by its name; what fails of its data or its connection is logged.
 * @throws {Fault | Faults} a file that its settings name cannot be read
 */
export async function createMonitors(
  config: Pick<Config, 'hosts' | 'monitors'>,
  timing: Pick<Timing, 'clock' | 'pause'>,
  log: Log,
): Promise<Map<string, Monitor>> {
  const created = Object.entries(config.monitors).map(
    async ([name, settings]) => {
      const world = monitorWorldOf(config, timing, (file, why) =>
        log('monitor-data', { monitor: name, file, why }),
      );
      return [name, await createMonitor(name, settings, world)] as const;
    },
  );
  return new Map(await Promise.all(created));
}
