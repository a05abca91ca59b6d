import type { Config } from '../config/config.ts';
import type { MonitorWorld } from '../monitors/registry.ts';
import type { Timing } from '../ports.ts';

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
