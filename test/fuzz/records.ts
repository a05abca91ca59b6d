import fc from 'fast-check';
import { decodeRecord } from '../../packages/agent/src/record/decode.ts';
import { encodeRecord } from '../../packages/agent/src/record/encode.ts';
import {
  recordBytes,
  recordMagic,
  slots,
} from '../../packages/agent/src/record/layout.ts';
import type { Kick } from '@kickd/protocol';
import { kicks } from './bodies.ts';
import { mutationsOf } from './mutations.ts';
import { expectTrue, type Target } from './target.ts';

const by = 'monitor.example.com';
const run = '0193a000-0000-7000-8000-00000000abcd';
const samples = [
  ...kicks.map((text) =>
    // kicks holds kicks
    encodeRecord({ operation: 'submit', kick: JSON.parse(text) as Kick, by }),
  ),
  ...kicks.map((text) =>
    // kicks holds kicks
    encodeRecord({
      operation: 'submit',
      kick: JSON.parse(text) as Kick,
      by,
      as: 'drill',
    }),
  ),
  encodeRecord({ operation: 'find', run }),
  encodeRecord({ operation: 'cancel', run, by }),
  encodeRecord({ operation: 'recent', most: 50 }),
  encodeRecord({ operation: 'state' }),
];

/** A record of the right length whose fields are filled with anything: past magic and length. */
const filled = fc
  .tuple(
    fc.constantFrom(...samples),
    fc.array(
      fc.tuple(
        fc.constantFrom(...slots.values()),
        fc.nat({ max: 65_535 }),
        fc.uint8Array({ maxLength: 40 }),
      ),
      { minLength: 1, maxLength: 4 },
    ),
    fc.array(fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 255 })), {
      maxLength: 4,
    }),
  )
  .map(([sample, texts, heads]) => {
    const record = Uint8Array.from(sample);
    const view = new DataView(record.buffer);
    for (const [{ offset }, length, bytes] of texts) {
      view.setUint16(offset, length % 3 === 0 ? bytes.length : length);
      record.set(bytes.subarray(0, recordBytes - offset - 2), offset + 2);
    }
    for (const [at, byte] of heads) record[at] = byte;
    if (texts.length % 2 === 0) view.setUint32(0, recordMagic);
    return record;
  });

/** A record: refused, or exactly the one form that its request has. */
export const records: Target = {
  name: 'records',
  inputs: fc.oneof(filled, mutationsOf(samples)),
  batch: 300,
  play: (input) => {
    const decoded = decodeRecord(input);
    if (decoded.kind === 'refused') return;
    const again = encodeRecord(decoded.request);
    expectTrue(Buffer.from(input).equals(again), 'two forms of one request');
  },
};
