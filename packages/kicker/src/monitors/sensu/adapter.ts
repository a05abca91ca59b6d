import type { Monitor } from '../../ports.ts';
import { createReceived } from '../received.ts';
import type { MonitorWorld } from '../registry.ts';
import { readSensu } from './read.ts';
import type { SensuSettings } from './schema.ts';

export function createSensu(
  name: string,
  settings: SensuSettings,
  { knowsHost }: MonitorWorld,
): Monitor {
  return createReceived(name, settings.kind, readSensu, settings, {
    monitor: name,
    knowsHost,
  });
}
