import { Fault } from '@kickd/protocol';
import { errors } from '../../errors.ts';
import { readTextFile } from '../../io/text-file.ts';
import type { Monitor } from '../../ports.ts';
import { createReceived } from '../received.ts';
import type { MonitorWorld } from '../registry.ts';
import { compileMapping, type Mapping } from './mapping.ts';
import { parseMapping } from './parse-mapping.ts';
import { readWebhook } from './read.ts';
import type { WebhookSettings } from './schema.ts';
import { shippedNames } from './shipped-names.ts';
import { shippedMappings } from './shipped.ts';

/** @throws {Fault | Faults} the mapping cannot be read, or every mistake in it */
export function createWebhook(
  name: string,
  { kind, mapping }: WebhookSettings,
  { knowsHost }: MonitorWorld,
): Monitor {
  return createReceived(name, kind, readWebhook, loadMapping(mapping), {
    monitor: name,
    knowsHost,
  });
}

const mappingMaxBytes = 256 * 1024;

function loadMapping(mapping: string): Mapping {
  if (mapping.startsWith('/')) {
    return parseMapping(readTextFile(mapping, mappingMaxBytes), mapping);
  }
  const name = shippedNames.find((one) => one === mapping);
  if (name === undefined) {
    throw new Fault(errors.mappingUnknown(mapping, shippedNames));
  }
  return compileMapping(shippedMappings[name]);
}
