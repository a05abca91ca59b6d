import type { Monitor } from '../../ports.ts';
import { createReceived } from '../received.ts';
import type { MonitorWorld } from '../registry.ts';
import { readIcinga } from './read.ts';
import type { Icinga2Settings } from './schema.ts';

export function createIcinga2(
  name: string,
  settings: Icinga2Settings,
  { knowsHost }: MonitorWorld,
): Monitor {
  return createReceived(name, settings.kind, readIcinga, settings, {
    monitor: name,
    knowsHost,
  });
}
