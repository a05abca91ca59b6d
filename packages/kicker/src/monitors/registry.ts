import type { Monitor, Timing } from '../ports.ts';
import type { KnowsHost } from './host-name.ts';
import type { MonitorKind, MonitorSettings } from './schemas.ts';

/** What an adapter gets of the world beside its settings. */
export interface MonitorWorld {
  now: () => Date;
  pause: Timing['pause'];
  /** whether kicker.yaml names this host */
  knowsHost: KnowsHost;
  /** a file or a connection of the monitor fails, told once until it works again */
  onTrouble: (what: string, why: string) => void;
}

type Create<Kind extends MonitorKind> = (
  name: string,
  settings: Extract<MonitorSettings, { kind: Kind }>,
  world: MonitorWorld,
) => Monitor | Promise<Monitor>;

/** Each is loaded where it is configured: a start pays for no other. */
const kinds: { [Kind in MonitorKind]: () => Promise<Create<Kind>> } = {
  nagios: async () => (await import('./nagios/adapter.ts')).createNagios,
  icinga2: async () => (await import('./icinga2/adapter.ts')).createIcinga2,
  alertmanager: async () =>
    (await import('./alertmanager/adapter.ts')).createAlertmanager,
  zabbix: async () => (await import('./zabbix/adapter.ts')).createZabbix,
  checkmk: async () => (await import('./checkmk/adapter.ts')).createCheckmk,
  sensu: async () => (await import('./sensu/adapter.ts')).createSensu,
  webhook: async () => (await import('./webhook/adapter.ts')).createWebhook,
};

/**
 * The monitor of one entry of kicker.yaml, by its name.
 * @throws {Fault | Faults} a file that its settings name cannot be read
 */
export async function createMonitor(
  name: string,
  settings: MonitorSettings,
  world: MonitorWorld,
): Promise<Monitor> {
  // The settings of a kind are what the function of that kind takes: `kinds` says so.
  const create = (await kinds[settings.kind]()) as Create<MonitorKind>;
  return create(name, settings, world);
}
