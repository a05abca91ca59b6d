import type { Monitor } from '../../ports.ts';
import { createReceived } from '../received.ts';
import type { MonitorWorld } from '../registry.ts';
import { readAlertmanager } from './read.ts';
import type { AlertmanagerSettings } from './schema.ts';

export function createAlertmanager(
  name: string,
  settings: AlertmanagerSettings,
  { knowsHost }: MonitorWorld,
): Monitor {
  return createReceived(name, settings.kind, readAlertmanager, settings, {
    monitor: name,
    knowsHost,
  });
}
