import type { Monitor } from '../../ports.ts';
import { createReceived } from '../received.ts';
import type { MonitorWorld } from '../registry.ts';
import { readZabbix } from './read.ts';
import type { ZabbixSettings } from './schema.ts';

export function createZabbix(
  name: string,
  settings: ZabbixSettings,
  { knowsHost }: MonitorWorld,
): Monitor {
  return createReceived(name, settings.kind, readZabbix, settings, {
    monitor: name,
    knowsHost,
  });
}
