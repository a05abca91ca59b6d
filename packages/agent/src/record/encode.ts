import type { Uuid7 } from '@kickd/protocol';
import {
  flags,
  offsets,
  operations,
  recordBytes,
  recordMagic,
  recordVersion,
  slots,
} from './layout.ts';
import type { RunnerRequest } from './request.ts';

/**
 * @returns `recordBytes` bytes
 * @throws RangeError for a text that has no room: one that no schema of ours lets through
 */
export function encodeRecord(request: RunnerRequest): Uint8Array {
  const record = new Uint8Array(recordBytes);
  const view = new DataView(record.buffer);
  view.setUint32(offsets.magic, recordMagic);
  view.setUint16(offsets.version, recordVersion);
  view.setUint16(offsets.length, recordBytes);
  view.setUint8(offsets.operation, operations[request.operation]);
  switch (request.operation) {
    case 'submit':
      putText(record, 'by', request.by);
      putKick(record, view, request);
      break;
    case 'cancel':
      putText(record, 'by', request.by);
      putId(record, request.run);
      break;
    case 'find':
    case 'read-log':
    case 'wait-for-end':
    case 'wait-for-heal':
      putId(record, request.run);
      break;
    case 'recent':
      view.setUint8(offsets.most, request.most);
      break;
    case 'state':
      break;
  }
  return record;
}

function putKick(
  record: Uint8Array,
  view: DataView,
  { kick, as }: Extract<RunnerRequest, { operation: 'submit' }>,
): void {
  const { noop, tags = [], because } = kick;
  putId(record, kick.kick);
  view.setUint8(
    offsets.flags,
    (noop === undefined ? 0 : flags.hasNoop) |
      (noop === true ? flags.isNoop : 0) |
      (because === undefined ? 0 : flags.hasBecause) |
      (as === 'drill' ? flags.isDrill : 0),
  );
  view.setUint8(offsets.tagCount, tags.length);
  const { certname, cm, environment, expires } = kick;
  const texts = { certname, cm, environment, expires, ...because };
  for (const [name, text] of Object.entries(texts)) putText(record, name, text);
  for (const [n, tag] of tags.entries()) putText(record, `tag${n}`, tag);
}

function putText(
  record: Uint8Array,
  name: string,
  text: string | undefined,
): void {
  if (text === undefined) return;
  const slot = slots.get(name);
  const bytes = new TextEncoder().encode(text);
  if (slot === undefined || bytes.length > slot.maxBytes) {
    throw new RangeError(`there is no room for ${name} in a record`);
  }
  new DataView(record.buffer).setUint16(slot.offset, bytes.length);
  record.set(bytes, slot.offset + 2);
}

function putId(record: Uint8Array, id: Uuid7): void {
  const pairs = id.match(/[0-9a-f]{2}/g) ?? [];
  record.set(
    pairs.map((pair) => Number.parseInt(pair, 16)),
    offsets.id,
  );
}
