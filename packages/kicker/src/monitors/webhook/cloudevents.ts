import { errors } from '../../errors.ts';
import type { FaultFacts } from '@kickd/protocol';
import { isObject } from '../payload.ts';

export type ReadCloudEvents =
  /** @param isBatch then a place in it has an index */
  | { kind: 'events'; events: readonly unknown[]; isBatch: boolean }
  | { kind: 'fault'; fault: FaultFacts };

/**
 * The CloudEvents of one HTTP request: one in the structured or the binary mode, or a batch, which may be empty.
 * @param headers names in lower case
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
 */
export function readCloudEvents(
  body: unknown,
  headers: Readonly<Record<string, string>>,
): ReadCloudEvents {
  const version = headers['ce-specversion'];
  if (version !== undefined) {
    const attributes = Object.fromEntries(
      Object.entries(headers)
        .filter(([name]) => name.startsWith('ce-'))
        .map(([name, value]) => [name.slice('ce-'.length), value]),
    );
    return {
      kind: 'events',
      events: [{ ...attributes, data: body }],
      isBatch: false,
    };
  }
  if (Array.isArray(body))
    return { kind: 'events', events: body, isBatch: true };
  return isObject(body)
    ? { kind: 'events', events: [body], isBatch: false }
    : { kind: 'fault', fault: errors.payloadForm('a CloudEvent, or a batch') };
}

export type CheckedCloudEvent =
  | { kind: 'event'; event: Record<string, unknown> }
  | { kind: 'fault'; fault: FaultFacts };

/** One event with what the specification requires, its data decoded. */
export function checkCloudEvent(value: unknown): CheckedCloudEvent {
  if (!isObject(value)) {
    return {
      kind: 'fault',
      fault: errors.payloadForm('an object for each event'),
    };
  }
  if (value['specversion'] !== '1.0') {
    const fault = errors.payloadValue(
      'specversion',
      value['specversion'],
      '1.0',
    );
    return { kind: 'fault', fault };
  }
  for (const name of ['id', 'source', 'type']) {
    if (typeof value[name] !== 'string' || value[name] === '') {
      const fault = errors.payloadValue(name, value[name], 'a text');
      return { kind: 'fault', fault };
    }
  }
  const { data, data_base64: encoded } = value;
  if (data !== undefined || typeof encoded !== 'string') {
    return { kind: 'event', event: value };
  }
  try {
    const text = Buffer.from(encoded, 'base64').toString();
    return { kind: 'event', event: { ...value, data: JSON.parse(text) } };
  } catch {
    const fault = errors.payloadValue('data_base64', encoded, 'JSON in Base64');
    return { kind: 'fault', fault };
  }
}
