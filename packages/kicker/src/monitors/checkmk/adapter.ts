import type { Monitor } from '../../ports.ts';
import { createReceived } from '../received.ts';
import type { MonitorWorld } from '../registry.ts';
import { readCheckmk } from './read.ts';
import type { CheckmkSettings } from './schema.ts';

export function createCheckmk(
  name: string,
  settings: CheckmkSettings,
  { knowsHost }: MonitorWorld,
): Monitor {
  return createReceived(name, settings.kind, readCheckmk, settings, {
    monitor: name,
    knowsHost,
  });
}
